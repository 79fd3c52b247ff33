"""Clusters through REST: read, list, and the switch of the Azure Policy add-on."""

from __future__ import annotations

from typing import Any

import pytest

from policy_app.models import Cluster, KubeObject
from tests.arm.addresses import CLUSTER, MANAGEMENT_GROUP, RESOURCE_GROUP, assignment, body
from tests.arm.conftest import Arm
from tests.estate_fixtures import SUBSCRIPTION

FOLDER = "providers/Microsoft.ContainerService/managedClusters"


def templates() -> int:
    """Constraint templates in the cluster."""
    found = KubeObject.objects.filter(cluster__scope__name="aks-demo")
    return found.filter(plural="constrainttemplates").count()


def switched(arm: Arm, enabled: Any) -> dict[str, Any]:
    """The cluster as it was read, with the add-on's switch changed."""
    read: dict[str, Any] = arm.get(CLUSTER)
    read["properties"]["addonProfiles"]["azurepolicy"]["enabled"] = enabled
    return read


def test_a_cluster_tells_its_version_and_its_addon(arm: Arm) -> None:
    cluster = arm.get(CLUSTER)
    assert (cluster["id"], cluster["name"]) == (CLUSTER, "aks-demo")
    assert cluster["type"] == "Microsoft.ContainerService/managedClusters"
    assert cluster["properties"]["kubernetesVersion"] == "1.32.4"
    assert cluster["properties"]["addonProfiles"]["azurepolicy"]["enabled"] is True


@pytest.mark.parametrize(
    ("scope", "names"),
    [(SUBSCRIPTION, ["aks-demo", "aks-staging"]), (RESOURCE_GROUP, ["aks-demo"])],
)
def test_clusters_are_listed_below_a_scope(arm: Arm, scope: str, names: list[str]) -> None:
    assert arm.names(f"{scope}/{FOLDER}") == names


def test_the_addon_goes_with_all_it_brought_and_comes_back(arm: Arm) -> None:
    arm.put(assignment(MANAGEMENT_GROUP), body())
    arm.send("PUT", CLUSTER, arm.get(CLUSTER))
    response = arm.send("PUT", CLUSTER, switched(arm, False))
    assert response.status_code == 200
    assert response.json()["properties"]["addonProfiles"]["azurepolicy"]["enabled"] is False
    assert templates() == 0
    assert arm.send("PUT", CLUSTER, switched(arm, True)).status_code == 200
    assert templates() > 0
    assert arm.get(CLUSTER)["properties"]["addonProfiles"]["azurepolicy"]["enabled"] is True


def test_a_body_that_says_nothing_of_the_addon_leaves_it(arm: Arm) -> None:
    assert arm.send("PUT", CLUSTER, {"location": "westeurope"}).status_code == 200
    assert arm.get(CLUSTER)["properties"]["addonProfiles"]["azurepolicy"]["enabled"] is True


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"properties": {"kubernetesVersion": "1.33.0"}}, "properties.kubernetesVersion"),
        ({"properties": {"agentPoolProfiles": [{}]}}, "properties.agentPoolProfiles"),
        ({"location": "mars"}, "location"),
        (
            {"properties": {"addonProfiles": {"omsagent": {"enabled": True}}}},
            "properties.addonProfiles.omsagent",
        ),
    ],
)
def test_nothing_else_of_a_cluster_changes(arm: Arm, change: dict[str, Any], field: str) -> None:
    error = arm.error("PUT", CLUSTER, change)
    assert (error["status"], error["code"]) == (501, "NotImplemented")
    assert field in error["message"]


def test_the_generation_of_gatekeeper_is_set_beside_the_switch(arm: Arm) -> None:
    wanted = switched(arm, True)
    profile = wanted["properties"]["addonProfiles"]["azurepolicy"]
    assert profile["config"] == {"version": "v2", "gatekeeper": "current"}
    profile["config"]["gatekeeper"] = "legacy"
    answer = arm.send("PUT", CLUSTER, wanted)
    assert answer.status_code == 200
    assert Cluster.objects.get(scope__name="aks-demo").gatekeeper == Cluster.Generation.LEGACY
    profile["config"]["gatekeeper"] = "2023"
    error = arm.error("PUT", CLUSTER, wanted)
    assert (error["status"], error["code"]) == (400, "InvalidParameter")
    assert error["target"] == "properties.addonProfiles.azurepolicy.config.gatekeeper"
    assert "current or legacy" in error["message"]


@pytest.mark.parametrize("enabled", ["yes", 1, None])
def test_the_switch_is_true_or_false(arm: Arm, enabled: Any) -> None:
    error = arm.error("PUT", CLUSTER, switched(arm, enabled))
    assert (error["status"], error["code"]) == (400, "InvalidParameter")
    assert error["target"] == "properties.addonProfiles.azurepolicy.enabled"


def test_a_cluster_that_is_not_there_is_not_made(arm: Arm) -> None:
    missing = f"{RESOURCE_GROUP}/{FOLDER}/nowhere"
    assert arm.error("GET", missing)["code"] == "ResourceNotFound"
    assert arm.error("PUT", missing, {"location": "westeurope"})["code"] == "ResourceNotFound"


def test_a_cluster_is_not_deleted_through_rest(arm: Arm) -> None:
    assert arm.error("DELETE", CLUSTER)["status"] == 501
