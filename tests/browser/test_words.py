"""The sentences about an assignment name the clusters where it does something, and no others."""

from __future__ import annotations

from typing import Any

from policy_app.browser import words
from policy_app.models import Cluster, Definition, Scope
from policy_app.services import assignments, definitions, exemptions
from tests.services.test_drafts import draft

INTERNAL_LOAD_BALANCERS = "3fc4dc25-5baf-40d8-9b05-7fe74c1bc64e"


def said(definition: Definition, **fields: Any) -> str:
    """The sentence about an assignment to both clusters."""
    return words.outcome(draft(Scope.objects.get(name="mg-demo"), definition, **fields))


def test_an_assignment_says_on_which_clusters_it_will_do_what(baseline: Definition) -> None:
    assert said(baseline) == ("It will refuse what 5 policies forbid, on aks-demo and aks-staging.")
    assert said(baseline, parameters={"effect": "Disabled"}) == (
        "No policy of it is in force on aks-demo and aks-staging: each is disabled or exempt"
        " there, or not for such a cluster."
    )


def test_a_cluster_of_another_kind_is_not_named(aks_demo: Cluster) -> None:
    aks_demo.resource_type = Cluster.CONNECTED
    aks_demo.save()
    definition = definitions.built_in("policy", INTERNAL_LOAD_BALANCERS)
    assert said(definition) == "It will refuse what 1 policy forbids, on aks-staging."


def test_what_is_exempt_is_not_counted(rg_demo: Scope, baseline: Definition) -> None:
    row, _ = assignments.put(draft(rg_demo, baseline), None)
    properties = {
        "policyAssignmentId": row.arm_id,
        "exemptionCategory": "Waiver",
        "policyDefinitionReferenceIds": ["NoPrivilegedContainers"],
    }
    exemptions.put(rg_demo, "exempt", {"properties": properties}, None)
    assert words.stored(row, created=False).endswith(
        "It now refuses what 4 policies forbid, on aks-demo."
    )
