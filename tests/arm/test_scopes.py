"""Looking scopes up through REST: tenants, subscriptions, resource groups, management groups."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from policy_app.services import access
from policy_app.services.estate import TENANT_ID
from tests.arm.addresses import MANAGEMENT_GROUP, RESOURCE_GROUP
from tests.arm.conftest import Arm
from tests.estate_fixtures import SUBSCRIPTION

GROUPS = "/providers/Microsoft.Management/managementGroups"


def test_a_client_finds_its_way_from_the_tenant_to_a_cluster(arm: Arm) -> None:
    (tenant,) = arm.get("/tenants")["value"]
    assert tenant["tenantId"] == TENANT_ID
    (subscription,) = arm.get("/subscriptions")["value"]
    assert (subscription["id"], subscription["state"]) == (SUBSCRIPTION, "Enabled")
    assert arm.get(subscription["id"]) == subscription
    groups = arm.get(f"{SUBSCRIPTION}/resourceGroups")["value"]
    assert [one["name"] for one in groups] == ["rg-demo", "rg-staging"]
    assert arm.get(RESOURCE_GROUP.replace("resourceGroups", "resourcegroups")) == groups[0]
    assert groups[0]["type"] == "Microsoft.Resources/resourceGroups"
    clusters = arm.get(f"{RESOURCE_GROUP}/providers/Microsoft.ContainerService/managedClusters")
    assert [one["name"] for one in clusters["value"]] == ["aks-demo"]


def test_whether_a_group_is_there_is_asked_with_head(arm: Arm) -> None:
    assert arm.send("HEAD", RESOURCE_GROUP).status_code == 204
    assert arm.send("HEAD", f"{SUBSCRIPTION}/resourceGroups/nope").status_code == 404


def test_management_groups_show_what_is_above_and_below(arm: Arm) -> None:
    assert arm.names(GROUPS) == [TENANT_ID, "mg-demo"]
    found = arm.get(MANAGEMENT_GROUP)
    assert found["properties"]["details"]["parent"]["name"] == TENANT_ID
    assert "children" not in found["properties"]
    below = arm.get(MANAGEMENT_GROUP, expand="children")["properties"]["children"]
    assert [(one["id"], one["type"]) for one in below] == [(SUBSCRIPTION, "/subscriptions")]
    top = arm.get(f"{GROUPS}/{TENANT_ID}", expand="children", recurse="true")["properties"]
    assert "parent" not in top["details"]
    (child,) = top["children"]
    assert [one["id"] for one in child["children"]] == [SUBSCRIPTION]


@pytest.mark.parametrize(
    ("name", "value"), [("$expand", "all"), ("$recurse", "maybe"), ("$recurse", "")]
)
def test_a_question_that_is_none_is_refused(arm: Arm, name: str, value: str) -> None:
    error = arm.error("GET", MANAGEMENT_GROUP, query={name: value})
    assert (error["code"], error["target"]) == ("InvalidQueryParameter", name)


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/subscriptions/99999999-0000-0000-0000-000000000000", "SubscriptionNotFound"),
        (f"{SUBSCRIPTION}/resourceGroups/nope", "ResourceGroupNotFound"),
        (f"{GROUPS}/nope", "NotFound"),
    ],
)
def test_a_scope_that_is_not_there_has_its_own_code(arm: Arm, path: str, code: str) -> None:
    error = arm.error("GET", path)
    assert (error["status"], error["code"]) == (404, code)


@pytest.mark.parametrize(
    "path", [SUBSCRIPTION, f"{SUBSCRIPTION}/resourceGroups/new", f"{GROUPS}/new"]
)
def test_the_portal_makes_no_scopes(arm: Arm, path: str) -> None:
    error = arm.error("PUT", path, {"location": "westeurope"})
    assert (error["status"], error["code"]) == (501, "NotImplemented")


def test_who_has_no_role_sees_no_scope(portal: None) -> None:
    nobody = User.objects.create_user("nobody")
    client = Client(headers={"Authorization": f"Bearer {access.new_token(nobody, 'tests')}"})
    for path in ("/subscriptions", GROUPS):
        assert client.get(f"{path}?api-version=2022-12-01").json() == {"value": []}
    for path in (SUBSCRIPTION, RESOURCE_GROUP, MANAGEMENT_GROUP):
        assert client.get(f"{path}?api-version=2022-12-01").status_code == 404
