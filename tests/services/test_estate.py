"""The demo estate has the scopes that the how-to names, and is safe to make again."""

from __future__ import annotations

from typing import Any

import pytest

from policy_app.models import Cluster, KubeObject, Scope
from policy_app.services import estate, scopes
from policy_app.services.cluster import bootstrap

SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-000000000001"


@pytest.mark.usefixtures("portal")
@pytest.mark.parametrize(
    ("name", "way_down"),
    [
        ("aks-demo", ["mg-demo", "Demo subscription", "rg-demo", "aks-demo"]),
        ("aks-staging", ["mg-demo", "Demo subscription", "rg-staging", "aks-staging"]),
    ],
)
def test_each_cluster_is_below_its_group_in_the_demo_subscription(
    name: str, way_down: list[str]
) -> None:
    group = way_down[-2]
    scope = scopes.get(f"{SUBSCRIPTION}/resourceGroups/{group}/providers/{Cluster.MANAGED}/{name}")
    assert scopes.breadcrumb(scope) == " / ".join(way_down)
    assert scope.cluster.addon_enabled


@pytest.mark.usefixtures("portal")
def test_the_root_is_the_tenants_own_management_group() -> None:
    root = Scope.objects.get(parent=None)
    assert root.name == estate.TENANT_ID
    assert root.display_name == "Tenant root group"


def _namespaces(cluster: Cluster) -> dict[str, dict[str, Any]]:
    return bootstrap.namespaces_of(cluster)


def test_a_cluster_has_system_and_team_namespaces(aks_demo: Cluster) -> None:
    found = _namespaces(aks_demo)
    assert {"default", "kube-system", "gatekeeper-system", "kube-public"} <= found.keys()
    assert {"shop", "payments"} <= found.keys()
    assert found["shop"]["metadata"]["labels"]["kubernetes.io/metadata.name"] == "shop"


@pytest.mark.usefixtures("portal")
def test_making_it_again_makes_nothing_and_keeps_what_the_user_changed(aks_demo: Cluster) -> None:
    KubeObject.objects.filter(cluster=aks_demo, plural="namespaces", name="payments").delete()
    aks_demo.addon_enabled = False
    aks_demo.save()
    assert estate.make_demo() == []
    assert "payments" not in _namespaces(aks_demo)
    assert not Cluster.objects.get(pk=aks_demo.pk).addon_enabled


@pytest.mark.usefixtures("portal")
def test_making_it_again_brings_back_what_was_deleted() -> None:
    Scope.objects.get(name="aks-staging").delete()
    assert [scope.name for scope in estate.make_demo()] == ["aks-staging"]
    assert "shop" in _namespaces(Cluster.objects.get(scope__name="aks-staging"))
