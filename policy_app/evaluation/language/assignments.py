"""Assignments, and what they come to: one effective policy per definition, wired and resolved.

A set hands values to its members through expressions; overrides change effects and versions; the
details of each policy are resolved with its own parameters.  Source: Microsoft Learn, "Azure
Policy initiative definition structure" and "assignment structure".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from policy_app.evaluation.language.assignment_resource import Assignment
from policy_app.evaluation.language.definitions import (
    PolicyDefinition,
    PolicySetDefinition,
    PolicySetMember,
)
from policy_app.evaluation.language.details import KubernetesDetails
from policy_app.evaluation.language.effects import canonical_effect, to_enforcement_action
from policy_app.evaluation.language.errors import EffectError, LanguageError
from policy_app.evaluation.language.expressions import resolve_value
from policy_app.evaluation.language.parameters import resolve
from policy_app.evaluation.language.selectors import (
    DEFINITION_VERSION,
    POLICY_EFFECT,
    Resource,
    Subject,
)
from policy_app.evaluation.results import EnforcementAction, Origin

__all__ = [
    "Assignment",
    "EffectivePolicy",
    "Members",
    "Resource",
    "UnresolvedPolicy",
    "effective_policies",
    "member_keys",
]

Members = Mapping[tuple[str, str], PolicyDefinition]
"""The definitions of a set by (definition id in lower case, version pattern)."""


@dataclass(frozen=True, slots=True)
class EffectivePolicy:
    """One policy of an assignment as it is in force, every expression resolved."""

    assignment: Assignment
    definition: PolicyDefinition
    parameters: Mapping[str, Any]
    """A value for each of the definition's parameters."""
    effect: str
    """In its usual spelling, overrides applied: ``Deny``."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """``then.details``, resolved; empty for policies about ARM resources."""
    reference_id: str = ""
    """The id within the set; empty for a definition assigned alone."""
    set_definition_id: str = ""

    @property
    def warn(self) -> bool:
        """Whether an audited object is also warned about."""
        return self.details.get("warn") is True

    @property
    def kubernetes_details(self) -> KubernetesDetails | None:
        """The resolved details; None for policies about ARM resources."""
        return KubernetesDetails(self.details) if self.definition.judges_kubernetes else None

    @property
    def enforcement_action(self) -> EnforcementAction | None:
        """What Gatekeeper does about a violation; None where no constraint is installed."""
        return to_enforcement_action(
            self.effect, warn=self.warn, enforcement_mode=self.assignment.enforcement_mode
        )

    @property
    def non_compliance_message(self) -> str:
        """The assignment's own message for this policy; empty where it has none."""
        return self.assignment.message_for(self.reference_id)

    @property
    def origin(self) -> Origin:
        """The Azure objects behind whatever this policy installs."""
        return Origin(
            assignment_id=self.assignment.id,
            definition_id=self.definition.id,
            definition_version=self.definition.version,
            definition_reference_id=self.reference_id,
            set_definition_id=self.set_definition_id,
            display_name=self.definition.display_name,
            effect=self.effect,
            non_compliance_message=self.non_compliance_message,
        )


@dataclass(frozen=True, slots=True)
class UnresolvedPolicy:
    """One policy of a set that cannot be put into force, and why."""

    assignment: Assignment
    definition_id: str
    reference_id: str
    set_definition_id: str
    code: str
    """ARM's code: ``PolicyDefinitionNotFound``, ``InvalidPolicyParameters``…"""
    message: str

    @property
    def origin(self) -> Origin:
        """The Azure objects behind it, as far as they are known."""
        return Origin(
            assignment_id=self.assignment.id,
            definition_id=self.definition_id,
            definition_reference_id=self.reference_id,
            set_definition_id=self.set_definition_id,
            non_compliance_message=self.assignment.message_for(self.reference_id),
        )


def effective_policies(
    assignment: Assignment,
    target: PolicyDefinition | PolicySetDefinition,
    members: Members | None = None,
    *,
    resource: Resource | None = None,
) -> list[EffectivePolicy | UnresolvedPolicy]:
    """Every policy that an assignment brings about, in the order of its set.

    ``target`` is what the assignment's ``policyDefinitionId`` names, ``members`` the definitions
    of a set (see ``member_keys``).  With a ``resource``, selectors count, and an assignment that
    does not select it brings about nothing.  A fault of one member gives an ``UnresolvedPolicy``
    and leaves the others; raises ``ParameterErrors`` (or another ``LanguageError``) where the
    assignment itself does not fit its target.
    """
    if resource is not None and not assignment.selects(resource):
        return []
    if isinstance(target, PolicyDefinition):
        values = resolve(target.parameters, assignment.parameters)
        return [_effective(assignment, target, values, Subject(resource=resource))]
    values = resolve(target.parameters, assignment.parameters)
    wiring = _Wiring(assignment, target, members or {}, values, resource)
    return [wiring.member(member) for member in target.members]


@dataclass(frozen=True, slots=True)
class _Wiring:
    """A set, assigned, with the values of its own parameters."""

    assignment: Assignment
    target: PolicySetDefinition
    members: Members
    values: Mapping[str, Any]
    resource: Resource | None

    def member(self, member: PolicySetMember) -> EffectivePolicy | UnresolvedPolicy:
        subject = Subject(member.reference_id, self.resource)
        try:
            definition = self._definition(member, subject)
            given = resolve_value(member.parameters, self.values)
            values = resolve(definition.parameters, given, ignore_case=True)
            return _effective(self.assignment, definition, values, subject, self.target.id)
        except LanguageError as error:
            return UnresolvedPolicy(
                assignment=self.assignment,
                definition_id=member.definition_id,
                reference_id=member.reference_id,
                set_definition_id=self.target.id,
                code=error.code,
                message=str(error),
            )

    def _definition(self, member: PolicySetMember, subject: Subject) -> PolicyDefinition:
        key = _key(self.assignment, member, subject)
        found = self.members.get(key)
        if found is None:
            version = f" in version {key[1]}" if key[1] else ""
            raise LanguageError(
                f"The definition {member.definition_id} is not in the catalogue{version}.",
                code="PolicyDefinitionNotFound",
            )
        return found


def member_keys(
    target: PolicySetDefinition, assignment: Assignment | None = None
) -> list[tuple[str, str]]:
    """The keys that ``effective_policies`` looks up in ``members``, in the order of the set.

    An assignment may ask for other versions than the set does (overrides of kind
    ``definitionVersion``).
    """
    return [_key(assignment, member, Subject(member.reference_id)) for member in target.members]


def _key(
    assignment: Assignment | None, member: PolicySetMember, subject: Subject
) -> tuple[str, str]:
    override = assignment.override(DEFINITION_VERSION, subject) if assignment else ""
    return member.definition_id.lower(), override or member.version_pattern


def _effective(
    assignment: Assignment,
    definition: PolicyDefinition,
    values: Mapping[str, Any],
    subject: Subject,
    set_definition_id: str = "",
) -> EffectivePolicy:
    details: Mapping[str, Any] = {}
    if definition.judges_kubernetes:
        details = resolve_value(definition.policy_rule["then"].get("details") or {}, values)
    return EffectivePolicy(
        assignment=assignment,
        definition=definition,
        parameters=values,
        effect=_effect(assignment, definition, values, subject),
        details=details,
        reference_id=subject.reference_id,
        set_definition_id=set_definition_id,
    )


def _effect(
    assignment: Assignment,
    definition: PolicyDefinition,
    values: Mapping[str, Any],
    subject: Subject,
) -> str:
    chosen = assignment.override(POLICY_EFFECT, subject)
    if chosen:
        _check_override(definition, chosen)
        return chosen
    effect = resolve_value(definition.effect, values)
    if not isinstance(effect, str):
        raise EffectError(f"The effect should be a string, but is {effect!r}.")
    return canonical_effect(effect)


def _check_override(definition: PolicyDefinition, effect: str) -> None:
    """An override may only choose what the definition's effect parameter allows."""
    spec = definition.effect_parameter
    allowed = spec.allowed_values if spec else ()
    if allowed and effect.lower() not in {str(value).lower() for value in allowed}:
        choices = ", ".join(map(str, allowed))
        raise EffectError(
            f"An override sets {effect}, but {definition.display_name or definition.id} "
            f"allows only {choices}.",
            path="properties.overrides",
        )
