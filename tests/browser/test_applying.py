"""Applying manifests from the Test page: what the cluster took, what it refused, and why."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

from policy_app.models import Cluster, Definition, Scope
from policy_app.services import assignments
from policy_app.services.authorization import roles
from tests.browser.test_testing import sent, words
from tests.granting import grant
from tests.services.cluster.inside import Api
from tests.services.test_drafts import draft

SHOP = (settings.FIXTURES_DIR / "manifests" / "shop.yaml").read_text("utf-8")


def answers(page: BeautifulSoup) -> dict[str, str]:
    """What the cluster answered, by object."""
    rows = zip(words(page, "tbody th"), words(page, "td[data-label=Answer]"), strict=True)
    return dict(rows)


@pytest.fixture
def owner(client: Client, portal: None, alice: User) -> Client:
    """Alice, who may do everything."""
    client.force_login(alice)
    return client


def test_what_is_applied_is_in_the_cluster_and_the_next_time_unchanged(
    owner: Client, aks_demo: Cluster
) -> None:
    page = sent(owner, aks_demo, text=SHOP, apply="1")
    assert words(page, ".message") == ["6 applied, 0 refused on aks-demo."]
    # The demo estate has the namespace, without the label.
    told = answers(page)
    assert told.pop("namespace/shop") == "Configured"
    assert set(told.values()) == {"Created"}
    assert {"catalogue-import", "log-collector"} <= set(Api().names("v1", "Pod", "shop"))
    (link,) = (one["href"] for one in page.select("#report table + p a"))
    assert "storefront" in owner.get(str(link)).content.decode()
    again = answers(sent(owner, aks_demo, text=SHOP, apply="1"))
    assert again["deployment.apps/storefront"] == "Unchanged"
    fewer = answers(sent(owner, aks_demo, text=SHOP.replace("replicas: 3", "replicas: 1"), apply=1))
    assert fewer["deployment.apps/storefront"] == "Configured"


def test_what_a_policy_denies_is_refused_and_the_rest_is_applied(
    owner: Client, alice: User, rg_demo: Scope, baseline: Definition, aks_demo: Cluster
) -> None:
    assignments.put(draft(rg_demo, baseline, parameters={"effect": "deny"}), alice)
    page = sent(owner, aks_demo, text=SHOP, apply="1")
    told = answers(page)
    assert told["pod/log-collector"].startswith(
        'Refused Error from server (Forbidden): admission webhook "validation.gatekeeper.sh"'
        " denied the request: [azurepolicy-"
    )
    assert told["pod/catalogue-import"] == "Created"
    assert "log-collector" not in Api().names("v1", "Pod", "shop")


def test_who_only_reads_the_cluster_applies_nothing(
    client: Client, rg_demo: Scope, aks_demo: Cluster
) -> None:
    reader = User.objects.create_user("reader")
    grant(reader, roles.READER, rg_demo)
    client.force_login(reader)
    told = answers(sent(client, aks_demo, text=SHOP, apply="1"))
    assert told["namespace/shop"].startswith(
        'Refused Error from server (Forbidden): namespaces "shop" is forbidden: User "reader"'
    )
    assert Api().names("v1", "Pod", "shop") == []


def test_what_cannot_be_applied_says_why(owner: Client, aks_demo: Cluster) -> None:
    text = "\n---\n".join(
        (
            "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: one}",
            "just a text",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: fine}\ndate: {}",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: made-}",
        )
    )
    page = sent(owner, aks_demo, text=text, apply="1", namespace="default")
    told = answers(page)
    assert (
        'no matches for kind "Widget" in version "example.com/v1"' in told["widget.example.com/one"]
    )
    assert 'unknown field "date"' in told["configmap/fine"]
    assert told["configmap/made-<generated>"] == "Created"
    assert words(page, ".message")[0] == "1 applied, 2 refused, 1 unreadable on aks-demo."


def test_nothing_to_apply_is_refused(owner: Client, aks_demo: Cluster) -> None:
    page = sent(owner, aks_demo, status=400, apply="1")
    assert "Choose or paste at least one manifest." in page.get_text()


def test_a_cluster_leads_to_an_application_to_apply(owner: Client, aks_demo: Cluster) -> None:
    page = BeautifulSoup(owner.get("/clusters/aks-demo?tab=workloads").content, "html.parser")
    (offered,) = (one for one in page.select("a.command") if "apply manifests" in one.get_text())
    form = BeautifulSoup(owner.get(str(offered["href"])).content, "html.parser")
    assert "name: storefront" in form.select("textarea")[0].get_text()
    assert form.select("option[selected]")[0]["value"] == aks_demo.scope.arm_id
