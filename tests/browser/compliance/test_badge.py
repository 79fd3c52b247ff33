"""The badge of the chosen cluster: on every page, in one query, and chosen by the person."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from policy_app.models import Cluster
from tests.browser.compliance.test_pages import soup, text
from tests.compliance_rows import audit_row, component_row, fault_row, policy_row

CHOOSE = "/policy/compliance/cluster"


def badge(visitor: Client, address: str) -> str:
    """What the badge of a page says."""
    found = soup(visitor, address).select_one(".topbar-state")
    return text(found) if found is not None else ""


def test_the_first_cluster_stands_there_until_another_one_is_chosen(
    visitor: Client, aks_demo: Cluster, aks_staging: Cluster
) -> None:
    policy = policy_row(aks_staging)
    fault_row(component_row(aks_staging, "bad", [policy]), policy)
    audit_row(aks_staging)
    assert badge(visitor, "/policy/definitions") == "aks-demo : Not started"
    answer = visitor.post(CHOOSE, {"cluster": "AKS-staging", "next": "/policy/test"})
    assert answer["Location"] == "/policy/test"
    for address in ("/", "/policy/assignments", "/policy/compliance", "/policy/denials"):
        assert badge(visitor, address) == "aks-staging : Non-compliant"


def test_nobody_is_sent_elsewhere_by_choosing(visitor: Client, aks_demo: Cluster) -> None:
    for wanted in ("https://evil.example/", "//evil.example", "javascript:alert(1)", ""):
        answer = visitor.post(CHOOSE, {"cluster": "aks-demo", "next": wanted})
        assert answer["Location"] == "/"


def test_a_cluster_that_is_not_there_cannot_be_chosen(visitor: Client, aks_demo: Cluster) -> None:
    assert visitor.post(CHOOSE, {"cluster": "no-such"}).status_code == 404


def test_the_badge_is_one_query_and_none_for_a_part(visitor: Client, aks_demo: Cluster) -> None:
    def audits(**headers: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert visitor.get("/policy/definitions", headers=headers).status_code == 200
        return sum("policy_app_clusteraudit" in one["sql"] for one in queries)

    assert audits() == 1
    assert audits(**{"HX-Request": "true", "HX-Target": "results"}) == 0


def test_who_may_see_no_cluster_has_no_badge(client: Client, aks_demo: Cluster) -> None:
    client.force_login(User.objects.create_user("stranger"))
    assert badge(client, "/") == ""
    assert "There is no cluster whose compliance you may see." in text(soup(client, CHOOSE))


def test_with_many_clusters_they_can_be_searched(visitor: Client, aks_demo: Cluster) -> None:
    page = soup(visitor, f"{CHOOSE}?search=stag")
    assert [text(one) for one in page.select(".compliance-choices button")] == ["aks-staging"]
    assert "No cluster has such a name." in text(soup(visitor, f"{CHOOSE}?search=zzz"))
