"""What people attest stands on the compliance pages, beside what audits found."""

from __future__ import annotations

import csv
import io
from typing import Any
from urllib.parse import urlencode

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from policy_app.models import Assignment, Cluster, Scope
from policy_app.services import assignments, attestations, authoring, scopes
from policy_app.services.authorization import roles
from policy_app.services.drafts import AssignmentDraft
from tests.estate_fixtures import SUBSCRIPTION
from tests.granting import grant

LIST = "/policy/compliance"
RULE = {"field": "type", "equals": "Microsoft.Resources/subscriptions/resourceGroups"}


@pytest.fixture
def visitor(portal: None, alice: User) -> Client:
    """Alice without scripts."""
    client = Client()
    client.force_login(alice)
    return client


@pytest.fixture
def subscription(rg_demo: Scope) -> Scope:
    """The demo's."""
    return scopes.get(SUBSCRIPTION)


@pytest.fixture
def people(subscription: Scope) -> Assignment:
    """A policy about resource groups that people judge."""
    return manual(subscription, RULE)


def manual(scope: Scope, condition: dict[str, Any], name: str = "people") -> Assignment:
    """A policy that people judge, assigned where it is stored."""
    body = {
        "displayName": "Backups are tried out",
        "mode": "All",
        "policyRule": {"if": condition, "then": {"effect": "Manual", "details": {}}},
    }
    row, _ = authoring.put(scope, name, {"properties": body}, None)
    draft = AssignmentDraft(scope, name, row, display_name="Backups")
    return assignments.put(draft, None)[0]


def attest(scope: Scope, assignment: Assignment, state: str, **more: Any) -> None:
    """Say what was found."""
    told = {"policyAssignmentId": assignment.arm_id, "complianceState": state, **more}
    attestations.put(scope, "seen", {"properties": told}, None)


def read(client: Client, url: str, status: int = 200, **query: str) -> BeautifulSoup:
    """The page at an address."""
    answer = client.get(url, query)
    assert answer.status_code == status
    return BeautifulSoup(answer.content, "html.parser")


def cells(row: Any) -> dict[str, str]:
    """A row's cells by their labels."""
    return {
        str(one["data-label"]): one.get_text(" ", strip=True) for one in row.select("[data-label]")
    }


def test_an_assignment_that_nobody_attested_is_unknown_and_counts_as_good(
    visitor: Client, people: Assignment, rg_demo: Scope
) -> None:
    (row,) = read(visitor, LIST).select("#results tbody tr")
    told = cells(row)
    assert "Backups" in row.get_text()
    assert told["Compliance state"] == "Unknown"
    assert told["Resource compliance %"] == "100%"
    assert told["Non-compliant resources"] == "0 of 2"
    attest(rg_demo, people, "NonCompliant")
    (row,) = read(visitor, LIST).select("#results tbody tr")
    told = cells(row)
    assert told["Compliance state"] == "Non-compliant"
    assert told["Resource compliance %"] == "50%"
    assert told["Non-compliant resources"] == "1 of 2"
    assert told["Non-compliant policies"] == "1 of 2"
    assert "1" in read(visitor, LIST).select(".tile-value")[3].get_text()
    for query, count in (
        ({"state": "NonCompliant"}, 1),
        ({"state": "Compliant"}, 0),
        ({"search": "tried out"}, 1),
        ({"search": "nothing like it"}, 0),
        ({"namespace": "default"}, 0),
        ({"action": "deny"}, 0),
    ):
        found = read(visitor, f"{LIST}?{urlencode(query)}").select("#results tbody tr")
        assert len(found) == count, query


def test_the_page_of_the_assignment_tells_who_said_what_on_which_evidence(
    visitor: Client, people: Assignment, rg_demo: Scope
) -> None:
    attest(
        rg_demo,
        people,
        "Compliant",
        owner="the platform team",
        comments="Restored on Monday.",
        evidence=[
            {"description": "The log", "sourceUri": "https://example.test/log"},
            {"description": "A trap", "sourceUri": "javascript:alert(1)"},
        ],
        assessmentDate="2026-06-10T00:00:00Z",
        expiresOn="2099-01-02T03:04:00Z",
    )
    page = read(visitor, f"{LIST}/assignment", id=people.arm_id)
    nobody, said = page.select("#results tbody tr")
    assert cells(nobody)["Compliance state"].startswith("Unknown since")
    assert "Nobody has attested it" in cells(nobody)["What is attested"]
    told = cells(said)
    assert told["Compliance state"].startswith("Compliant since")
    for part in ("Restored on Monday.", "the platform team", "2026-06-10", "as seen"):
        assert part in told["What is attested"], part
    assert told["Expires"] == "2099-01-02 03:04 UTC"
    assert told["Evidence"] == "The log A trap"
    (way,) = said.select("[data-label=Evidence] a")
    assert (way["href"], "noopener" in way["rel"]) == ("https://example.test/log", True)
    # The policy has a page of its own.
    (way,) = said.select("th a")
    page = read(visitor, str(way["href"]))
    facts = page.get_text(" ", strip=True)
    assert "Attested resources 1 of 2" in facts
    assert "Effect Manual" in facts
    assert len(page.select("#results tbody tr")) == 2
    found = read(visitor, f"{LIST}/assignment", id=people.arm_id, tab="attested", search="monday")
    assert len(found.select("#results tbody tr")) == 1


def test_an_export_holds_what_is_filtered(
    visitor: Client, people: Assignment, rg_demo: Scope
) -> None:
    attest(rg_demo, people, "Compliant", comments="=cmd()", evidence=[{"description": "A log"}])
    query = {"of": "assignment", "id": people.arm_id, "tab": "attested", "state": "Compliant"}
    answer = visitor.get(f"{LIST}/export.csv", query)
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    (row,) = csv.DictReader(io.StringIO(text))
    assert (row["resource"], row["state"]) == (rg_demo.arm_id, "Compliant")
    assert (row["comments"], row["evidence"]) == ("'=cmd()", "A log")


def test_a_cluster_counts_once_with_what_is_attested_of_it(
    visitor: Client, subscription: Scope, aks_demo: Cluster
) -> None:
    on_clusters = {"field": "type", "equals": "Microsoft.ContainerService/managedClusters"}
    row = manual(subscription, on_clusters)
    attest(aks_demo.scope, row, "NonCompliant")
    (told,) = read(visitor, LIST, cluster="aks-demo").select("#results tbody tr")
    assert cells(told)["Non-compliant resources"] == "1 of 1"
    page = read(visitor, LIST, cluster="aks-demo")
    assert page.select_one(".tile-value").get_text(strip=True) == "0%"  # type: ignore[union-attr]
    elsewhere = read(visitor, LIST, cluster="aks-staging").select("#results tbody tr")
    assert cells(elsewhere[0])["Compliance state"] == "Unknown"


def test_nobody_sees_what_is_attested_where_they_may_not_read(
    people: Assignment, portal: None, rg_demo: Scope, rg_staging: Scope
) -> None:
    attest(rg_staging, people, "NonCompliant", comments="Do not tell.")
    bob = User.objects.create_user("bob")
    grant(bob, roles.READER, rg_demo)
    client = Client()
    client.force_login(bob)
    (row,) = read(client, LIST).select("#results tbody tr")
    assert cells(row)["Non-compliant resources"] == "0 of 1"
    page = read(client, f"{LIST}/assignment", id=people.arm_id, tab="attested")
    assert len(page.select("#results tbody tr")) == 1
    assert "Do not tell" not in page.get_text()
    eve = User.objects.create_user("eve")
    client.force_login(eve)
    read(client, f"{LIST}/assignment", 404, id=people.arm_id)


def test_pages_need_no_more_queries_for_many_manual_policies(
    visitor: Client,
    subscription: Scope,
    rg_demo: Scope,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    rows = [manual(subscription, RULE, f"people-{number}") for number in range(3)]
    for one in rows:
        attestations.put(
            rg_demo,
            one.name,
            {"properties": {"policyAssignmentId": one.arm_id, "complianceState": "Compliant"}},
            None,
        )
    for url in (LIST, "/", f"{LIST}/assignment?id={rows[0].arm_id}"):
        with django_assert_max_num_queries(25):
            assert visitor.get(url).status_code == 200
