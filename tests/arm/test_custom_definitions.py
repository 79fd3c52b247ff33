"""Custom definitions and sets through REST: put, get, list and delete, with their versions."""

from __future__ import annotations

from typing import Any

import pytest

from policy_app.models import Definition
from tests.arm.addresses import MANAGEMENT_GROUP, PROVIDER, assignment, definitions, initiatives
from tests.arm.addresses import body as assigned
from tests.arm.conftest import Arm
from tests.estate_fixtures import BASELINE, SUBSCRIPTION
from tests.services.authoring.bodies import TEMPLATE, encoded, initiative, member, policy

OWN = definitions(SUBSCRIPTION, "own")
SET = initiatives(SUBSCRIPTION, "set")


def test_a_policy_is_made_read_saved_again_and_deleted(arm: Arm) -> None:
    created = arm.put(OWN, policy())
    assert (created["id"], created["name"]) == (OWN, "own")
    assert created["type"] == "Microsoft.Authorization/policyDefinitions"
    assert created["properties"]["version"] == "1.0.0"
    assert created["properties"]["versions"] == ["1.0.0"]
    assert created["systemData"]["createdBy"] == "alice"
    assert arm.get(OWN) == created
    again = arm.put(OWN, policy(description="More."))
    assert again["properties"]["versions"] == ["1.0.1", "1.0.0"]
    assert arm.send("DELETE", OWN).status_code == 200
    assert arm.send("DELETE", OWN).status_code == 204
    assert arm.error("GET", OWN)["code"] == "PolicyDefinitionNotFound"


def test_what_was_read_can_be_put_back_and_changes_nothing(arm: Arm) -> None:
    arm.put(OWN, policy())
    read = arm.get(OWN)
    assert arm.put(OWN, read) == read
    arm.put(SET, initiative(member(OWN)))
    read = arm.get(SET, expand="LatestDefinitionVersion,EffectiveDefinitionVersion")
    response = arm.send("PUT", SET, read)
    assert response.status_code == 200
    assert response.json() == arm.get(SET)


def test_a_set_is_201_when_it_is_new_and_200_after(arm: Arm) -> None:
    arm.put(OWN, policy())
    body = initiative(member(OWN))
    assert arm.send("PUT", SET, body).status_code == 201
    assert arm.send("PUT", SET, body).status_code == 200
    found = arm.get(SET)
    assert found["properties"]["policyDefinitions"][0]["policyDefinitionId"] == OWN
    assert arm.send("DELETE", SET).status_code == 200
    assert arm.send("DELETE", SET).status_code == 204


def test_a_set_without_a_title_is_called_by_its_name(arm: Arm) -> None:
    arm.put(OWN, policy())
    body = initiative(member(OWN))
    del body["properties"]["displayName"]
    assert arm.send("PUT", SET, body).status_code == 201
    assert "displayName" not in arm.get(SET)["properties"]
    assert str(Definition.objects.get(name="set")) == "set"


def test_a_definition_at_a_group_is_seen_below_it_and_has_its_own_address(arm: Arm) -> None:
    path = definitions(MANAGEMENT_GROUP, "wide")
    arm.put(path, policy())
    assert "wide" in arm.names(definitions(SUBSCRIPTION), filter="policyType eq 'Custom'")
    assert "wide" not in arm.names(definitions(SUBSCRIPTION), filter="atExactScope()")
    assert arm.error("GET", definitions(SUBSCRIPTION, "wide"))["status"] == 404
    arm.put(OWN, policy())
    assert "own" not in arm.names(definitions(MANAGEMENT_GROUP))


def test_versions_have_addresses_of_their_own(arm: Arm) -> None:
    arm.put(OWN, policy())
    path = f"{OWN}/versions"
    response = arm.send("PUT", f"{path}/1.5.0", policy(displayName="Later"))
    assert response.status_code == 201
    assert response.json()["id"] == f"{path}/1.5.0"
    assert response.json()["properties"]["version"] == "1.5.0"
    again = arm.send("PUT", f"{path}/1.5.0", response.json())
    assert (again.status_code, again.json()) == (200, response.json())
    assert arm.names(path) == ["1.0.0", "1.5.0"]
    assert arm.get(OWN)["properties"]["displayName"] == "Later"
    assert arm.send("DELETE", f"{path}/1.5.0").status_code == 200
    assert arm.send("DELETE", f"{path}/1.5.0").status_code == 204
    assert arm.get(OWN)["properties"]["displayName"] == "Pods carry a label"
    assert (
        arm.send("DELETE", f"{definitions(SUBSCRIPTION, 'no')}/versions/1.0.0").status_code == 204
    )


def test_versions_of_a_set_have_addresses_too(arm: Arm) -> None:
    arm.put(OWN, policy())
    arm.put(SET, initiative(member(OWN)))
    two = initiative(member(OWN), member(OWN, "again"))
    assert arm.send("PUT", f"{SET}/versions/1.1.0", two).status_code == 201
    assert arm.names(f"{SET}/versions") == ["1.0.0", "1.1.0"]
    assert len(arm.get(SET)["properties"]["policyDefinitions"]) == 2
    assert arm.send("DELETE", f"{SET}/versions/1.1.0").status_code == 200


@pytest.mark.parametrize(
    ("change", "code", "target"),
    [
        ({"policyRule": None}, "InvalidPolicyRule", "properties.policyRule"),
        ({"policyRule": {"if": {}}}, "InvalidPolicyRule", "properties.policyRule.then"),
        ({"policyRul": {}}, "InvalidRequestContent", "properties.policyRul"),
        ({"policyType": "BuiltIn"}, "InvalidRequestContent", "properties.policyType"),
        ({"displayName": "x" * 129}, "InvalidRequestContent", "properties.displayName"),
        ({"displayName": 7}, "InvalidRequestContent", "properties.displayName"),
        ({"version": "1.*.*"}, "InvalidPolicyDefinitionVersion", "properties.version"),
        (
            {"parameters": {"effect": {"type": "Word"}}},
            "InvalidPolicyParameters",
            "properties.parameters.effect.type",
        ),
        (
            {"externalEvaluationEnforcementSettings": {"missingTokenAction": "deny"}},
            "NotImplemented",
            "properties.externalEvaluationEnforcementSettings",
        ),
    ],
)
def test_a_body_that_breaks_a_rule_names_the_field(
    arm: Arm, change: dict[str, Any], code: str, target: str
) -> None:
    error = arm.error("PUT", OWN, policy(**change))
    assert (error["code"], error["target"]) == (code, target)
    assert error["status"] == (501 if code == "NotImplemented" else 400)
    assert not Definition.objects.filter(name="own").exists()


def test_rego_that_does_not_compile_is_refused_at_its_line(arm: Arm) -> None:
    body = policy()
    info = body["properties"]["policyRule"]["then"]["details"]["templateInfo"]
    info["content"] = encoded(TEMPLATE.replace("msg := sprintf", "msg := sprint"))
    error = arm.error("PUT", OWN, body)
    assert error["code"] == "InvalidPolicyRule"
    assert error["target"] == "properties.policyRule.then.details.templateInfo.content"
    assert "line 24, column 18" in error["message"]


def test_the_body_must_be_what_the_address_says(arm: Arm) -> None:
    for field, value in (("name", "other"), ("type", "Microsoft.Authorization/policyAssignments")):
        error = arm.error("PUT", OWN, policy() | {field: value})
        assert (error["code"], error["target"]) == ("InvalidRequestContent", field)
    error = arm.error("PUT", f"{OWN}/versions/1.0.0", policy(version="2.0.0"))
    assert error["target"] == "properties.version"


def test_the_flat_form_of_az_is_no_body(arm: Arm) -> None:
    error = arm.error("PUT", OWN, policy()["properties"])
    assert (error["code"], error["target"]) == ("InvalidRequestContent", "properties")


@pytest.mark.parametrize("name", ["a%3Cb", "dot.", "x" * 65])
def test_a_name_that_azure_forbids_is_refused(arm: Arm, name: str) -> None:
    error = arm.error("PUT", definitions(SUBSCRIPTION, name), policy())
    assert (error["status"], error["code"]) == (400, "InvalidPolicyDefinitionName")
    error = arm.error("PUT", initiatives(SUBSCRIPTION, name), initiative(member(OWN)))
    assert error["code"] == "InvalidPolicySetDefinitionName"


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_nobody_changes_what_is_built_in(arm: Arm, method: str) -> None:
    for path in (initiatives(name=BASELINE), f"{initiatives(name=BASELINE)}/versions/1.0.0"):
        error = arm.error(method, path, initiative())
        assert (error["status"], error["code"]) == (405, "HttpMethodNotSupported")


def test_what_is_used_is_not_deleted(arm: Arm) -> None:
    arm.put(OWN, policy())
    arm.put(SET, initiative(member(OWN)))
    error = arm.error("DELETE", OWN)
    assert (error["status"], error["code"]) == (400, "InvalidDeletePolicyDefinitionRequest")
    assert SET in error["message"]
    arm.put(assignment(), assigned(SET, effect="Deny"))
    error = arm.error("DELETE", SET)
    assert (error["status"], error["code"]) == (400, "InvalidDeletePolicySetDefinitionRequest")
    assert assignment() in error["message"]
    for path in (assignment(), SET, OWN):
        assert arm.send("DELETE", path).status_code == 200


def test_all_versions_at_a_scope_have_the_custom_ones(arm: Arm) -> None:
    arm.put(OWN, policy())
    response: Any = arm.send("POST", f"{SUBSCRIPTION}/{PROVIDER}/listPolicyDefinitionVersions")
    assert f"{OWN}/versions/1.0.0" in [one["id"] for one in response.json()["value"]]
