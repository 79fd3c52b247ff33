"""Definitions and set definitions through REST: get and list, with their versions."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from policy_app.models import Definition
from tests.arm.addresses import (
    BASELINE_ID,
    MANAGEMENT_GROUP,
    NO_PRIVILEGE,
    NO_PRIVILEGE_ID,
    PROVIDER,
    definitions,
    initiatives,
)
from tests.arm.conftest import Arm
from tests.estate_fixtures import BASELINE, RESTRICTED, SUBSCRIPTION


def test_a_built_in_definition_is_read_whole(arm: Arm) -> None:
    found = arm.get(definitions(name=NO_PRIVILEGE))
    assert found["id"] == NO_PRIVILEGE_ID
    assert found["type"] == "Microsoft.Authorization/policyDefinitions"
    properties = found["properties"]
    assert properties["policyType"] == "BuiltIn"
    assert properties["mode"] == "Microsoft.Kubernetes.Data"
    assert properties["parameters"]["effect"]["allowedValues"]
    assert properties["policyRule"]["then"]["details"]["templateInfo"]["sourceType"] == "PublicURL"
    assert properties["version"] == properties["versions"][0]


def test_an_initiative_is_read_with_its_members(arm: Arm) -> None:
    found = arm.get(initiatives(name=BASELINE))
    assert found["id"] == BASELINE_ID
    assert found["type"] == "Microsoft.Authorization/policySetDefinitions"
    members = found["properties"]["policyDefinitions"]
    assert NO_PRIVILEGE_ID in [one["policyDefinitionId"] for one in members]
    assert "effectiveDefinitionVersion" not in members[0]


def test_expand_tells_which_versions_the_members_pin(arm: Arm) -> None:
    found = arm.get(
        initiatives(name=BASELINE), expand="LatestDefinitionVersion,EffectiveDefinitionVersion"
    )
    for one in found["properties"]["policyDefinitions"]:
        major = one["definitionVersion"].partition(".")[0]
        assert one["effectiveDefinitionVersion"].startswith(f"{major}.")
        assert one["latestDefinitionVersion"]
    listed = arm.get(initiatives(), expand="EffectiveDefinitionVersion")["value"]
    for initiative in listed:
        for one in initiative["properties"]["policyDefinitions"]:
            assert "effectiveDefinitionVersion" in one
            assert "latestDefinitionVersion" not in one


def test_the_tenant_lists_built_ins_only(arm: Arm, custom: Definition) -> None:
    assert {BASELINE, RESTRICTED} <= set(arm.names(initiatives()))
    names = arm.names(definitions())
    assert NO_PRIVILEGE in names
    assert custom.name not in names


@pytest.mark.parametrize(("scope", "visible"), [(SUBSCRIPTION, True), (MANAGEMENT_GROUP, False)])
def test_a_scope_lists_built_ins_and_what_is_defined_at_or_above_it(
    arm: Arm, custom: Definition, scope: str, visible: bool
) -> None:
    names = arm.names(definitions(scope))
    assert NO_PRIVILEGE in names
    assert (custom.name in names) is visible


def test_an_address_at_a_scope_has_only_what_is_defined_there(arm: Arm, custom: Definition) -> None:
    assert arm.get(definitions(SUBSCRIPTION, custom.name))["name"] == custom.name
    for path in (
        definitions(SUBSCRIPTION, NO_PRIVILEGE),
        definitions(MANAGEMENT_GROUP, "own-rule"),
    ):
        error = arm.error("GET", path)
        assert (error["status"], error["code"]) == (404, "PolicyDefinitionNotFound")


@pytest.mark.parametrize(
    ("wanted", "built_in", "own"),
    [
        ("policyType eq 'BuiltIn'", True, False),
        ("policyType -eq Custom", False, True),
        ("policytype EQ 'custom'", False, True),
        ("category eq 'Kubernetes'", True, False),
        ("category eq 'own' and policyType eq 'Custom'", False, True),
        ("category eq 'Own' and policyType eq 'BuiltIn'", False, False),
        ("atExactScope()", False, True),
        ("", True, True),
    ],
)
def test_lists_are_filtered(
    arm: Arm, custom: Definition, wanted: str, built_in: bool, own: bool
) -> None:
    names = arm.names(definitions(SUBSCRIPTION), filter=wanted)
    assert (NO_PRIVILEGE in names, custom.name in names) == (built_in, own)


def test_every_version_has_an_address(arm: Arm, custom: Definition) -> None:
    path = f"{definitions(SUBSCRIPTION, custom.name)}/versions"
    assert arm.names(path) == ["1.0.0", "1.1.0"]
    one = arm.get(f"{path}/1.0.0")
    assert (one["id"], one["name"]) == (f"{custom.arm_id}/versions/1.0.0", "1.0.0")
    assert one["type"] == "Microsoft.Authorization/policyDefinitions/versions"
    assert one["properties"]["version"] == "1.0.0"
    assert "versions" not in one["properties"]
    assert arm.get(definitions(SUBSCRIPTION, custom.name))["properties"]["versions"] == [
        "1.1.0",
        "1.0.0",
    ]


def test_a_version_that_does_not_exist_is_not_found(arm: Arm) -> None:
    error = arm.error("GET", f"{definitions(name=NO_PRIVILEGE)}/versions/99.0.0")
    assert (error["status"], error["code"]) == (404, "PolicyDefinitionVersionNotFound")
    assert "99.0.0" in error["message"]
    error = arm.error("GET", f"{initiatives(name=BASELINE)}/versions/99.0.0")
    assert error["code"] == "PolicySetDefinitionVersionNotFound"


def test_all_versions_are_listed_with_a_post(arm: Arm, custom: Definition) -> None:
    def ids(scope: str, folder: str) -> list[str]:
        response: Any = arm.send("POST", f"{scope}/{PROVIDER}/{folder}")
        assert response.status_code == 200, response.content
        return [one["id"] for one in response.json()["value"]]

    own = f"{custom.arm_id}/versions/1.0.0"
    assert own in ids(SUBSCRIPTION, "listPolicyDefinitionVersions")
    assert own not in ids("", "listPolicyDefinitionVersions")
    assert own not in ids(MANAGEMENT_GROUP, "listPolicyDefinitionVersions")
    sets = ids("", "listPolicySetDefinitionVersions")
    assert any(one.startswith(f"{BASELINE_ID}/versions/") for one in sets)
    assert all("/policySetDefinitions/" in one for one in sets)


def test_a_list_costs_as_many_queries_for_many_as_for_one(arm: Arm) -> None:
    def queries(top: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            arm.get(definitions(SUBSCRIPTION), top=top)
        return len(captured)

    arm.get(definitions(SUBSCRIPTION))
    assert queries("1") == queries("10") <= 8
