"""The whole life of exemptions, and what Azure has beside them and the portal has not."""

from __future__ import annotations

from typing import Any

import pytest

from tests.arm.addresses import (
    BASELINE_ID,
    CLUSTER,
    MANAGEMENT_GROUP,
    PROVIDER,
    RESOURCE_GROUP,
    assignment,
    body,
)
from tests.arm.azure_clients.conftest import Clients, refusal
from tests.estate_fixtures import SUBSCRIPTION

_GROUP = "policy_exemptions"
_RESOURCE = ("rg-demo", "Microsoft.ContainerService", "", "managedClusters", "aks-demo")
_REFERENCE = "NoPrivilegedContainers"


@pytest.fixture
def assigned(clients: Clients) -> Clients:
    """With an assignment of the baseline, that the same client has made."""
    clients.policy("policy_assignments.create", RESOURCE_GROUP, "baseline", body(BASELINE_ID))
    return clients


def waiver(**properties: Any) -> dict[str, Any]:
    """The body of an exemption from the assignment."""
    sent = {"policyAssignmentId": assignment(), "exemptionCategory": "Waiver", **properties}
    return {"properties": sent}


def listed(clients: Clients, filter: str | None = None) -> dict[str, list[str]]:
    """What each of the four lists names."""
    calls: dict[str, tuple[str, ...]] = {
        "list_for_resource": _RESOURCE,
        "list_for_resource_group": ("rg-demo",),
        "list": (),
        "list_for_management_group": ("mg-demo",),
    }
    return {
        name: [one["name"] for one in clients.policy(f"{_GROUP}.{name}", *scope, filter=filter)]
        for name, scope in calls.items()
    }


def test_an_exemption_lives_at_every_scope(assigned: Clients) -> None:
    for scope in (CLUSTER, RESOURCE_GROUP, SUBSCRIPTION, MANAGEMENT_GROUP):
        _made(assigned, scope)
        _changed(assigned, scope)
        for _ in range(2):  # the second time there is nothing left, which is a success as well
            assert assigned.policy(f"{_GROUP}.delete", scope, "until") is None
        gone = refusal(assigned.policy, f"{_GROUP}.get", scope, "until")
        assert gone == ("ResourceNotFoundError", 404, "PolicyExemptionNotFound")


def _made(clients: Clients, scope: str) -> None:
    sent = waiver(
        displayName="Until the move",
        policyDefinitionReferenceIds=[_REFERENCE],
        expiresOn="2099-12-31T23:59:00Z",
        metadata={"ticket": 7},
        assignmentScopeValidation="DoNotValidate",
    )
    made = clients.policy(f"{_GROUP}.create_or_update", scope, "until", sent)
    assert made["id"] == f"{scope}/{PROVIDER}/policyExemptions/until"
    assert made["type"] == "Microsoft.Authorization/policyExemptions"
    assert made["system_data"]["created_by"] == "alice"
    assert made["policy_assignment_id"] == assignment()
    assert made["policy_definition_reference_ids"] == [_REFERENCE]
    assert made["expires_on"] == "2099-12-31T23:59:00+00:00"
    assert made["metadata"] == {"ticket": 7}
    assert clients.policy(f"{_GROUP}.get", scope, "until") == made


def _changed(clients: Clients, scope: str) -> None:
    sent = waiver(exemptionCategory="Mitigated", assignmentScopeValidation="DoNotValidate")
    replaced = clients.policy(f"{_GROUP}.create_or_update", scope, "until", sent)
    assert (replaced["exemption_category"], replaced["expires_on"]) == ("Mitigated", None)
    west = {"kind": "resourceLocation", "in": ["westeurope"]}
    change = {"properties": {"resourceSelectors": [{"name": "west", "selectors": [west]}]}}
    changed = clients.policy(f"{_GROUP}.update", scope, "until", change)
    (selector,) = changed["resource_selectors"][0]["selectors"]
    assert (selector["kind"], selector["in_property"]) == ("resourceLocation", ["westeurope"])
    assert changed["exemption_category"] == "Mitigated"


def test_exemptions_are_listed_around_each_scope_and_filtered(assigned: Clients) -> None:
    assigned.policy(f"{_GROUP}.create_or_update", CLUSTER, "until", waiver())
    past = waiver(expiresOn="2020-01-01T00:00:00Z")
    assigned.policy(f"{_GROUP}.create_or_update", RESOURCE_GROUP, "past", past)
    assert _by_filter(assigned) == ["until", "past"]
    assert _by_filter(assigned, "excludeExpired()") == ["until"]
    mine, other = assignment(), assignment(name="other")
    assert _by_filter(assigned, f"policyAssignmentId eq '{mine}'") == ["until", "past"]
    assert _by_filter(assigned, f"policyAssignmentId eq '{other}'") == []
    assert listed(assigned, "atScope()") == {
        "list_for_resource": ["until", "past"],
        "list_for_resource_group": ["past"],
        "list": [],
        "list_for_management_group": [],
    }
    assert listed(assigned, "atExactScope()")["list_for_resource"] == ["until"]


def _by_filter(clients: Clients, filter: str | None = None) -> list[str]:
    """What each of the lists names alike."""
    names, *others = listed(clients, filter).values()
    assert others == [names] * len(others)
    return names


def test_what_is_wrong_is_refused_with_its_code_and_nothing_is_kept(assigned: Clients) -> None:
    unreadable = ("HttpResponseError", 400, "InvalidRequestContent")
    unknown = ("ResourceNotFoundError", 404, "PolicyAssignmentNotFound")
    wrong: list[tuple[dict[str, Any], tuple[str, int, str]]] = [
        ({"exemptionCategory": "Holiday"}, unreadable),
        ({"expiresOn": "soon"}, unreadable),
        ({"resourceSelectors": "all"}, unreadable),
        ({"policyDefinitionReferenceIds": ["none"]}, unreadable),
        ({"policyAssignmentId": assignment(name="none")}, unknown),
    ]
    put = f"{_GROUP}.create_or_update"
    for properties, expected in wrong:
        assert refusal(assigned.policy, put, CLUSTER, "bad", waiver(**properties)) == expected
    assert listed(assigned)["list"] == []
    unread = refusal(assigned.policy, f"{_GROUP}.list", filter="colour eq 'red'")
    assert unread == ("HttpResponseError", 400, "InvalidFilterInQueryString")
    assigned.policy(put, CLUSTER, "until", waiver())
    change = {"properties": {"exemptionCategory": "Mitigated"}}
    assert refusal(assigned.policy, f"{_GROUP}.update", CLUSTER, "until", change) == unreadable


def test_what_is_not_there_is_no_empty_success(clients: Clients) -> None:
    body: dict[str, Any] = {"properties": {}}
    group = ("mg-demo",)
    calls: list[tuple[str, tuple[Any, ...]]] = [
        ("policy_enrollments.get", (CLUSTER, "x")),
        ("policy_enrollments.create_or_update", (CLUSTER, "x", body)),
        ("policy_enrollments.update", (RESOURCE_GROUP, "x", body)),
        ("policy_enrollments.delete", (SUBSCRIPTION, "x")),
        ("policy_enrollments.list", ()),
        ("policy_enrollments.list_for_resource", _RESOURCE),
        ("policy_enrollments.list_for_resource_group", ("rg-demo",)),
        ("policy_enrollments.list_for_management_group", group),
    ]
    for kind, names in (("variables", ("x",)), ("variable_values", ("x", "y"))):
        for suffix, above in (("", ()), ("_at_management_group", group)):
            calls += [
                (f"{kind}.get{suffix}", (*above, *names)),
                (f"{kind}.create_or_update{suffix}", (*above, *names, body)),
                (f"{kind}.delete{suffix}", (*above, *names)),
            ]
        calls += [
            (f"{kind}.list", names[:-1]),
            (f"{kind}.list_for_management_group", (*group, *names[:-1])),
        ]
    for operation, arguments in calls:
        told = refusal(clients.policy, operation, *arguments)
        assert told == ("HttpResponseError", 501, "NotImplemented"), operation
