"""Every operation of the Azure SDK's client of policy insights, unmodified, against a server.

What it has no words for (attestations, states of components) its pre-release has: see
azure_clients.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import Any

import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.core.paging import ItemPaged

from policy_app.models import Cluster, DefinitionVersion, Scan, Scope
from policy_app.services import assignments, remediations
from policy_app.services.drafts import AssignmentDraft
from tests.arm.addresses import CLUSTER, NO_PRIVILEGE
from tests.arm.test_policy_insights import world as world  # a fixture
from tests.arm.test_remediations import sdk as sdk  # a fixture
from tests.estate_fixtures import BASELINE, SUBSCRIPTION
from tests.services.cluster.inside import pod
from tests.services.remediations.worlds import policy

_ID = SUBSCRIPTION.rpartition("/")[2]
_CONTROL = "Own_control_1"
_PLACES: dict[str, Any] = {
    "policy_states_resource": "latest",
    "policy_states_summary_resource": "latest",
    "policy_events_resource": "default",
    "policy_tracked_resources_resource": "default",
    "subscription_id": _ID,
    "management_group_name": "mg-demo",
    "management_group_id": "mg-demo",
    "resource_group_name": "rg-demo",
    "resource_id": CLUSTER,
    "policy_definition_name": NO_PRIVILEGE,
    "policy_set_definition_name": BASELINE,
    "policy_assignment_name": "baseline",
    "remediation_name": "fix",
    "resource_name": _CONTROL,
}
_GROUPS = (
    *("policy_states", "policy_events", "policy_tracked_resources", "remediations"),
    *("policy_metadata", "policy_restrictions", "operations"),
)
_STEPS = (
    *("create_or_update_at", "get_at", "list_for", "list_deployments_at", "cancel_at"),
    "delete_at",
)


@pytest.fixture
def bodies(world: Cluster, rg_demo: Scope) -> dict[str, Any]:
    """What operations are sent, by their beginnings; what they are about is there."""
    root = Scope.objects.get(name="mg-demo")
    row, _ = assignments.put(AssignmentDraft(root, "mutate", policy()), None)
    version = DefinitionVersion.objects.filter(definition__name=BASELINE).latest("pk")
    control = f"/providers/Microsoft.PolicyInsights/policyMetadata/{_CONTROL}"
    group = {"name": "own", "additionalMetadataId": control}
    version.body = {**version.body, "policyDefinitionGroups": [group]}
    version.save()
    content = pod("new", privileged=True)
    return {
        "create_or_update": {"properties": {"policyAssignmentId": row.arm_id}},
        "check": {"resourceDetails": {"resourceContent": content, "scope": CLUSTER}},
    }


def operations(sdk: Any) -> Iterable[tuple[str, str, Any]]:
    """Every operation that the client has: its group, its name, and itself."""
    for group in _GROUPS:
        for name, one in inspect.getmembers(getattr(sdk, group), inspect.ismethod):
            if not name.startswith("_"):
                yield group, name, one


def call(operation: Any, name: str, bodies: dict[str, Any]) -> Any:
    """What it answers; a list is read to its end."""
    asked = [
        one
        for one, told in inspect.signature(operation).parameters.items()
        if told.default is inspect.Parameter.empty and told.kind is not told.VAR_KEYWORD
    ]
    body = next((value for begin, value in bodies.items() if name.startswith(begin)), None)
    given = {one: body if one == "parameters" else _PLACES[one] for one in asked}
    answer = operation(**given)
    return list(answer) if isinstance(answer, ItemPaged) else answer


def test_every_query_is_answered_as_the_client_expects(sdk: Any, bodies: dict[str, Any]) -> None:
    told = {
        f"{group}.{name}": call(one, name, bodies)
        for group, name, one in operations(sdk)
        if group != "remediations" and not name.startswith("begin_")
    }
    no_records = {
        # The baseline is assigned at the resource group, and nothing is tracked.
        *(one for one in told if one.endswith("for_subscription_level_policy_assignment")),
        *(one for one in told if one.startswith("policy_tracked_resources.")),
    }
    for name, answer in told.items():
        if isinstance(answer, list):
            assert bool(answer) is (name not in no_records), name
    for name in (one for one in told if ".summarize_for" in one):
        (summary,) = told[name].value
        assert summary.results.query_results_uri, name
        assert bool(summary.policy_assignments) is (name not in no_records), name
    assert told["policy_metadata.get_resource"].name == _CONTROL
    assert [one.name for one in told["policy_metadata.list"]] == [_CONTROL]
    checked = told["policy_restrictions.check_at_subscription_scope"]
    assert checked.content_evaluation_result.policy_evaluations == [], "the baseline audits"
    assert "Microsoft.PolicyInsights/remediations/read" in {
        one.name for one in told["operations.list"].value
    }


def test_every_operation_of_remediations_is_answered_at_each_level(
    sdk: Any, bodies: dict[str, Any]
) -> None:
    left = {name: one for group, name, one in operations(sdk) if group == "remediations"}
    for level in ("management_group", "subscription", "resource_group", "resource"):
        for step in _STEPS:
            operation = left.pop(f"{step}_{level}")
            answer = call(operation, step, bodies)
            if step == "create_or_update_at":
                assert answer.provisioning_state == "Accepted"
                remediations.advance(seconds=-1)
            elif step == "list_for":
                assert "fix" in [one.name for one in answer]
            elif step == "list_deployments_at":
                assert {one.status for one in answer} == {"Accepted"}
            elif step == "cancel_at":
                assert answer.provisioning_state == "Canceled"
            else:
                assert answer.name == "fix"
        getting = sdk.remediations.__getattribute__(f"get_at_{level}")
        with pytest.raises(ResourceNotFoundError):
            call(getting, "get_at", bodies)
    assert not left


@pytest.mark.django_db(transaction=True)
def test_an_evaluation_is_waited_for_at_each_level(sdk: Any, bodies: dict[str, Any]) -> None:
    found = [one for one in operations(sdk) if one[1].startswith("begin_")]
    assert len(found) == 2
    for _, name, one in found:
        poller = call(one, name, bodies)
        assert not poller.done()
        Scan.objects.filter(state__in=Scan.OPEN).update(state=Scan.State.DONE)
        poller.wait(30)
        assert poller.done()
