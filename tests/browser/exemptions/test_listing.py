"""The Exemptions page: what is listed, how it is narrowed and sorted, and who sees what."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from policy_app.evaluation.language.exemptions import in_arm_form
from policy_app.models import Assignment, Cluster, Exemption, Scope
from policy_app.services import assignments, exemptions
from policy_app.services.authorization import roles
from tests.browser.exemptions.pages import LIST, about, soup, told, writing
from tests.granting import grant

AtMost = Callable[[int], AbstractContextManager[None]]
QUERIES = 25


def put(scope: Scope, assignment: Assignment, name: str, days: int = 0, **more: Any) -> Exemption:
    """An exemption that ends in so many days; never where that is 0."""
    ends = {"expiresOn": in_arm_form(timezone.now() + timedelta(days=days))} if days else {}
    properties = {
        "policyAssignmentId": assignment.arm_id,
        "exemptionCategory": "Waiver",
        "displayName": name.capitalize(),
        "assignmentScopeValidation": "DoNotValidate",
        **ends,
        **more,
    }
    return exemptions.put(scope, name, {"properties": properties}, None)[0]


@pytest.fixture
def several(denying: Assignment, rg_demo: Scope, aks_demo: Cluster, rg_staging: Scope) -> None:
    """One of each state, of both categories, at three scopes."""
    put(rg_demo, denying, "always")
    put(aks_demo.scope, denying, "soon", days=3, exemptionCategory="Mitigated")
    put(aks_demo.scope, denying, "over", days=-1, description="The old registry")
    put(rg_staging, denying, "elsewhere", days=90)


def names(client: Client, query: str) -> list[str]:
    """The rows that an address leaves, in their order."""
    page = soup(client, f"{LIST}?{query}")
    return [one.get_text(strip=True) for one in page.select(".grid tbody .col-name")]


def test_where_nothing_is_exempt_the_page_says_what_an_exemption_is(
    visitor: Client, portal: None
) -> None:
    said = told(soup(visitor, LIST))
    assert "Nothing is exempt from a policy." in said
    assert "Browse assignments" in said


@pytest.mark.parametrize(
    ("query", "left"),
    [
        ("", ["Always", "Elsewhere", "Over", "Soon"]),
        ("state=active", ["Always", "Elsewhere", "Soon"]),
        ("state=expiring", ["Soon"]),
        ("state=expired", ["Over"]),
        ("category=Mitigated", ["Soon"]),
        ("search=OLD+registry", ["Over"]),
        ("search=no+such", []),
        ("sort=expires", ["Over", "Soon", "Elsewhere", "Always"]),
        ("sort=-expires", ["Always", "Elsewhere", "Soon", "Over"]),
        ("assignment=/nowhere", []),
        ("state=nonsense&category=None&scope=/nowhere", ["Always", "Elsewhere", "Over", "Soon"]),
    ],
)
def test_the_address_chooses_the_rows_and_their_order(
    visitor: Client, several: None, query: str, left: list[str]
) -> None:
    assert names(visitor, query) == left


def test_a_scope_and_an_assignment_narrow_the_list(
    visitor: Client, several: None, denying: Assignment, aks_demo: Cluster
) -> None:
    assert names(visitor, f"scope={aks_demo.scope.arm_id}") == ["Over", "Soon"]
    every = names(visitor, f"assignment={denying.arm_id.upper()}")
    assert every == ["Always", "Elsewhere", "Over", "Soon"]
    page = soup(visitor, f"{LIST}?assignment={denying.arm_id}")
    (chosen,) = page.select("#filter-assignment option[selected]")
    assert chosen.get_text() == "Baseline"


def test_what_has_expired_stays_and_is_marked(visitor: Client, several: None) -> None:
    (row,) = soup(visitor, f"{LIST}?search=over").select(".grid tbody tr")
    assert row.select_one(".badge-neutral") is not None
    assert "Expired" in row.get_text()


def test_the_assignment_is_named_until_it_is_deleted(
    visitor: Client, exemption: Exemption, denying: Assignment
) -> None:
    assert "Baseline" in told(soup(visitor, LIST))
    assignments.delete(denying, None)
    page = told(soup(visitor, LIST))
    assert "baseline (deleted, or not shown to you)" in page
    gone = told(soup(visitor, about("view", exemption)))
    assert "It exempts nothing: its assignment is deleted." in gone


def test_a_list_shows_only_what_may_be_seen(
    client: Client, several: None, rg_staging: Scope, rg_demo: Scope, denying: Assignment
) -> None:
    bob = User.objects.create_user("bob")
    client.force_login(bob)
    assert names(client, "") == []
    grant(bob, roles.READER, rg_staging)
    assert names(client, "") == ["Elsewhere"]
    assert names(client, f"scope={rg_demo.arm_id}") == ["Elsewhere"]
    page = told(soup(client, LIST))
    assert "Baseline" not in page
    assert "You have no role with Microsoft.Authorization/policyAssignments/exempt/action" in page


def test_a_thousand_exemptions_need_few_queries(
    client: Client,
    denying: Assignment,
    rg_demo: Scope,
    django_assert_max_num_queries: AtMost,
) -> None:
    first = put(rg_demo, denying, "first")
    Exemption.objects.bulk_create(
        Exemption(
            scope=rg_demo,
            name=f"many-{number}",
            key=f"many-{number}",
            display_name=f"Many {number}",
            assignment_arm_id=denying.arm_id,
            assignment_key=denying.arm_id.lower(),
            category="Waiver",
        )
        for number in range(1000)
    )
    bob = User.objects.create_user("bob")
    grant(bob, roles.POLICY_CONTRIBUTOR, rg_demo)
    client.force_login(bob)
    one = [about(name, first) for name in ("view", "edit", "delete")]
    listed = [LIST, f"{LIST}?page=9&sort=-expires&search=many"]
    for address in (*listed, *one, about("view", first, tab="history"), writing(denying)):
        with django_assert_max_num_queries(QUERIES):
            assert client.get(address).status_code == 200
