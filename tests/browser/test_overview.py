"""The Overview: counts, clusters, the newest assignments, and the sentences of an empty one."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import User
from django.test import Client

from policy_app.models import Assignment, Cluster, Definition, Scope
from policy_app.services import assignments
from policy_app.services.drafts import AssignmentDraft
from tests.compliance_rows import audited


@pytest.fixture
def visitor(portal: None, alice: User) -> Client:
    """Django's client, signed in."""
    client = Client()
    client.force_login(alice)
    return client


def overview(client: Client) -> BeautifulSoup:
    """The page."""
    answer = client.get("/")
    assert answer.status_code == 200
    return BeautifulSoup(answer.content, "html.parser")


def tiles(page: BeautifulSoup) -> dict[str, str]:
    """The numbers at the top, by their labels."""
    return {
        tile.select("h2")[0].get_text(strip=True): tile.select(".tile-value")[0].get_text()
        for tile in page.select(".tile")
    }


def reached(page: BeautifulSoup) -> dict[str, str]:
    """How many assignments reach each cluster."""
    rows = page.select("section[aria-labelledby=clusters] tbody tr")
    return {
        row.select("th")[0].get_text(strip=True): row.select(".number")[0].get_text()
        for row in rows
    }


def assign(definition: Definition, scope: Scope, name: str, **fields: object) -> Assignment:
    """Store an assignment."""
    draft = AssignmentDraft(scope=scope, name=name, definition=definition, display_name=name)
    for field, value in fields.items():
        setattr(draft, field, value)
    return assignments.put(draft, None)[0]


def test_an_empty_portal_says_so_and_shows_the_way(visitor: Client) -> None:
    page = overview(visitor)
    assert tiles(page)["Assignments"] == "0"
    text = page.get_text(" ", strip=True)
    assert "Nothing is assigned yet." in text
    steps = [a.get_text() for a in page.select(".steps h3 a")]
    assert steps == ["Choose a definition", "Assign it to a scope", "Test a manifest"]
    assert [li.select("h3")[0].get_text() for li in page.select(".step-done")] == steps[:1]


def test_assignments_are_counted_by_enforcement_and_kind(
    visitor: Client, baseline: Definition, restricted: Definition, rg_demo: Scope
) -> None:
    assign(baseline, rg_demo, "first")
    assign(restricted, rg_demo, "second", enforcement_mode="DoNotEnforce")
    page = overview(visitor)
    counts = tiles(page)
    assert counts["Assignments"] == "2"
    assert counts["Initiatives assigned"] == "2"
    assert counts["Policies assigned"] == "0"
    tally = page.select(".tally")[0].get_text(" ", strip=True)
    assert tally == "Enabled 1 Disabled 1"
    recent = [a.get_text() for a in page.select("section[aria-labelledby=recent] tbody th a")]
    assert recent == ["second", "first"]


def test_clusters_count_what_reaches_them(
    visitor: Client, baseline: Definition, rg_demo: Scope, aks_staging: Cluster
) -> None:
    assign(baseline, rg_demo, "narrow")
    subscription = rg_demo.parent
    assert subscription is not None
    assign(baseline, subscription, "wide", not_scopes=[aks_staging.scope.arm_id.upper()])
    assert reached(overview(visitor)) == {"aks-demo": "2", "aks-staging": "0"}


def test_a_cluster_whose_add_on_is_off_is_marked(visitor: Client, aks_demo: Cluster) -> None:
    Cluster.objects.filter(pk=aks_demo.pk).update(addon_enabled=False)
    rows = overview(visitor).select("section[aria-labelledby=clusters] tbody tr")
    states = [row.select(".state")[0].get_text(strip=True) for row in rows]
    assert states == ["Disabled", "Enabled"]


def test_without_clusters_a_sentence_says_how_to_make_some(visitor: Client) -> None:
    Cluster.objects.all().delete()
    assert "There is no cluster yet." in overview(visitor).get_text()


def test_clusters_without_objects_have_no_share_of_them(
    visitor: Client, rg_demo: Scope, baseline: Definition, aks_demo: Cluster
) -> None:
    assign(baseline, rg_demo, "baseline")
    audited(aks_demo)
    panel = overview(visitor).select("section[aria-labelledby=by-state]")[0]
    text = panel.get_text(" ", strip=True)
    assert text.startswith("No components yet")
    assert "No policy is about any object in the clusters." in text
    assert "refused at the next apply" not in text
