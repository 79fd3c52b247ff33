"""What an exemption covers arrives cluster by cluster, so that pages answer at once."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import User
from django.test import Client

from policy_app.browser.exemptions import impact
from policy_app.models import Assignment, Cluster, Exemption, Scope
from policy_app.services import exemptions
from policy_app.services.authorization import actions, roles
from tests.browser.exemptions.pages import (
    about,
    fetched,
    form,
    soup,
    told,
    waiting_clusters,
    worked_out,
    writing,
)
from tests.browser.html_forms import WebForm
from tests.granting import custom_role, grant

AtMost = Callable[[int], AbstractContextManager[None]]
QUERIES = 25
FIRST = [f"aks-{number:02}" for number in range(1, 21)]
SECOND = [*(f"aks-{number}" for number in range(21, 31)), "aks-demo"]


@pytest.fixture
def thirty(denying: Assignment, rg_demo: Scope) -> None:
    """Thirty more clusters beside aks-demo, with nothing in them."""
    for name in [*FIRST, *SECOND[:-1]]:
        arm_id = f"{rg_demo.arm_id}/providers/{Cluster.MANAGED}/{name}"
        scope = Scope.objects.create(
            kind=Scope.Kind.CLUSTER, name=name, display_name=name, arm_id=arm_id, parent=rg_demo
        )
        Cluster.objects.create(scope=scope)


@pytest.fixture
def wide(denying: Assignment, rg_demo: Scope, alice: User) -> Exemption:
    """A waiver for all of rg-demo."""
    properties = {"policyAssignmentId": denying.arm_id, "exemptionCategory": "Waiver"}
    return exemptions.put(rg_demo, "wide", {"properties": properties}, alice)[0]


def review(client: Client, denying: Assignment, scope: Scope) -> WebForm:
    """The review of a waiver that is not stored."""
    filled = form(client, writing(denying, scope=scope.arm_id))
    filled.set("category", "Waiver")
    return WebForm.read(client, filled.send("review", "1").content, "#exemption")


def told_part(content: bytes) -> str:
    """What a part says, with its status."""
    part = BeautifulSoup(content, "html.parser")
    assert part.select("html, form") == []
    return " ".join(part.get_text(" ", strip=True).split())


@pytest.mark.parametrize("name", ["view", "delete"])
def test_of_thirty_clusters_each_page_and_each_part_needs_few_queries(
    visitor: Client,
    wide: Exemption,
    thirty: None,
    name: str,
    django_assert_max_num_queries: AtMost,
) -> None:
    with django_assert_max_num_queries(QUERIES):
        assert waiting_clusters(soup(visitor, about(name, wide))) == FIRST
    page = soup(visitor, about(name, wide, page="2"))
    assert waiting_clusters(page) == SECOND
    with django_assert_max_num_queries(QUERIES):
        part = fetched(visitor, page.select("button[name=cluster]")[-1])
    assert "aks-demo: 1 component" in told_part(part.content)


def test_of_thirty_clusters_the_review_and_its_parts_need_few_queries(
    visitor: Client,
    denying: Assignment,
    rg_demo: Scope,
    thirty: None,
    django_assert_max_num_queries: AtMost,
) -> None:
    first = review(visitor, denying, rg_demo)
    assert waiting_clusters(first.page) == FIRST
    with django_assert_max_num_queries(QUERIES):
        answer = first.send("page", "2")
    second = WebForm.read(visitor, answer.content, "#exemption")
    assert waiting_clusters(second.page) == SECOND
    with django_assert_max_num_queries(QUERIES):
        part = fetched(visitor, second.page.select("button[name=cluster]")[-1])
    assert "aks-demo: 1 component" in told_part(part.content)
    back = WebForm.read(visitor, second.send("check", "1").content, "#exemption")
    assert "What becomes exempt" not in back.text
    assert second.send("save", "1").status_code == 302


@pytest.mark.parametrize("name", ["view", "delete"])
def test_without_scripts_the_page_works_out_the_cluster_that_is_asked_for(
    visitor: Client,
    wide: Exemption,
    thirty: None,
    aks_demo: Cluster,
    name: str,
    django_assert_max_num_queries: AtMost,
) -> None:
    asked = about(name, wide, page="2", cluster=aks_demo.scope.arm_id.upper())
    with django_assert_max_num_queries(QUERIES):
        page = soup(visitor, asked)
    assert waiting_clusters(page) == SECOND[:-1]
    assert "1 component" in told(page)


def test_without_scripts_the_review_works_it_out_and_keeps_what_was_typed(
    visitor: Client, denying: Assignment, aks_demo: Cluster, rg_demo: Scope
) -> None:
    answer = review(visitor, denying, rg_demo).send("cluster", aks_demo.scope.arm_id)
    again = WebForm.read(visitor, answer.content, "#exemption")
    assert "Pod bad" in told(again.page)
    assert again.get("category") == "Waiver"
    assert again.send("save", "1").status_code == 302
    assert Exemption.objects.get().category == "Waiver"


def test_clusters_that_one_may_not_look_into_are_only_counted(
    client: Client, wide: Exemption, thirty: None, rg_demo: Scope, aks_demo: Cluster
) -> None:
    bob = User.objects.create_user("bob")
    grant(bob, custom_role("Looker", rg_demo, actions.SEE_EXEMPTIONS), rg_demo)
    grant(bob, roles.READER, aks_demo.scope)
    client.force_login(bob)
    page = soup(client, about("view", wide))
    assert waiting_clusters(page) == ["aks-demo"]
    assert "30 more clusters at this scope are not shown to you." in told(page)
    (button,) = page.select("button[name=cluster]")
    assert fetched(client, button).status_code == 200
    for name in ("aks-01", "aks-nowhere"):
        button["value"] = aks_demo.scope.arm_id.replace("aks-demo", name)
        answer = fetched(client, button)
        assert answer.status_code == 404
        assert "whose components you may read" in told_part(answer.content)


def test_where_time_runs_out_it_is_told(
    visitor: Client, wide: Exemption, aks_demo: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(impact, "SECONDS", -1.0)
    said = told(worked_out(visitor, soup(visitor, about("view", wide))))
    assert "There are too many objects to look at all of them now" in said
    said = told(worked_out(visitor, soup(visitor, about("delete", wide))))
    assert "at least 0 components (only 0 of" in said


def test_what_ends_while_its_page_is_open_is_not_worked_out_any_more(
    visitor: Client, wide: Exemption
) -> None:
    (button,) = soup(visitor, about("view", wide)).select("button[name=cluster]")
    Exemption.objects.update(expires_on="2020-01-31T12:00:00Z")
    answer = fetched(visitor, button)
    assert answer.status_code == 404
    assert "is not as it was. Open the page again." in told_part(answer.content)
