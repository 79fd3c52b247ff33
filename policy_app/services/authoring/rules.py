"""What ARM asks of a policy definition beyond its shape: effects, parameters, expressions.

For ``Microsoft.Kubernetes.Data`` the template is compiled as well, and the definition is put to
work once with its defaults, so that what could never be installed is refused when it is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from policy_app.evaluation.language.assignments import Assignment, effective_policies
from policy_app.evaluation.language.definitions import MODES, PolicyDefinition
from policy_app.evaluation.language.details import DETAILS
from policy_app.evaluation.language.effects import DISABLED, KUBERNETES_EFFECTS, canonical_effect
from policy_app.evaluation.language.errors import EffectError, LanguageError
from policy_app.evaluation.language.expressions import ExpressionError, parameter_names
from policy_app.evaluation.language.installation import Installation
from policy_app.evaluation.language.reasons import (
    CONSTRAINT_INSTALL_FAILED,
    INVALID_CONSTRAINT,
    INVALID_TEMPLATE,
    NotInstalled,
)
from policy_app.services import fetching
from policy_app.services.authoring import templates
from policy_app.services.errors import PolicyError

PARAMETER_LIMIT = 20
_PROVIDER_MODE = re.compile(r"microsoft(\.\w+)+\.data")
_LIKENESS = 0.85
"""How much a word is like a mode, of 1, that was meant for it; names of providers are alike."""
_VALUES, _MATCH = "spec.parameters", "spec.match"
_RULE = "properties.policyRule"
_EFFECT = f"{_RULE}.then.effect"
_UNUSABLE = (CONSTRAINT_INSTALL_FAILED, INVALID_CONSTRAINT, INVALID_TEMPLATE)
_DEPLOYED = ("then", "details", "deployment", "properties", "template")
"""A template to be deployed has parameters of its own."""


def faults(definition: PolicyDefinition) -> list[PolicyError]:
    """Everything that ARM refuses about a definition that could be read."""
    found = [*_mode(definition), *_effects(definition), *_parameters(definition)]
    details = definition.kubernetes_details
    if details is None:
        return found
    found += templates.faults(details)
    return found or [*_at_work(definition)]


def _mode(definition: PolicyDefinition) -> Iterator[PolicyError]:
    """A word that is no mode; of the modes of providers, those unlike Kubernetes' are left be."""
    name = definition.mode.lower()
    known = {one.lower(): one for one in MODES}
    near = get_close_matches(name, known, n=1, cutoff=_LIKENESS)
    if name in known or (_PROVIDER_MODE.fullmatch(name) and not near):
        return
    hint = f" Did you mean {known[near[0]]}?" if near else f" Write one of {', '.join(MODES)}."
    text = f"'{definition.mode}' is no mode that a definition can have.{hint}"
    yield PolicyError("InvalidPolicyRule", text, target="properties.mode")


def _effects(definition: PolicyDefinition) -> Iterator[PolicyError]:
    spec = definition.effect_parameter
    if spec is not None:
        path = f"properties.parameters.{spec.name}"
        given = [(f"{path}.allowedValues[{n}]", one) for n, one in enumerate(spec.allowed_values)]
        given += [(f"{path}.defaultValue", spec.default)] if spec.has_default else []
    elif definition.effect.startswith("["):
        return
    else:
        given = [(_EFFECT, definition.effect)]
    for target, name in given:
        yield from _effect(definition, target, name)


def _effect(definition: PolicyDefinition, target: str, name: Any) -> Iterator[PolicyError]:
    try:
        effect = canonical_effect(str(name))
    except EffectError as error:
        text = error.message if error.message.endswith("?") else f"{error.message}."
        yield PolicyError("InvalidPolicyRule", text, target=target)
        return
    if definition.judges_kubernetes and effect not in KUBERNETES_EFFECTS:
        yield PolicyError(
            "InvalidPolicyRule",
            f"The effect {effect} is not for the mode {definition.mode}: it takes"
            f" {', '.join(KUBERNETES_EFFECTS)}.",
            target=target,
        )


def _parameters(definition: PolicyDefinition) -> Iterator[PolicyError]:
    """Each parameter that is asked for is defined, and each that is defined is asked for."""
    if len(definition.parameters) > PARAMETER_LIMIT:
        text = f"A policy definition may have {PARAMETER_LIMIT} parameters; this one has"
        yield PolicyError(
            "InvalidPolicyParameters",
            f"{text} {len(definition.parameters)}.",
            target="properties.parameters",
        )
    known = {name.lower() for name in definition.parameters}
    used: set[str] = set()
    try:
        for path, name in asked_for(_without_deployment(definition.policy_rule), _RULE):
            used.add(name.lower())
            if name.lower() not in known:
                yield undefined(name, definition.parameters, path)
    except PolicyError as error:
        yield error
        return
    deployed = str(definition.policy_rule)
    for name in definition.parameters:
        if name.lower() not in used and f"parameters('{name.lower()}')" not in deployed.lower():
            yield PolicyError(
                "UnusedPolicyParameters",
                f"The parameter '{name}' is defined and the rule does not use it. Use it as"
                f" [parameters('{name}')], or remove it.",
                target=f"properties.parameters.{name}",
            )


def asked_for(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Each (path, parameter) that the expressions of a JSON value ask for.

    Raises ``PolicyError`` at the first expression that cannot be read.
    """
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from asked_for(inner, f"{path}.{name}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from asked_for(inner, f"{path}[{index}]")
    elif isinstance(value, str):
        try:
            names = sorted(parameter_names(value))
        except ExpressionError as error:
            raise PolicyError("InvalidPolicyRule", f"{error.message}.", target=path) from None
        yield from ((path, name) for name in names)


def undefined(name: str, known: Mapping[str, Any], path: str) -> PolicyError:
    """The refusal of an expression that asks for a parameter that there is not."""
    listed = ", ".join(known) or "none"
    text = f"'{path}' asks for the parameter '{name}', which is not defined; defined: {listed}."
    return PolicyError("UndefinedPolicyParameter", text, target=path)


def _without_deployment(rule: Mapping[str, Any]) -> Mapping[str, Any]:
    """The rule without the template that it deploys."""

    def pruned(value: Any, way: tuple[str, ...]) -> Any:
        if not way or not isinstance(value, Mapping):
            return value
        return {
            name: pruned(inner, way[1:]) if name.lower() == way[0] else inner
            for name, inner in value.items()
            if len(way) > 1 or name.lower() != way[0]
        }

    result: Mapping[str, Any] = pruned(rule, _DEPLOYED)
    return result


def _at_work(definition: PolicyDefinition) -> Iterator[PolicyError]:
    """Put it to work with its defaults, where it has them all: what fails now fails always."""
    values = _defaults(definition)
    if values is None:
        return
    given = {name: {"value": value} for name, value in values.items()}
    properties = {"policyDefinitionId": definition.id, "parameters": given}
    try:
        assignment = Assignment.parse({"id": "/draft", "name": "draft", "properties": properties})
        policies = effective_policies(assignment, definition)
    except LanguageError as error:
        yield PolicyError("InvalidPolicyRule", f"{error.message.rstrip('.')}.", target=DETAILS)
        return
    for policy in policies:
        outcome = Installation(fetching.text).add(policy)
        if isinstance(outcome, NotInstalled) and outcome.code in _UNUSABLE:
            yield PolicyError("InvalidPolicyRule", outcome.reason, target=_written(outcome.path))


def _written(path: str) -> str:
    """The field of the definition that a field of its constraint is made of."""
    for of_constraint, of_details in ((_VALUES, f"{DETAILS}.values"), (_MATCH, DETAILS)):
        if path.startswith(f"{of_constraint}."):
            return of_details + path.removeprefix(of_constraint)
    return DETAILS


def _defaults(definition: PolicyDefinition) -> dict[str, Any] | None:
    """The defaults, with an effect that installs something; None where one is missing."""
    if any(spec.required for spec in definition.parameters.values()):
        return None
    values = {name: spec.default for name, spec in definition.parameters.items()}
    spec = definition.effect_parameter
    if spec is not None and str(spec.default).lower() == DISABLED.lower():
        others = [one for one in spec.allowed_values if str(one).lower() != DISABLED.lower()]
        values[spec.name] = next(iter(others), spec.default)
    return values
