"""``policyRule.if`` tells which clusters a policy is for, and refuses what it cannot ask them."""

from __future__ import annotations

from typing import Any

import pytest

from policy_app.evaluation.language.assignments import Assignment, effective_policies
from policy_app.evaluation.language.conditions import parse
from policy_app.evaluation.language.constraints import why_elsewhere
from policy_app.evaluation.language.definitions import PolicyDefinition
from policy_app.evaluation.language.errors import DefinitionError
from policy_app.evaluation.language.reading import Reader
from policy_app.evaluation.language.reasons import NotInstalled
from policy_app.evaluation.language.selectors import Resource

from .samples import SCOPE, assignment, definition

MANAGED = "Microsoft.ContainerService/managedClusters"
ARC = "Microsoft.Kubernetes/connectedClusters"
AKS = Resource(f"{SCOPE}/providers/{MANAGED}/aks-demo", MANAGED, "westeurope")
CONNECTED = Resource(f"{SCOPE}/providers/{ARC}/arc-demo", ARC, "North Europe")
UNKNOWN = Resource("")

TYPE_IS_AKS = {"field": "type", "equals": MANAGED.lower()}
IN_EUROPE = {"field": "Location", "in": ["West Europe", "uksouth"]}


def holds(condition: Any, resource: Resource, **parameters: Any) -> bool | None:
    """Whether the condition is met for the cluster."""
    return parse(Reader(condition, "if", DefinitionError)).holds(resource, parameters)


def outcome(condition: Any, resource: Resource, **properties: Any) -> NotInstalled | None:
    """Why a policy with this rule is not for the cluster."""
    written = definition(**properties)
    written["properties"]["policyRule"]["if"] = condition
    assigned = Assignment.parse(assignment(written["id"]))
    (policy,) = effective_policies(assigned, PolicyDefinition.parse(written))
    assert not hasattr(policy, "code")
    return why_elsewhere(policy, resource)


@pytest.mark.parametrize(
    ("condition", "aks", "arc"),
    [
        ({}, True, True),
        (TYPE_IS_AKS, True, False),
        ({"field": "TYPE", "NotEquals": MANAGED}, False, True),
        ({"field": "type", "in": [ARC.upper(), MANAGED]}, True, True),
        ({"field": "type", "notIn": [ARC]}, True, False),
        ({"field": "type", "like": "Microsoft.ContainerService/*"}, True, False),
        ({"field": "type", "notLike": "*/connectedClusters"}, True, False),
        ({"field": "name", "contains": "-DEMO"}, True, True),
        ({"field": "name", "notContains": "arc"}, True, False),
        ({"field": "fullName", "equals": "aks-demo"}, True, False),
        ({"field": "id", "like": f"{SCOPE}/*"}, True, True),
        (IN_EUROPE, True, False),
        ({"field": "location", "equals": "northeurope"}, False, True),
        ({"field": "location", "exists": "true"}, True, True),
        ({"field": "location", "exists": False}, False, False),
        ({"not": TYPE_IS_AKS}, False, True),
        ({"allOf": [{"field": "name", "like": "*demo"}, TYPE_IS_AKS]}, True, False),
        ({"anyOf": [{"field": "location", "equals": "northeurope"}, TYPE_IS_AKS]}, True, True),
        ({"anyOf": [{"allOf": [TYPE_IS_AKS, {"not": IN_EUROPE}]}]}, False, False),
    ],
    ids=str,
)
def test_a_condition_holds_for_the_clusters_it_means(
    condition: dict[str, Any], aks: bool, arc: bool
) -> None:
    assert (holds(condition, AKS), holds(condition, CONNECTED)) == (aks, arc)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (IN_EUROPE, None),
        ({"not": IN_EUROPE}, None),
        ({"allOf": [TYPE_IS_AKS, IN_EUROPE]}, None),
        ({"allOf": [{"not": TYPE_IS_AKS}, IN_EUROPE]}, False),
        ({"anyOf": [IN_EUROPE, TYPE_IS_AKS]}, True),
        ({"anyOf": [IN_EUROPE, {"not": TYPE_IS_AKS}]}, None),
    ],
    ids=str,
)
def test_what_is_not_known_of_a_cluster_leaves_the_answer_open(
    condition: dict[str, Any], expected: bool | None
) -> None:
    assert holds(condition, UNKNOWN) is expected


def test_parameters_are_compared_with_and_compared() -> None:
    asks_type = {"field": "type", "in": "[parameters('types')]"}
    assert holds(asks_type, AKS, types=[MANAGED]) is True
    assert holds(asks_type, AKS, types=[]) is False
    switch = {"value": "[parameters('on')]", "equals": True}
    assert holds(switch, AKS, on=True) is True
    assert holds(switch, AKS, on=1) is False


@pytest.mark.parametrize(
    ("condition", "path", "said"),
    [
        ({"field": "type"}, "", "should have one operator beside field: equals"),
        ({"equals": "x"}, "", "either field or value"),
        ({"field": "type", "value": 1, "equals": 1}, "", "either field or value"),
        ({"field": "tags.env", "equals": "x"}, ".field", "is 'tags.env', and is no field that"),
        ({"field": "locations", "equals": "x"}, ".field", "did you mean location?"),
        ({"field": 3, "equals": "x"}, ".field", "should be a string"),
        ({"field": "type", "equal": "x"}, ".equal", "did you mean equals?"),
        ({"field": "type", "match": "##"}, ".match", "is no operator"),
        ({"field": "type", "equals": "x", "in": ["x"]}, "", "should have one operator"),
        ({"field": "type", "in": "x"}, ".in", "should be an array, but is a string"),
        ({"field": "type", "contains": 3}, ".contains", "should be a string"),
        ({"field": "type", "like": "*a*"}, ".like", "may have one * only"),
        ({"field": "type", "exists": "maybe"}, ".exists", "should be true or false"),
        ({"count": {}, "greater": 1}, "", "either field or value"),
        ({"allOf": []}, ".allOf", "should have at least one condition"),
        ({"allOf": TYPE_IS_AKS}, ".allOf", "should be an array"),
        ({"allOf": [{}]}, ".allOf[0]", "should be a condition"),
        ({"not": None}, ".not", "should be a condition"),
        ({"not": {"field": "x", "equals": 1}}, ".not.field", "is no field"),
        ({"anyOf": [TYPE_IS_AKS], "field": "type"}, ".field", "cannot stand beside anyOf"),
    ],
    ids=str,
)
def test_what_a_cluster_cannot_be_asked_is_refused_with_its_place(
    condition: Any, path: str, said: str
) -> None:
    written = definition()
    written["properties"]["policyRule"]["if"] = condition
    with pytest.raises(DefinitionError) as refused:
        PolicyDefinition.parse(written)
    assert refused.value.path == f"properties.policyRule.if{path}"
    assert said in refused.value.message


def test_a_policy_says_for_which_clusters_it_is() -> None:
    assert outcome(TYPE_IS_AKS, AKS) is None
    refusal = outcome(TYPE_IS_AKS, CONNECTED)
    assert refusal is not None
    assert (refusal.code, refusal.failed) == ("NotApplicable", False)
    assert refusal.reason.endswith(
        f"is not for this cluster, which is of type {ARC} in North Europe: its rule asks for"
        f" type equals {MANAGED.lower()}."
    )


def test_a_rule_whose_values_turn_out_wrong_is_a_failure() -> None:
    refusal = outcome({"field": "type", "in": "[parameters('effect')]"}, AKS)
    assert refusal is not None
    assert (refusal.code, refusal.failed) == ("ConstraintInstallFailed", True)
    assert "in should be an array, but is a string" in refusal.reason
