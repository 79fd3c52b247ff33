"""Tasks are listed, asked for, followed and ended on pages that need no scripts."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from policy_app.models import Cluster, Definition, Remediation, RemediationDeployment, Scope
from policy_app.services import assignments, definitions, remediations
from policy_app.services.authorization import roles
from policy_app.services.drafts import AssignmentDraft
from tests.granting import grant
from tests.services.cluster.inside import Api, pod
from tests.services.compliance.worlds import assign as assign_with
from tests.services.remediations.worlds import ask, assign, deployment, policy

LIST = "/policy/remediation"
NEW = "/policy/remediation/new"


@pytest.fixture
def visitor(portal: None, alice: User) -> Client:
    """Alice without scripts."""
    client = Client()
    client.force_login(alice)
    return client


def read(client: Client, url: str, status: int = 200) -> BeautifulSoup:
    """The page at an address."""
    answer = client.get(url)
    assert answer.status_code == status
    return BeautifulSoup(answer.content, "html.parser")


def answered(client: Client, sent: dict[str, str]) -> BeautifulSoup:
    """The form after a button that asks for nothing yet."""
    answer = client.post(NEW, sent)
    assert answer.status_code == 200
    return BeautifulSoup(answer.content, "html.parser")


def text(page: BeautifulSoup) -> str:
    """What the page says."""
    return page.get_text(" ", strip=True)


def test_a_task_is_asked_for_and_followed_to_its_end(
    visitor: Client, rg_demo: Scope, aks_demo: Cluster
) -> None:
    api = Api()
    api.create(deployment(replicas=1))
    api.create(pod("alone"))
    assign(rg_demo, policy(), display_name="Read-only roots")
    assert "Nothing has been remediated yet" in text(read(visitor, LIST))
    (choice,) = read(visitor, NEW).select("input[name=policy]")
    assert "Read-only roots" in choice.parent.get_text()  # type: ignore[union-attr]
    sent = {"policy": choice["value"], "count": "10"}
    answer = visitor.post(NEW, sent)
    assert answer.status_code == 302
    assert "It waits for a worker" in text(read(visitor, answer["Location"]))
    remediations.advance()
    page = read(visitor, answer["Location"])
    assert "1 of 2 objects changed, 1 failed" in text(page)
    (alone,) = (row for row in page.select("tbody tr") if "default/alone" in row.get_text())
    assert "pod updates may not change fields" in alone.get_text(" ")
    assert "It was evicted" in text(page)
    listed = text(read(visitor, LIST))
    assert "Failed" in listed
    assert "1 of 2, 1 failed" in listed


def test_a_task_is_canceled(visitor: Client, rg_demo: Scope) -> None:
    row = ask(assign(rg_demo, policy()))
    answer = visitor.post("/policy/remediation/cancel", {"id": row.arm_id})
    page = text(read(visitor, answer["Location"]))
    assert "Canceled" in page
    assert "Cancel the task" not in page
    assert visitor.post("/policy/remediation/cancel", {"id": row.arm_id}).status_code == 400


@pytest.mark.parametrize(
    ("field", "value", "right"),
    [
        ("count", "many", "from 1 to 50,000"),
        ("count", "0", "from 1 to 50,000"),
        ("parallel", "31", "from 1 to 30"),
        ("threshold", "101", "from 0 to 100"),
        ("threshold", "²", "from 0 to 100"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_with_what_would_be_right(
    visitor: Client, rg_demo: Scope, field: str, value: str, right: str
) -> None:
    assign(rg_demo, policy())
    (choice,) = read(visitor, NEW).select("input[name=policy]")
    sent = {"policy": choice["value"], "count": "10", field: value}
    answer = visitor.post(NEW, sent)
    assert answer.status_code == 400
    page = BeautifulSoup(answer.content, "html.parser")
    (error,) = page.select(".field-error")
    assert (error["id"], right in error.get_text()) == (f"{field}-error", True)
    assert page.select_one(f"#{field}")["value"] == value  # type: ignore[index]
    assert not Remediation.objects.exists()


def test_only_policies_that_change_objects_can_be_chosen(visitor: Client, rg_demo: Scope) -> None:
    assign_with(rg_demo, policy("95edb821-ddaf-4404-9732-666045e056b4"), "judge")
    assert "No policy that changes objects is assigned" in text(read(visitor, NEW))
    answer = visitor.post(NEW, {"policy": "made up", "count": "10"})
    assert answer.status_code == 400


def test_what_can_be_chosen_is_searched_page_by_page_and_what_is_chosen_stays(
    visitor: Client, rg_demo: Scope, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(40):
        draft = AssignmentDraft(
            rg_demo, f"m{number:02}", policy(), display_name=f"Roots {number:02}"
        )
        assignments.put(draft, None)
    with django_assert_max_num_queries(25):
        page = read(visitor, NEW)

    def offered(page: BeautifulSoup) -> list[str]:
        return [str(one["value"]).rpartition("/")[2] for one in page.select("[name=policy]")]

    assert offered(page) == [f"m{number:02}#" for number in range(15)]
    assert "Showing 1 to 15 of 40 assignments" in text(page)
    assert page.select("[name=policy][checked]") == []
    chosen = str(page.select("[name=policy]")[3]["value"])
    typed = {"policy": chosen, "count": "7", "threshold": "101"}
    page = answered(visitor, {**typed, "found": "3"})
    assert offered(page) == ["m03#", *(f"m{number}#" for number in range(30, 40))]
    assert page.select_one("[checked]")["value"] == chosen  # type: ignore[index]
    assert page.select_one("#count")["value"] == "7"  # type: ignore[index]
    page = answered(visitor, {**typed, "policy": "", "found": "1", "find": "root 27"})
    assert offered(page) == ["m27#"]
    assert page.select("[name=policy][checked]") == [], "nobody chose it"
    page = answered(visitor, {"found": "1", "find": "no such thing"})
    assert (offered(page), "No assignment fits" in text(page)) == ([], True)
    assert not Remediation.objects.exists()
    sent = {**typed, "threshold": "", "parallel": "3"}
    assert visitor.post(NEW, sent).status_code == 302
    row = Remediation.objects.get()
    assert (row.assignment_arm_id, row.resource_count, row.parallel_deployments) == (
        chosen.rstrip("#"),
        7,
        3,
    )


def test_a_policy_is_found_by_its_own_name_in_an_initiative(
    visitor: Client, rg_demo: Scope
) -> None:
    row = definitions.built_in(Definition.Kind.INITIATIVE, "c047ea8e-9c78-49b2-958b-37e56d291a44")
    required = ("allowedUsers", "allowedGroups", "labels", "reservedTaints")
    given: dict[str, Any] = {name: ["one"] for name in required}
    given |= {"allowedContainerImagesRegex": ".*"}
    one = assign(rg_demo, row, parameters=given, display_name="Safeguards")
    page = answered(visitor, {"found": "1", "find": "CriticalAddonsOnly"})
    keys = [str(each["value"]) for each in page.select("[name=policy]")]
    assert f"{one.arm_id}#mutateReservedSystemPoolTaints" in keys
    page = read(visitor, f"{NEW}?assignment={one.arm_id}")
    assert [one["value"] for one in page.select("[name=policy][checked]")] == keys


def test_a_reader_sees_tasks_and_is_told_why_nothing_more(
    rg_demo: Scope, rg_staging: Scope, aks_demo: Cluster
) -> None:
    row = ask(assign(rg_demo, policy()))
    bob = User.objects.create_user("bob")
    grant(bob, roles.READER, rg_demo)
    client = Client()
    client.force_login(bob)
    assert "You have no role with Microsoft.PolicyInsights/remediations/write" in text(
        read(client, LIST)
    )
    page = read(client, f"/policy/remediation/task?id={row.arm_id}")
    assert page.select("form[action='/policy/remediation/cancel']") == []
    assert client.post("/policy/remediation/cancel", {"id": row.arm_id}).status_code == 403
    assert read(client, NEW).select("input[name=policy]") == []
    stranger = User.objects.create_user("eve")
    grant(stranger, roles.OWNER, rg_staging)
    client.force_login(stranger)
    assert row.name not in text(read(client, LIST))
    read(client, f"/policy/remediation/task?id={row.arm_id}", 404)


def test_the_newest_task_comes_first_unless_another_order_is_asked_for(
    visitor: Client, rg_demo: Scope, rg_staging: Scope
) -> None:
    older, newer = (str(ask(assign(scope, policy())).scope) for scope in (rg_demo, rg_staging))

    def shown(query: str) -> list[str]:
        cells = read(visitor, f"{LIST}{query}").select("td[data-label='Scope']")
        return [cell.get_text(strip=True) for cell in cells]

    for query in ("", "?sort=-created", "?sort=nothing", "?sort=-scope"):
        assert shown(query) == [newer, older], query
    for query in ("?sort=created", "?sort=scope"):
        assert shown(query) == [older, newer], query


def test_a_task_that_is_under_way_asks_anew_for_the_page_that_is_looked_at(
    visitor: Client, rg_demo: Scope, aks_demo: Cluster
) -> None:
    row = ask(assign(rg_demo, policy()))
    url = f"/policy/remediation/task?id={row.arm_id}&page=2"
    (part,) = read(visitor, url).select("[hx-trigger='every 2s']")
    assert part["hx-get"] == url
    remediations.advance()
    page = read(visitor, url)
    assert page.select("[hx-trigger='every 2s']") == []
    assert "Ended" in text(page)


def test_pages_need_few_queries_however_many_objects_there_are(
    visitor: Client,
    rg_demo: Scope,
    rg_staging: Scope,
    aks_demo: Cluster,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    row, _ = (ask(assign(scope, policy())) for scope in (rg_demo, rg_staging))
    RemediationDeployment.objects.bulk_create(
        RemediationDeployment(
            remediation=row, cluster=aks_demo, plural="pods", kind="Pod", name=f"p{number}"
        )
        for number in range(60)
    )
    for path in (LIST, NEW, f"/policy/remediation/task?id={row.arm_id}"):
        with django_assert_max_num_queries(25):
            assert visitor.get(path).status_code == 200
