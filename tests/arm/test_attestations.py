"""Attestations: people's word about policies that no machine judges, and about no others."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from policy_app.catalog.storing import fingerprint
from policy_app.models import Cluster, DefinitionVersion
from tests.arm.addresses import (
    CLUSTER,
    NO_PRIVILEGE_ID,
    RESOURCE_GROUP,
    STAGING,
    assignment,
    body,
    definitions,
    initiatives,
)
from tests.arm.conftest import Arm
from tests.arm.test_policy_insights import query
from tests.estate_fixtures import SUBSCRIPTION
from tests.services.authoring.bodies import initiative, member, policy

INSIGHTS = "providers/Microsoft.PolicyInsights"


def attestation(scope: str = RESOURCE_GROUP, name: str = "reviewed") -> str:
    """One attestation."""
    return f"{scope}/{INSIGHTS}/attestations/{name}"


def said(**properties: Any) -> dict[str, Any]:
    """What somebody says."""
    return {"properties": {"policyAssignmentId": assignment(SUBSCRIPTION, "people"), **properties}}


NOBODY = (RESOURCE_GROUP.lower(), "Unknown")
OTHER = (STAGING.lower(), "Unknown")
"""What a resource group is that nobody has attested."""
PEOPLE = assignment(SUBSCRIPTION, "people")
ELSEWHERE = f"{STAGING}/providers/Microsoft.ContainerService/managedClusters/aks-staging"
GROUPS = {"field": "type", "equals": "Microsoft.Resources/subscriptions/resourceGroups"}


@pytest.fixture
def manual(arm: Arm) -> None:
    """A custom policy about resource groups that people judge, assigned at the subscription."""
    assign_people(arm, {"defaultState": "Unknown"})


def assign_people(
    arm: Arm,
    details: dict[str, Any],
    mode: str = "All",
    condition: dict[str, Any] = GROUPS,
    **more: Any,
) -> None:
    """A policy that people judge, assigned at the subscription."""
    properties = {
        "displayName": "Backups are tried out",
        "mode": mode,
        "policyRule": {"if": condition, "then": {"effect": "Manual", "details": details}},
        **more,
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
    assert states(arm) == [OTHER, (RESOURCE_GROUP.lower(), "Compliant")]
    assert states(arm, STAGING) == [OTHER]
    (record,) = query(arm, RESOURCE_GROUP)["value"]
    assert record["policyDefinitionAction"] == "manual"
    assert record["resourceType"] == "Microsoft.Resources/subscriptions/resourceGroups"
    again = arm.send("PUT", attestation(), said(complianceState="NonCompliant"))
    assert again.status_code == 200
    assert states(arm) == [(RESOURCE_GROUP.lower(), "NonCompliant"), OTHER]
    arm.send("PUT", attestation(), said(complianceState="Compliant", expiresOn="2020-01-01"))
    assert states(arm, RESOURCE_GROUP) == [NOBODY]
    arm.send("PUT", attestation(), said(complianceState="Compliant"))
    assert arm.send("DELETE", attestation()).status_code == 200
    assert arm.send("DELETE", attestation()).status_code == 204
    assert states(arm) == [NOBODY, OTHER]
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
    arm.put(attestation(STAGING), said(complianceState="Compliant"))
    for number in range(3):
        arm.put(attestation(name=f"more-{number}"), said(complianceState="NonCompliant"))
    assert needed() == one


def test_of_several_who_attest_one_resource_the_newest_counts_that_stands(
    manual: None, arm: Arm
) -> None:
    arm.put(attestation(name="first"), said(complianceState="Compliant"))
    arm.put(attestation(name="second"), said(complianceState="NonCompliant"))
    over = said(complianceState="Unknown", expiresOn="2020-01-01")
    arm.put(attestation(name="third"), over)
    assert states(arm, RESOURCE_GROUP) == [(RESOURCE_GROUP.lower(), "NonCompliant")]
    arm.send("PUT", attestation(name="first"), said(complianceState="Compliant"))
    assert states(arm, RESOURCE_GROUP) == [(RESOURCE_GROUP.lower(), "Compliant")]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("Compliant", "Compliant"),
        ("noncompliant", "NonCompliant"),
        ("[parameters('until')]", "NonCompliant"),
        (None, "Unknown"),
        ("Fine", "Unknown"),
    ],
)
def test_until_somebody_attests_it_is_what_the_policy_takes_for_so(
    arm: Arm, given: str | None, expected: str
) -> None:
    details = {} if given is None else {"defaultState": given}
    until = {"until": {"type": "String", "defaultValue": "NonCompliant"}}
    assign_people(arm, details, parameters=until if "[" in (given or "") else {})
    assert states(arm, RESOURCE_GROUP) == [(RESOURCE_GROUP.lower(), expected)]
    arm.put(attestation(), said(complianceState="Unknown"))
    assert states(arm, RESOURCE_GROUP) == [(RESOURCE_GROUP.lower(), "Unknown")]


def test_what_is_exempt_excluded_or_not_chosen_is_nobodys_to_attest(manual: None, arm: Arm) -> None:
    waived = {"policyAssignmentId": PEOPLE, "exemptionCategory": "Waiver"}
    exemption = f"{RESOURCE_GROUP}/providers/Microsoft.Authorization/policyExemptions/out"
    arm.put(exemption, {"properties": waived})
    arm.put(attestation(), said(complianceState="NonCompliant"))
    assert states(arm, RESOURCE_GROUP) == [(RESOURCE_GROUP.lower(), "Exempt")]
    arm.send("DELETE", exemption)
    assert states(arm, RESOURCE_GROUP) == [(RESOURCE_GROUP.lower(), "NonCompliant")]
    definition = {"policyDefinitionId": definitions(SUBSCRIPTION, "people")}
    arm.put(PEOPLE, {"properties": definition | {"notScopes": [RESOURCE_GROUP]}})
    assert states(arm) == [OTHER]
    elsewhere = {"kind": "resourceLocation", "in": ["northpole"]}
    selectors = [{"name": "there", "selectors": [elsewhere]}]
    arm.put(PEOPLE, {"properties": definition | {"resourceSelectors": selectors}})
    assert states(arm) == []


def test_the_mode_indexed_is_about_clusters_and_not_what_they_are_in(arm: Arm) -> None:
    assign_people(arm, {}, mode="Indexed", condition={"field": "location", "exists": True})
    assert {one for one, _ in states(arm)} == {one.lower() for one in (CLUSTER, ELSEWHERE)}
    assert {one for one, _ in states(arm, CLUSTER)} == {CLUSTER.lower()}
    arm.put(attestation(CLUSTER), said(complianceState="Compliant"))
    assert arm.error("PUT", attestation(), said())["code"] == "InvalidCreateAttestationRequest"


def test_what_a_rule_asks_that_nobody_knows_here_makes_no_record_until_somebody_attests(
    manual: None, arm: Arm
) -> None:
    """Imported policies ask for aliases, which custom ones are refused for."""
    unknown = {"field": "Microsoft.Storage/storageAccounts/sku.name", "equals": "Standard_LRS"}
    asks(GROUPS, unknown)
    assert states(arm) == []
    arm.put(attestation(), said(complianceState="Compliant"))
    assert states(arm) == [(RESOURCE_GROUP.lower(), "Compliant")]
    asks({"field": "type", "equals": "Microsoft.Storage/storageAccounts"}, unknown)
    assert states(arm) == []
    assert arm.error("PUT", attestation(STAGING), said())["code"] == (
        "InvalidCreateAttestationRequest"
    )


def asks(*parts: dict[str, Any]) -> None:
    """Have the stored policy's rule ask all of these."""
    row = DefinitionVersion.objects.get(definition__name="people")
    then = row.body["policyRule"]["then"]
    row.body = {**row.body, "policyRule": {"if": {"allOf": list(parts)}, "then": then}}
    row.fingerprint = fingerprint(row.body)
    row.save()


def test_a_summary_counts_unknown_beside_the_others(manual: None, arm: Arm) -> None:
    def details() -> dict[str, dict[str, int]]:
        path = f"{SUBSCRIPTION}/{INSIGHTS}/policyStates/latest/summarize"
        (one,) = arm.send("POST", path).json()["value"]
        (each,) = one["policyAssignments"]
        assert each["policyAssignmentId"] == PEOPLE.lower()
        results = each["results"]
        assert results["nonCompliantResources"] == one["results"]["nonCompliantResources"]
        return {
            name: {state["complianceState"]: state["count"] for state in results[name]}
            for name in ("resourceDetails", "policyDetails")
        }

    assert details() == {"resourceDetails": {"unknown": 2}, "policyDetails": {"unknown": 1}}
    arm.put(attestation(), said(complianceState="Compliant"))
    assert details() == {
        "resourceDetails": {"compliant": 1, "unknown": 1},
        "policyDetails": {"compliant": 1},
    }
    arm.put(attestation(STAGING), said(complianceState="NonCompliant"))
    assert details() == {
        "resourceDetails": {"compliant": 1, "noncompliant": 1},
        "policyDetails": {"noncompliant": 1},
    }


def test_a_member_of_an_initiative_has_its_record_and_the_others_have_none(arm: Arm) -> None:
    assign_people(arm, {})
    people = member(definitions(SUBSCRIPTION, "people"), "byHand", parameters={})
    path = initiatives(SUBSCRIPTION, "both")
    arm.put(path, initiative(people, member(NO_PRIVILEGE_ID, "judged")))
    arm.put(assignment(SUBSCRIPTION, "both"), {"properties": {"policyDefinitionId": path}})
    (found,) = query(arm, RESOURCE_GROUP, filter="policyAssignmentName eq 'both'")["value"]
    assert found["policyDefinitionReferenceId"] == "byhand"
    assert found["policySetDefinitionId"] == path.lower()
    assert found["complianceState"] == "Unknown"


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
