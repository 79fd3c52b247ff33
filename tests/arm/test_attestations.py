"""Attestations: people's word about policies that no machine judges, and about no others."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from policy_app.models import Cluster
from tests.arm.addresses import (
    CLUSTER,
    RESOURCE_GROUP,
    STAGING,
    assignment,
    body,
    definitions,
)
from tests.arm.conftest import Arm
from tests.arm.test_policy_insights import query
from tests.estate_fixtures import SUBSCRIPTION
from tests.services.authoring.bodies import policy

INSIGHTS = "providers/Microsoft.PolicyInsights"


def attestation(scope: str = RESOURCE_GROUP, name: str = "reviewed") -> str:
    """One attestation."""
    return f"{scope}/{INSIGHTS}/attestations/{name}"


def said(**properties: Any) -> dict[str, Any]:
    """What somebody says."""
    return {"properties": {"policyAssignmentId": assignment(SUBSCRIPTION, "people"), **properties}}


@pytest.fixture
def manual(arm: Arm) -> None:
    """A custom policy about resource groups that people judge, assigned at the subscription."""
    rule = {
        "if": {"field": "type", "equals": "Microsoft.Resources/subscriptions/resourceGroups"},
        "then": {"effect": "Manual", "details": {"defaultState": "Unknown"}},
    }
    properties = {
        "displayName": "Backups are tried out",
        "mode": "All",
        "policyRule": rule,
    }
    arm.put(definitions(SUBSCRIPTION, "people"), {"properties": properties})
    sent = {"properties": {"policyDefinitionId": definitions(SUBSCRIPTION, "people")}}
    arm.put(assignment(SUBSCRIPTION, "people"), sent)


def states(arm: Arm, place: str = SUBSCRIPTION) -> list[tuple[str, str]]:
    """Resource and state of each record of the policy."""
    found = query(arm, place, filter="policyAssignmentName eq 'people'")["value"]
    return [(str(one["resourceId"]), str(one["complianceState"])) for one in found]


def test_what_is_attested_is_a_state_until_it_expires_or_is_deleted(manual: None, arm: Arm) -> None:
    full = said(
        complianceState="compliant",
        owner="55a32e28-3aa5-4eea-9b5a-4cd85153b966",
        comments="Restored on Monday.",
        evidence=[{"description": "The log", "sourceUri": "https://example.test/log"}],
        assessmentDate="2026-06-10T00:00:00Z",
        expiresOn="2099-01-01T00:00:00Z",
        metadata={"ticket": 7},
    )
    made = arm.put(attestation(), full)
    properties = made["properties"]
    assert made["id"] == attestation()
    assert made["type"] == "Microsoft.PolicyInsights/attestations"
    assert (properties["complianceState"], properties["provisioningState"]) == (
        "Compliant",
        "Succeeded",
    )
    assert properties["evidence"] == full["properties"]["evidence"]
    assert states(arm) == [(RESOURCE_GROUP.lower(), "Compliant")]
    assert states(arm, STAGING) == []
    (record,) = query(arm, RESOURCE_GROUP)["value"]
    assert record["policyDefinitionAction"] == "manual"
    assert record["resourceType"] == "Microsoft.Resources/subscriptions/resourceGroups"
    again = arm.send("PUT", attestation(), said(complianceState="NonCompliant"))
    assert again.status_code == 200
    assert states(arm) == [(RESOURCE_GROUP.lower(), "NonCompliant")]
    arm.send("PUT", attestation(), said(complianceState="Compliant", expiresOn="2020-01-01"))
    assert states(arm) == []
    arm.send("PUT", attestation(), said(complianceState="Compliant"))
    assert arm.send("DELETE", attestation()).status_code == 200
    assert arm.send("DELETE", attestation()).status_code == 204
    assert states(arm) == []
    assert arm.error("GET", attestation())["code"] == "AttestationNotFound"


def test_many_attestations_of_a_policy_need_no_more_queries_than_one(
    manual: None, arm: Arm
) -> None:
    def needed() -> int:
        with CaptureQueriesContext(connection) as captured:
            states(arm)
        return len(captured)

    arm.put(attestation(), said(complianceState="Compliant"))
    needed()  # what is kept from now on is read once
    one = needed()
    for number in range(3):
        arm.put(attestation(name=f"more-{number}"), said(complianceState="Compliant"))
    assert len(states(arm)) == 4
    assert needed() == one


def test_a_state_is_gone_with_the_assignment(manual: None, arm: Arm) -> None:
    arm.put(attestation(), said(complianceState="Compliant"))
    assert arm.send("DELETE", assignment(SUBSCRIPTION, "people")).status_code == 200
    assert states(arm) == []
    assert arm.get(attestation())["properties"]["complianceState"] == "Compliant"


def test_lists_are_filtered_and_paged(manual: None, arm: Arm) -> None:
    arm.put(attestation(), said(complianceState="Compliant"))
    arm.put(attestation(STAGING, "other"), said(complianceState="NonCompliant", owner="bob"))
    every = f"{SUBSCRIPTION}/{INSIGHTS}/attestations"
    assert arm.names(every) == ["reviewed", "other"]
    assert arm.names(every, filter="complianceState eq 'NonCompliant'") == ["other"]
    assert arm.names(f"{STAGING}/{INSIGHTS}/attestations") == ["other"]
    first = arm.get(every, top="1")
    assert [one["name"] for one in first["value"]] == ["reviewed"]
    assert [one["name"] for one in arm.follow(first["nextLink"])["value"]] == ["other"]


def test_nobody_attests_what_machines_judge(arm: Arm, aks_demo: Cluster) -> None:
    arm.put(assignment(), body())
    sent = {
        "policyAssignmentId": assignment(),
        "policyDefinitionReferenceId": "NoPrivilegedContainers",
        "complianceState": "Compliant",
    }
    initiative = arm.error("PUT", attestation(CLUSTER), {"properties": sent})
    assert (initiative["status"], initiative["code"]) == (400, "InvalidCreateAttestationRequest")
    assert initiative["target"] == "properties.policyDefinitionReferenceId"
    assert "has the effect Deny, and not Manual" in initiative["message"]
    del sent["policyDefinitionReferenceId"]
    unnamed = arm.error("PUT", attestation(CLUSTER), {"properties": sent})
    assert "'policyDefinitionReferenceId' is missing" in unnamed["message"]


def test_a_kubernetes_policy_cannot_be_manual(arm: Arm) -> None:
    body = policy(parameters={"label": {"type": "String", "defaultValue": "team"}})
    body["properties"]["policyRule"]["then"]["effect"] = "manual"
    error = arm.error("PUT", definitions(SUBSCRIPTION, "own"), body)
    assert error["status"] == 400
    assert "The effect Manual is not for the mode Microsoft.Kubernetes.Data" in error["message"]


@pytest.mark.parametrize("scope", [SUBSCRIPTION, CLUSTER])
def test_what_the_policy_is_not_about_cannot_be_attested(
    manual: None, arm: Arm, scope: str
) -> None:
    error = arm.error("PUT", attestation(scope), said(complianceState="Compliant"))
    assert error["code"] == "InvalidCreateAttestationRequest"
    assert "No compliance data was found" in error["message"]


@pytest.mark.parametrize(
    ("properties", "code", "target"),
    [
        ({"complianceState": "Fine"}, "InvalidRequestContent", "properties.complianceState"),
        ({"owner": "x" * 255}, "InvalidRequestContent", "properties.owner"),
        ({"expiresOn": "soon"}, "InvalidRequestContent", "properties.expiresOn"),
        ({"evidence": ["log"]}, "InvalidRequestContent", "properties.evidence[0]"),
        ({"evidence": [{"sourceUri": 7}]}, "InvalidRequestContent", None),
        (
            {"policyAssignmentId": assignment(name="none")},
            "PolicyAssignmentNotFound",
            "properties.policyAssignmentId",
        ),
    ],
)
def test_what_is_wrong_is_named(
    manual: None, arm: Arm, properties: dict[str, Any], code: str, target: str | None
) -> None:
    error = arm.error("PUT", attestation(), said(**properties))
    assert error["code"] == code
    assert error["target"] == (target or "properties.evidence[0].sourceUri")
