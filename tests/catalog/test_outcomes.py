"""Each definition, by its title: assigned with parameters, it refuses some objects and not others.

The suites beside the templates judge constraints; here the same objects are judged by what an
assignment of the definition makes of the same parameters, so that the way in between is tested.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from policy_app.evaluation.gatekeeper.client import Client
from policy_app.evaluation.gatekeeper.mutation import Mutators
from policy_app.evaluation.gatekeeper.review import Review
from policy_app.evaluation.gatekeeper.suites.requests import review_of
from policy_app.evaluation.language.definitions import PolicyDefinition
from policy_app.evaluation.language.errors import ParameterErrors
from policy_app.evaluation.language.installation import Installation, Installed
from policy_app.evaluation.language.selectors import Resource
from tests.catalog.shelf import SHELF, definitions, policies, template_of
from tests.catalog.suites import FIXTURES, Case, cases, inventory_of, load

_PARAMETER = re.compile(r"\[parameters\('(?P<name>[^']+)'\)(?:\.(?P<field>\w+))?\]")
_ARC = "Microsoft.Kubernetes/connectedClusters"

JUDGING = [one for one in definitions() if template_of(one)]
CHANGING = [one for one in definitions() if (each := one.kubernetes_details) and each.mutation]


def titled(definition: PolicyDefinition) -> str:
    """What a test of the definition is called."""
    return f"{definition.display_name} {definition.version}"


def installed(definition: PolicyDefinition, parameters: Mapping[str, Any]) -> Installed:
    """What an assignment puts on a cluster of the kind that the definition is for."""
    (policy,) = policies(definition, parameters)
    aks = definition.condition.holds(Resource(""), policy.parameters)
    cluster = Resource("") if aks else Resource("", type=_ARC)
    texts = SHELF.sources.text
    outcome = Installation(lambda source: texts(source) or "", cluster).add(policy)
    assert isinstance(outcome, Installed), outcome
    return outcome


def parameters_of(definition: PolicyDefinition, spec: Mapping[str, Any]) -> dict[str, Any] | None:
    """The definition's parameters that give a constraint this ``spec``; None where none would."""
    wanted = spec.get("parameters") or {}
    details = definition.policy_rule["then"]["details"]
    given: dict[str, Any] = {}
    for name, expression in (details.get("values") or {}).items():
        found = _PARAMETER.fullmatch(expression) if isinstance(expression, str) else None
        if found and name in wanted:
            inner = found["field"]
            given[found["name"]] = {inner: wanted[name]} if inner else wanted[name]
    effect = definition.effect_parameter
    if effect is not None and "Deny" in effect.allowed_values:
        given[effect.name] = "Deny"
    required = {one for one, about in definition.parameters.items() if about.required}
    if "kind" in required:
        # Two definitions leave it to the assignment what they judge.
        (kinds,) = spec["match"]["kinds"]
        given["kind"] = kinds["kinds"][0]
    if "namespaces" in required:
        given["namespaces"] = []
    return given if required <= given.keys() else None


def judged(definition: PolicyDefinition, case: Case) -> bool | None:
    """Whether the definition finds something in a case; None where it cannot be asked it."""
    spec = load(case.constraint)["spec"]
    wanted = spec.get("parameters") or {}
    given = parameters_of(definition, spec)
    if given is None:
        return None
    try:
        outcome = installed(definition, given)
    except ParameterErrors:
        # The definition's schema is stricter than that of its template.
        return None
    assert outcome.constraint is not None
    assert outcome.template is not None
    made = outcome.constraint.parameters or {}
    if any(made.get(name) != value for name, value in wanted.items()):
        return None
    client = Client([outcome.template], [outcome.constraint], inventory_of(case.inventory))
    decision = client.review(review_of(load(case.object)))
    return bool(decision.violations)


def outcomes(definition: PolicyDefinition) -> Iterator[tuple[Case, bool, bool]]:
    """The cases of its template's suites: whether something is expected, and is found."""
    for case in cases():
        if case.template == template_of(definition):
            found = judged(definition, case)
            if found is not None:
                expected = any(one.violations not in ("no", 0) for one in case.case.assertions)
                yield case, expected, found


@pytest.mark.parametrize("definition", JUDGING, ids=titled)
def test_a_definition_refuses_and_lets_in_what_its_template_does(
    definition: PolicyDefinition,
) -> None:
    found = list(outcomes(definition))
    assert [str(case) for case, expected, actual in found if expected is not actual] == []
    assert {actual for _, _, actual in found} == {True, False}


@pytest.mark.parametrize("definition", CHANGING, ids=titled)
def test_a_definition_changes_some_objects_and_leaves_others(definition: PolicyDefinition) -> None:
    mutators = Mutators(installed(definition, {}).mutators)
    details = definition.kubernetes_details
    assert details is not None
    assert details.mutation is not None
    samples = FIXTURES / "mutations" / details.mutation.tail / "samples"
    outcomes = set()
    for before in sorted(samples.glob("before/*.yaml")):
        after = mutators.mutate(Review.create(load(before), default_namespace="shop"))
        outcomes.add(after.changed)
    assert outcomes == {True, False}


def test_no_definition_for_kubernetes_is_left_out() -> None:
    for_kubernetes = [one for one in definitions() if one.judges_kubernetes]
    assert len({one.id for one in for_kubernetes}) == 75
    tested = {titled(one) for one in (*JUDGING, *CHANGING)}
    assert {titled(one) for one in for_kubernetes} == tested
