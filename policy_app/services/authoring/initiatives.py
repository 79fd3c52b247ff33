"""What ARM asks of a policy set definition: members that exist, groups, parameters that resolve."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from policy_app.evaluation.language.definitions import (
    PolicyDefinition,
    PolicySetDefinition,
    PolicySetMember,
)
from policy_app.evaluation.language.errors import LanguageError, ParameterErrors
from policy_app.evaluation.language.expressions import handed_on, resolve_value
from policy_app.evaluation.language.parameters import INVALID, MISSING, UNDEFINED, ParameterSpec
from policy_app.evaluation.language.parameters import resolve as resolved
from policy_app.models import Definition, Scope
from policy_app.services import definitions
from policy_app.services.authoring import members
from policy_app.services.authoring.rules import asked_for, undefined
from policy_app.services.authorization import Actor
from policy_app.services.errors import PolicyError

CODE = "InvalidCreatePolicySetDefinitionRequest"
REFERENCE = "InvalidPolicyDefinitionReference"
MEMBER_LIMIT = 1_000
PARAMETER_LIMIT = 400
_MEMBERS = "properties.policyDefinitions"
_GROUPS = "properties.policyDefinitionGroups"


def faults(target: PolicySetDefinition, scope: Scope, by: Actor = None) -> list[PolicyError]:
    """Everything that ARM refuses about a set that could be read and is to be kept at a scope.

    A definition at a scope that ``by`` does not know of is one that could not be found.
    """
    found = [*_counts(target), *_groups(target), *_set_parameters(target)]
    known = members.stored([(one.definition_id, one.version_pattern) for one in target.members], by)
    for index, member in enumerate(target.members):
        path = f"{_MEMBERS}[{index}]"
        owner = known.get(member.definition_id.lower())
        found += _reference(member, owner, scope, path)
        if owner is None:
            continue
        version = members.version(owner, member.version_pattern)
        if version is None:
            found.append(_no_version(member, owner, path))
            continue
        policy = definitions.parse(version)
        if isinstance(policy, PolicyDefinition):
            found += member_faults(member, target.parameters, policy, path)
    return found


def member_faults(
    member: PolicySetMember,
    own: Mapping[str, ParameterSpec],
    policy: PolicyDefinition,
    path: str,
) -> Iterator[PolicyError]:
    """Where the values that a set hands to a member do not fit the member's parameters.

    ``own`` are the set's parameters.  Values that depend on one without a default are judged by
    its type alone, since an assignment will give them.
    """
    names = {name.lower(): name for name in policy.parameters}
    for name in member.parameters:
        if name.lower() not in names:
            yield PolicyError(
                UNDEFINED,
                f"The policy definition '{policy.name}' has no parameter '{name}'; its parameters:"
                f" {', '.join(policy.parameters) or 'none'}.",
                target=f"{path}.parameters.{name}",
            )
    given = {name.lower(): value for name, value in member.parameters.items()}
    for key, name in names.items():
        spec = policy.parameters[name]
        where = f"{path}.parameters.{name}"
        if key in given:
            yield from _value(spec, given[key], own, where)
        elif spec.required:
            yield PolicyError(
                MISSING,
                f"The policy definition '{policy.name}' needs a value for '{name}', which has no"
                " default: give one, or an initiative parameter.",
                target=where,
            )


def _counts(target: PolicySetDefinition) -> Iterator[PolicyError]:
    for count, limit, what, path in (
        (len(target.members), MEMBER_LIMIT, "policies", _MEMBERS),
        (len(target.parameters), PARAMETER_LIMIT, "parameters", "properties.parameters"),
    ):
        if count > limit:
            text = f"A policy set definition may have {limit:,} {what}; this one has {count:,}."
            yield PolicyError(CODE, text, target=path)


def _groups(target: PolicySetDefinition) -> Iterator[PolicyError]:
    names: set[str] = set()
    for index, group in enumerate(target.groups):
        name, where = group.get("name"), f"{_GROUPS}[{index}].name"
        if not isinstance(name, str) or not name.strip():
            yield PolicyError(CODE, f"'{where}' is required and must not be empty.", target=where)
        elif name.lower() in names:
            text = f"'{where}' is '{name}', which another group already has."
            yield PolicyError(CODE, text, target=where)
        else:
            names.add(name.lower())
        yield from _texts_of_group(group, f"{_GROUPS}[{index}]")
    for index, member in enumerate(target.members):
        for number, name in enumerate(member.group_names):
            if name.lower() not in names:
                where = f"{_MEMBERS}[{index}].groupNames[{number}]"
                text = f"'{where}' is '{name}', which is no group of policyDefinitionGroups."
                yield PolicyError(CODE, text, target=where)


def _texts_of_group(group: Mapping[str, Any], path: str) -> Iterator[PolicyError]:
    """The fields of ARM's ``PolicyDefinitionGroup`` beside its name; all of them are texts."""
    for name in ("displayName", "category", "description", "additionalMetadataId"):
        if not isinstance(group.get(name, ""), str):
            where = f"{path}.{name}"
            yield PolicyError(CODE, f"'{where}' should be a string.", target=where)


def _set_parameters(target: PolicySetDefinition) -> Iterator[PolicyError]:
    """Each parameter that a member is handed is defined, and each that is defined is handed on."""
    known = {name.lower() for name in target.parameters}
    used: set[str] = set()
    for index, member in enumerate(target.members):
        path = f"{_MEMBERS}[{index}].parameters"
        try:
            for where, name in asked_for(dict(member.parameters), path):
                used.add(name.lower())
                if name.lower() not in known:
                    yield undefined(name, target.parameters, where)
        except PolicyError as error:
            yield error
            return
    for name in target.parameters:
        if not name.strip():
            text = "A parameter needs a name, by which policies are handed its value."
            yield PolicyError(INVALID, text, target=f"properties.parameters.{name}")
        elif name.lower() not in used:
            yield PolicyError(
                "UnusedPolicyParameters",
                f"The parameter '{name}' is defined and handed to no policy. Hand it on as"
                f" [parameters('{name}')], or remove it.",
                target=f"properties.parameters.{name}",
            )


def _reference(
    member: PolicySetMember, owner: Definition | None, scope: Scope, path: str
) -> Iterator[PolicyError]:
    where = f"{path}.policyDefinitionId"
    if owner is None:
        text = f"The policy definition '{member.definition_id}' could not be found."
        yield PolicyError(REFERENCE, text, target=where)
    elif owner.is_initiative:
        text = f"'{member.definition_id}' is a policy set definition; a set holds policies alone."
        yield PolicyError(REFERENCE, text, target=where)
    elif owner.scope is not None and not scope.is_at_or_below(owner.scope):
        yield PolicyError(
            REFERENCE,
            f"The policy definition '{owner.name}' is kept at '{owner.scope.arm_id}' and can be"
            f" used there and below, but not at '{scope.arm_id}'.",
            target=where,
        )


def _no_version(member: PolicySetMember, owner: Definition, path: str) -> PolicyError:
    known = [one.version for one in owner.versions.all()]
    return PolicyError(
        REFERENCE,
        f"The policy definition '{owner.name}' has no version that fits"
        f" '{member.version_pattern}'; it has {', '.join(known) or 'none'}.",
        target=f"{path}.definitionVersion",
    )


def _value(
    spec: ParameterSpec, value: Any, own: Mapping[str, ParameterSpec], where: str
) -> Iterator[PolicyError]:
    """One value, as far as it is known before the set is assigned."""
    source = _plain_source(value, own)
    if source is not None and source.type != spec.type:
        text = f"is {source.type} there and {spec.type} here"
        yield PolicyError(
            INVALID, f"The parameter '{source.name}' handed to '{spec.name}' {text}.", target=where
        )
        return
    known = {name: one.default for name, one in own.items() if one.has_default}
    try:
        asked = {name.lower() for _, name in asked_for(value, where)}
        if asked - {name.lower() for name in known}:
            return
        resolved({spec.name: spec}, {spec.name: resolve_value(value, known)}, ignore_case=True)
    except PolicyError:
        return  # an expression that cannot be read is told with the set's own parameters
    except ParameterErrors as errors:
        for fault in errors.faults:
            yield PolicyError(fault.code, fault.message, target=where)
    except LanguageError as error:
        yield PolicyError(INVALID, f"{error.message.rstrip('.')}.", target=where)


def _plain_source(value: Any, own: Mapping[str, ParameterSpec]) -> ParameterSpec | None:
    """The set's parameter that is handed on as it is: ``[parameters('effect')]``."""
    handed = handed_on(value)
    if handed is None:
        return None
    return next((one for name, one in own.items() if name.lower() == handed.lower()), None)
