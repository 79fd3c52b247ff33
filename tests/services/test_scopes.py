"""Scopes are found by ARM id in any spelling, and know what is above and below them."""

from __future__ import annotations

import pytest

from policy_app.models import Cluster, Scope
from policy_app.services import scopes
from policy_app.services.errors import NotFound, PolicyError
from tests.estate_fixtures import SUBSCRIPTION


@pytest.mark.parametrize(
    "spelling",
    [
        f"{SUBSCRIPTION}/resourceGroups/rg-demo",
        f"{SUBSCRIPTION}/RESOURCEGROUPS/RG-DEMO",
        f"/{SUBSCRIPTION}/resourceGroups/rg-demo/",
        f"{SUBSCRIPTION[1:]}//resourceGroups/rg-demo",
    ],
)
def test_an_id_is_found_in_any_spelling(rg_demo: Scope, spelling: str) -> None:
    assert scopes.get(spelling) == rg_demo


@pytest.mark.parametrize(
    ("arm_id", "code"),
    [
        ("/subscriptions/nope", "SubscriptionNotFound"),
        (f"{SUBSCRIPTION}/resourceGroups/nope", "ResourceGroupNotFound"),
        (
            f"{SUBSCRIPTION}/resourceGroups/rg-demo/providers/{Cluster.MANAGED}/x",
            "ResourceNotFound",
        ),
        ("/providers/Microsoft.Management/managementGroups/nope", "NotFound"),
    ],
)
def test_a_scope_that_is_missing_has_the_code_of_its_level(
    portal: None, arm_id: str, code: str
) -> None:
    with pytest.raises(NotFound) as caught:
        scopes.get(arm_id)
    assert (caught.value.code, caught.value.status) == (code, 404)


def test_what_is_no_scope_is_said_to_be_none(portal: None) -> None:
    with pytest.raises(PolicyError, match="is no scope"):
        scopes.get("rg-demo/what")


def test_the_tree_lists_parents_before_their_children(portal: None) -> None:
    names = [scope.name for scope in scopes.tree()]
    assert names.index("mg-demo") < names.index("rg-demo") < names.index("aks-demo")
    assert names.index("aks-demo") < names.index("rg-staging") < names.index("aks-staging")


def test_a_scope_knows_what_is_above_and_below(rg_demo: Scope, aks_demo: Cluster) -> None:
    above = {scope.name for scope in scopes.at_and_above(rg_demo)}
    assert {"mg-demo", "rg-demo"} <= above
    assert "aks-demo" not in above
    assert {scope.name for scope in scopes.at_and_below(rg_demo)} == {"rg-demo", "aks-demo"}
    assert list(scopes.clusters_below(rg_demo)) == [aks_demo]


def test_the_breadcrumb_leaves_the_root_out(aks_demo: Cluster) -> None:
    assert scopes.breadcrumb(aks_demo.scope).endswith(" / rg-demo / aks-demo")
    assert "tenant" not in scopes.breadcrumb(aks_demo.scope).lower()
