"""Before an assignment is deleted, what that lifts is said truly."""

from __future__ import annotations

from typing import Any

import pytest

from policy_app.models import Cluster, Definition, Scope
from policy_app.services import assignments, definitions, exemptions
from policy_app.services.lifting import Lifted, lifted_by
from tests.services.test_drafts import draft

PRIVILEGED = "Kubernetes cluster should not allow privileged containers"
INTERNAL_LOAD_BALANCERS = "3fc4dc25-5baf-40d8-9b05-7fe74c1bc64e"


def lifted(scope: Scope, definition: Definition, **fields: Any) -> Lifted:
    """What the deletion of such an assignment lifts."""
    row, _ = assignments.put(draft(scope, definition, **fields), None)
    return lifted_by(row)


def test_clusters_and_policies_are_named(
    rg_demo: Scope, aks_demo: Cluster, baseline: Definition
) -> None:
    gone = lifted(rg_demo, baseline)
    assert (gone.clusters, gone.enforcing) == ([aks_demo], True)
    assert PRIVILEGED in gone.policies


@pytest.mark.parametrize(
    "fields",
    [{"parameters": {}}, {"parameters": {"effect": "Audit"}}, {"enforcement_mode": "DoNotEnforce"}],
    ids=["by default", "audit", "not enforced"],
)
def test_what_only_records_refuses_nothing(
    rg_demo: Scope, baseline: Definition, fields: dict[str, Any]
) -> None:
    gone = lifted(rg_demo, baseline, **fields)
    assert PRIVILEGED in gone.policies
    assert not gone.enforcing


def test_what_is_disabled_lifts_no_policy(rg_demo: Scope, baseline: Definition) -> None:
    assert lifted(rg_demo, baseline, parameters={"effect": "Disabled"}).policies == []


@pytest.mark.parametrize("level", ["aks-demo", "rg-demo"])
def test_a_cluster_that_is_excluded_is_not_lifted(
    aks_staging: Cluster, baseline: Definition, level: str
) -> None:
    excluded = Scope.objects.get(name=level).arm_id.upper()
    gone = lifted(Scope.objects.get(name="mg-demo"), baseline, not_scopes=[excluded])
    assert gone.clusters == [aks_staging]


def test_an_excluded_management_group_is_honoured(baseline: Definition) -> None:
    group = Scope.objects.get(name="mg-demo")
    root = group.parent
    assert root is not None
    gone = lifted(root, baseline, not_scopes=[group.arm_id])
    assert gone.clusters == []


def test_a_cluster_that_is_exempt_from_everything_is_not_lifted(
    aks_demo: Cluster, aks_staging: Cluster, baseline: Definition
) -> None:
    row, _ = assignments.put(draft(Scope.objects.get(name="mg-demo"), baseline), None)
    exempt(aks_demo.scope, row.arm_id)
    gone = lifted_by(row)
    assert (gone.clusters, PRIVILEGED in gone.policies) == ([aks_staging], True)
    exempt(aks_staging.scope, row.arm_id)
    assert lifted_by(row) == Lifted([aks_demo, aks_staging], [], enforcing=False)


def test_a_policy_that_is_exempt_everywhere_is_not_lifted(
    rg_demo: Scope, aks_demo: Cluster, baseline: Definition
) -> None:
    row, _ = assignments.put(draft(rg_demo, baseline), None)
    exempt(rg_demo, row.arm_id, policyDefinitionReferenceIds=["NoPrivilegedContainers"])
    gone = lifted_by(row)
    assert (gone.clusters, len(gone.policies)) == ([aks_demo], 4)
    assert PRIVILEGED not in gone.policies


def test_nothing_is_lifted_where_the_add_on_is_off(
    rg_demo: Scope, aks_demo: Cluster, baseline: Definition
) -> None:
    aks_demo.addon_enabled = False
    aks_demo.save()
    assert lifted(rg_demo, baseline).policies == []


def test_a_policy_for_managed_clusters_alone_is_lifted_from_those(
    aks_demo: Cluster, aks_staging: Cluster, portal: None
) -> None:
    aks_demo.resource_type = Cluster.CONNECTED
    aks_demo.save()
    definition = definitions.built_in("policy", INTERNAL_LOAD_BALANCERS)
    gone = lifted(Scope.objects.get(name="mg-demo"), definition)
    assert (gone.clusters, len(gone.policies)) == ([aks_staging], 1)


def exempt(scope: Scope, assignment_id: str, **properties: Any) -> None:
    """Store an exemption at the scope."""
    given = {"policyAssignmentId": assignment_id, "exemptionCategory": "Waiver", **properties}
    exemptions.put(scope, "exempt", {"properties": given}, None)
