"""Addresses as real clients write them: any letter case, doubled slashes, percent signs."""

from __future__ import annotations

import pytest

from tests.arm.addresses import PROVIDER, RESOURCE_GROUP, assignment, assignments, body
from tests.arm.conftest import Arm, error_of


@pytest.mark.parametrize(
    "spelled",
    [
        assignment().upper().replace("BASELINE", "Baseline"),
        assignment().lower(),
        f"/{assignment()}",
        f"{assignment()}/",
        assignment().replace("/providers/", "//providers//"),
        assignment().replace("baseline", "%62aseline"),
    ],
)
def test_one_assignment_is_found_however_its_address_is_spelled(arm: Arm, spelled: str) -> None:
    created = arm.put(assignment(), body())
    assert arm.get(spelled) == created


def test_a_name_may_hold_spaces_and_letters_of_any_language(arm: Arm) -> None:
    created = arm.put(assignment(name="ma%C3%9Fnahme%20eins"), body())
    assert created["name"] == "maßnahme eins"
    assert arm.names(assignments(RESOURCE_GROUP)) == ["maßnahme eins"]
    assert arm.get(assignment(name="ma%C3%9Fnahme%20eins")) == created


def test_a_cluster_may_be_written_with_an_empty_parent_path(arm: Arm) -> None:
    scope = f"{RESOURCE_GROUP}/providers/Microsoft.ContainerService//managedClusters/aks-demo"
    arm.put(assignment(scope), body())
    assert arm.names(assignments(scope)) == ["baseline"]


@pytest.mark.parametrize("name", ["a%00b", "a%0Ab", "a%2Fb"])
def test_a_name_with_a_control_character_or_a_slash_is_no_address(arm: Arm, name: str) -> None:
    assert arm.error("GET", assignment(name=name))["status"] == 404


@pytest.mark.parametrize("name", ["a%3Cb", "a%25b", "a%3Fb", "dot."])
def test_a_name_that_azure_forbids_is_refused(arm: Arm, name: str) -> None:
    error = arm.error("PUT", assignment(name=name), body())
    assert (error["status"], error["code"]) == (400, "InvalidPolicyAssignmentName")


def test_answers_can_be_traced_and_are_not_kept(arm: Arm) -> None:
    given = {
        "x-ms-correlation-request-id": "11111111-2222-3333-4444-555555555555",
        "x-ms-client-request-id": "client-1",
        "x-ms-return-client-request-id": "true",
    }
    address = f"/{PROVIDER}/policySetDefinitions?api-version=2026-06-01"
    response = arm.client.get(address, headers=given)
    assert response["Content-Type"] == "application/json; charset=utf-8"
    assert response["x-ms-correlation-request-id"] == given["x-ms-correlation-request-id"]
    assert response["x-ms-client-request-id"] == "client-1"
    assert response["x-ms-request-id"] == response["X-Request-Id"]
    assert (response["Cache-Control"], response["Expires"]) == ("no-cache", "-1")


def test_a_correlation_id_that_is_none_is_not_echoed(arm: Arm) -> None:
    address = f"/{PROVIDER}/policySetDefinitions?api-version=2026-06-01"
    response = arm.client.get(address, headers={"x-ms-correlation-request-id": "<b>hello</b>"})
    assert response["x-ms-correlation-request-id"] == response["x-ms-request-id"]


def test_a_404_is_not_stored_anywhere(arm: Arm) -> None:
    response = arm.send("GET", assignment(name="nope"))
    assert error_of(response)["status"] == 404
    assert response["Cache-Control"] == "no-store, no-cache"


def test_the_answer_is_json_whatever_the_caller_accepts(arm: Arm) -> None:
    address = f"/{PROVIDER}/policySetDefinitions?api-version=2026-06-01"
    response = arm.client.get(address, headers={"Accept": "text/html,application/xml"})
    assert response.status_code == 200
    assert response["Content-Type"].startswith("application/json")
