"""Exemptions through REST: create, read, replace, change, list, delete."""

from __future__ import annotations

from typing import Any

import pytest

from policy_app.models import Exemption
from tests.arm.addresses import (
    CLUSTER,
    MANAGEMENT_GROUP,
    PROVIDER,
    RESOURCE_GROUP,
    STAGING,
    assignment,
    body,
)
from tests.arm.conftest import Arm
from tests.estate_fixtures import SUBSCRIPTION

LEVELS = [MANAGEMENT_GROUP, SUBSCRIPTION, RESOURCE_GROUP, CLUSTER]
PREVIEW = {"api-version": "2022-07-01-preview"}


def exemptions(scope: str = RESOURCE_GROUP) -> str:
    """The list of exemptions around a scope."""
    return f"{scope}/{PROVIDER}/policyExemptions"


def exemption(scope: str = RESOURCE_GROUP, name: str = "move") -> str:
    """One exemption."""
    return f"{exemptions(scope)}/{name}"


def waiver(**more: Any) -> dict[str, Any]:
    """A PUT body; keywords are further properties."""
    usual = {"policyAssignmentId": assignment(MANAGEMENT_GROUP), "exemptionCategory": "Waiver"}
    return {"properties": usual | more}


@pytest.fixture
def arm(arm: Arm) -> Arm:
    """The caller, with an assignment at the management group."""
    arm.put(assignment(MANAGEMENT_GROUP), body())
    return arm


@pytest.mark.parametrize("scope", LEVELS)
def test_an_exemption_lives_at_every_level(arm: Arm, scope: str) -> None:
    created = arm.put(exemption(scope), waiver())
    assert created["id"] == exemption(scope)
    assert (created["name"], created["type"]) == (
        "move",
        "Microsoft.Authorization/policyExemptions",
    )
    assert created["systemData"]["createdBy"] == "alice"
    assert arm.get(exemption(scope)) == created
    assert arm.names(exemptions(scope)) == ["move"]
    deleted = arm.send("DELETE", exemption(scope), query=PREVIEW)
    assert (deleted.status_code, deleted.content) == (200, b"")
    assert arm.send("DELETE", exemption(scope)).status_code == 204
    error = arm.error("GET", exemption(scope))
    assert (error["status"], error["code"]) == (404, "PolicyExemptionNotFound")


def test_every_field_comes_back_as_it_was_sent(arm: Arm) -> None:
    sent = waiver(
        exemptionCategory="Mitigated",
        policyDefinitionReferenceIds=["NoPrivilegedContainers"],
        expiresOn="2030-01-01T00:00:00Z",
        displayName="Until the move",
        description="Agreed.",
        metadata={"ticket": 7},
        resourceSelectors=[
            {"name": "here", "selectors": [{"kind": "resourceLocation", "in": ["westeurope"]}]}
        ],
        assignmentScopeValidation="DoNotValidate",
        exemptionManagementMode="UserSelfServe",
    )
    created = arm.put(exemption(), sent)
    assert created["properties"] == sent["properties"]
    again = arm.send("PUT", exemption(), created)
    assert again.status_code == 200
    assert again.json()["properties"] == sent["properties"]


def test_patch_changes_what_it_may_and_keeps_the_rest(arm: Arm) -> None:
    arm.put(exemption(), waiver(displayName="Move"))
    patch = {"properties": {"assignmentScopeValidation": "DoNotValidate"}}
    response = arm.send("PATCH", exemption(), patch)
    assert response.status_code == 200
    properties = response.json()["properties"]
    assert (properties["displayName"], properties["assignmentScopeValidation"]) == (
        "Move",
        "DoNotValidate",
    )
    error = arm.error("PATCH", exemption(), {"properties": {"expiresOn": "2030-01-01"}})
    assert error["target"] == "properties.expiresOn"
    assert "Use PUT for the rest" in error["message"]
    assert arm.error("PATCH", exemption(name="gone"), patch)["code"] == "PolicyExemptionNotFound"


def test_lists_are_filtered(arm: Arm) -> None:
    other = arm.put(assignment(name="other"), body())["id"]
    arm.put(exemption(MANAGEMENT_GROUP, "above"), waiver())
    arm.put(exemption(name="old"), waiver(expiresOn="2020-01-01T00:00:00Z"))
    arm.put(exemption(CLUSTER, "below"), waiver(policyAssignmentId=other))
    arm.put(exemption(STAGING, "beside"), waiver())
    found = {
        text: arm.names(exemptions(), filter=text)
        for text in (
            "atScope()",
            "atExactScope()",
            "excludeExpired()",
            "atScope() and excludeExpired()",
            f"policyAssignmentId eq '{other}'",
        )
    }
    assert found == {
        "atScope()": ["above", "old"],
        "atExactScope()": ["old"],
        "excludeExpired()": ["above", "below"],
        "atScope() and excludeExpired()": ["above"],
        f"policyAssignmentId eq '{other}'": ["below"],
    }
    assert arm.names(exemptions()) == ["above", "old", "below"]


def test_only_exemptions_expire(arm: Arm) -> None:
    path = f"{RESOURCE_GROUP}/{PROVIDER}/policyAssignments"
    error = arm.error("GET", path, query={"$filter": "excludeExpired()"})
    assert error["code"] == "InvalidFilterInQueryString"


@pytest.mark.parametrize(
    ("sent", "code", "target"),
    [
        ([], "InvalidRequestContent", None),
        ({}, "InvalidRequestContent", None),
        ({"properties": []}, "InvalidRequestContent", "properties"),
        (waiver(expiresOn="soon"), "InvalidRequestContent", "properties.expiresOn"),
        (waiver(expiresOn=""), "InvalidRequestContent", "properties.expiresOn"),
        (
            waiver(policyAssignmentId="/x"),
            "PolicyAssignmentNotFound",
            "properties.policyAssignmentId",
        ),
        (waiver() | {"name": "other"}, "InvalidRequestContent", "name"),
        (waiver() | {"id": "/x"}, "InvalidRequestContent", "id"),
    ],
)
def test_what_cannot_be_stored_is_refused(
    arm: Arm, sent: Any, code: str, target: str | None
) -> None:
    error = arm.error("PUT", exemption(), sent)
    assert (error["code"], error.get("target")) == (code, target)
    assert not Exemption.objects.exists()
