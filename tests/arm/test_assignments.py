"""Assignments through REST: create, read, replace, change, list, delete."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from policy_app.models import Assignment
from tests.arm.addresses import (
    BASELINE_ID,
    CLUSTER,
    MANAGEMENT_GROUP,
    NO_PRIVILEGE_ID,
    RESOURCE_GROUP,
    STAGING,
    assignment,
    assignments,
    body,
)
from tests.arm.conftest import Arm
from tests.estate_fixtures import SUBSCRIPTION

LEVELS = [MANAGEMENT_GROUP, SUBSCRIPTION, RESOURCE_GROUP, CLUSTER]


@pytest.mark.parametrize("scope", LEVELS)
def test_an_assignment_lives_at_every_level(arm: Arm, scope: str) -> None:
    created = arm.put(assignment(scope), body())
    assert created["id"] == assignment(scope)
    assert created["properties"]["scope"] == scope
    assert arm.get(assignment(scope)) == created
    assert "baseline" in arm.names(assignments(scope))
    assert arm.send("DELETE", assignment(scope)).status_code == 200
    assert arm.error("GET", assignment(scope))["code"] == "PolicyAssignmentNotFound"


def test_what_is_created_says_who_made_it(arm: Arm) -> None:
    created = arm.put(assignment(), body())
    assert (created["name"], created["type"]) == (
        "baseline",
        "Microsoft.Authorization/policyAssignments",
    )
    properties = created["properties"]
    assert properties["enforcementMode"] == "Default"
    assert properties["parameters"] == {"effect": {"value": "deny"}}
    assert properties["policyDefinitionId"] == BASELINE_ID
    assert properties["metadata"]["createdBy"] == "alice"
    assert properties["metadata"]["updatedBy"] is None
    assert created["systemData"]["createdBy"] == "alice"
    assert created["systemData"]["createdByType"] == "User"
    assert created["systemData"]["createdAt"].endswith("Z")


def test_every_field_comes_back_as_it_was_sent(arm: Arm) -> None:
    sent = body(
        description="For the shop",
        definitionVersion="1.*.*",
        notScopes=[CLUSTER],
        metadata={"assignedBy": "Alice"},
        enforcementMode="DoNotEnforce",
        nonComplianceMessages=[{"message": "Ask the platform team."}],
        resourceSelectors=[
            {"name": "here", "selectors": [{"kind": "resourceLocation", "in": ["westeurope"]}]}
        ],
        overrides=[{"kind": "policyEffect", "value": "audit"}],
    )
    sent |= {"location": "westeurope", "identity": {"type": "SystemAssigned"}}
    created = arm.put(assignment(), sent)
    assert (created["location"], created["identity"]) == ("westeurope", {"type": "SystemAssigned"})
    for name, value in sent["properties"].items():
        if name != "metadata":
            assert created["properties"][name] == value
    assert created["properties"]["metadata"]["assignedBy"] == "Alice"


def test_a_second_put_replaces_everything_and_keeps_who_created_it(arm: Arm, alice: User) -> None:
    first = arm.put(assignment(), body(description="first", notScopes=[CLUSTER]))
    second = arm.put(assignment(), body(effect="audit"))
    assert "description" not in second["properties"]
    assert second["properties"]["notScopes"] == []
    assert second["properties"]["instanceId"] == first["properties"]["instanceId"]
    assert second["properties"]["metadata"]["updatedBy"] == "alice"
    assert second["systemData"]["createdAt"] == first["systemData"]["createdAt"]
    assert Assignment.objects.count() == 1


def test_what_was_read_can_be_put_back(arm: Arm) -> None:
    created = arm.put(assignment(), body())
    again = arm.put(assignment(), created)
    assert again["properties"]["parameters"] == created["properties"]["parameters"]


def test_delete_answers_with_what_was_deleted_then_with_nothing(arm: Arm) -> None:
    created = arm.put(assignment(), body())
    first = arm.send("DELETE", assignment())
    assert first.status_code == 200
    assert first.json() == created
    second = arm.send("DELETE", assignment())
    assert (second.status_code, second.content) == (204, b"")


def test_lists_hold_what_is_at_above_and_below(arm: Arm) -> None:
    for scope, name in zip(LEVELS, ("group", "subscription", "rg", "cluster"), strict=True):
        arm.put(assignment(scope, name), body())
    arm.put(assignment(STAGING, "staging"), body())
    everything = ["group", "subscription", "rg", "cluster"]
    assert arm.names(assignments(RESOURCE_GROUP)) == everything
    assert arm.names(assignments(RESOURCE_GROUP), filter="atScope()") == everything[:3]
    assert arm.names(assignments(RESOURCE_GROUP), filter="atExactScope()") == ["rg"]
    assert arm.names(assignments(SUBSCRIPTION)) == [*everything, "staging"]
    assert arm.names(assignments(CLUSTER)) == everything


def test_a_list_can_be_limited_to_one_definition(arm: Arm) -> None:
    arm.put(assignment(name="initiative"), body())
    arm.put(assignment(name="policy"), body(NO_PRIVILEGE_ID))
    wanted = f"policyDefinitionId eq '{NO_PRIVILEGE_ID.upper()}'"
    assert arm.names(assignments(RESOURCE_GROUP), filter=wanted) == ["policy"]
    both = f"atExactScope() and {wanted}"
    assert arm.names(assignments(RESOURCE_GROUP), filter=both) == ["policy"]
    assert arm.names(assignments(CLUSTER), filter=both) == []


def test_expand_tells_the_latest_version_and_the_one_in_force(arm: Arm) -> None:
    arm.put(assignment(), body(definitionVersion="1.*.*"))
    both = "LatestDefinitionVersion, EffectiveDefinitionVersion"
    one = arm.get(assignment(), expand=both)["properties"]
    listed = arm.get(assignments(RESOURCE_GROUP), expand=both)["value"][0]["properties"]
    for shown in (one, listed):
        assert shown["latestDefinitionVersion"] == shown["effectiveDefinitionVersion"]
        assert shown["definitionVersion"] == "1.*.*"
    only = arm.get(assignment(), expand="LatestDefinitionVersion")["properties"]
    assert "effectiveDefinitionVersion" not in only
    assert "latestDefinitionVersion" not in arm.get(assignment())["properties"]


def test_patch_changes_what_azure_lets_it_and_nothing_else(arm: Arm) -> None:
    before = arm.put(assignment(), body(description="kept"))
    overrides = [{"kind": "policyEffect", "value": "audit"}]
    change = {"location": "northeurope", "properties": {"overrides": overrides}}
    response = arm.send("PATCH", assignment(), change)
    assert response.status_code == 200, response.content
    after = arm.get(assignment())
    assert after["location"] == "northeurope"
    assert after["properties"]["overrides"] == overrides
    for name in ("description", "parameters", "policyDefinitionId", "displayName"):
        assert after["properties"][name] == before["properties"][name]


def test_patch_of_anything_else_points_to_put(arm: Arm) -> None:
    arm.put(assignment(), body())
    change = {"properties": {"parameters": {"effect": {"value": "audit"}}}}
    error = arm.error("PATCH", assignment(), change)
    assert (error["status"], error["code"]) == (400, "InvalidRequestContent")
    assert error["target"] == "properties.parameters"
    assert "PUT" in error["message"]


def test_patch_of_a_missing_assignment_is_not_found(arm: Arm) -> None:
    error = arm.error("PATCH", assignment(name="nope"), {"location": "westeurope"})
    assert (error["status"], error["code"]) == (404, "PolicyAssignmentNotFound")
