"""The Impact tab: what would newly be refused, before anybody presses Create."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import pytest
from django.test import Client

from policy_app.models import Assignment, Definition, Scope
from policy_app.services import assignments
from tests.browser.assign.wizard import RG_DEMO, stored
from tests.browser.html_forms import WebForm
from tests.services.cluster.inside import Api, pod
from tests.services.test_drafts import draft

_FIELD = "spec.containers[0].securityContext.privileged"


@pytest.fixture
def pods(portal: None) -> None:
    """A Pod that is privileged, and one that is not, in the demo cluster."""
    api = Api()
    api.create(pod("good"))
    api.create(pod("bad", privileged=True))


def impact(form: WebForm, effect: str = "deny", scope: str = RG_DEMO) -> WebForm:
    """The Impact tab of a form."""
    form.set("scope", scope)
    form = form.press("tab", "parameters")
    form.set("seen", *form.all("seen"))
    form.set("p.effect", json.dumps(effect) if effect == "[" else effect)
    return form.press("tab", "impact")


def numbers(form: WebForm) -> dict[str, int]:
    """The tiles that are not zero."""
    found = {}
    for tile in form.page.select(".impact-tile"):
        label, number = tile.select_one("dt"), tile.select_one(".impact-number")
        assert label is not None
        assert number is not None
        if int(number.get_text()):
            found[label.get_text(strip=True)] = int(number.get_text())
    return found


def test_deny_would_refuse_the_privileged_pod_with_its_field_and_lines(
    pods: None, form: WebForm
) -> None:
    shown = impact(form)
    assert numbers(shown) == {"Refused": 1}
    row = shown.one(".impact-workload")
    assert "Pod bad" in row.get_text(" ", strip=True)
    assert _FIELD in row.get_text(" ", strip=True)
    (marked,) = row.select(".line-marked .line-text")
    assert marked.get_text(strip=True) == "privileged: true"
    assert shown.one("#impact-count")["aria-label"] == "1 newly refused"


def test_audit_would_only_report_it(pods: None, form: WebForm) -> None:
    shown = impact(form, "audit")
    assert numbers(shown) == {"Reported": 1}
    assert shown.one("#impact-count")["aria-label"] == "0 newly refused"


def test_an_empty_cluster_says_so_in_a_sentence(form: WebForm) -> None:
    shown = impact(form)
    assert numbers(shown) == {}
    assert "Nothing would change for what is in this cluster" in shown.text


def test_with_errors_the_tab_says_that_nothing_can_be_told(form: WebForm) -> None:
    shown = form.press("tab", "impact")
    assert "The assignment has errors" in shown.text
    assert shown.page.select("#impact-count") == []


def test_editing_tells_what_turns_red(
    pods: None, browser: Client, rg_demo: Scope, baseline: Definition
) -> None:
    row, _ = assignments.put(draft(rg_demo, baseline, parameters={"effect": "audit"}), None)
    form = WebForm.open(browser, f"/policy/assignments/edit?{urlencode({'id': row.arm_id})}")
    form = form.press("tab", "parameters")
    form.set("p.effect", "deny")
    assert numbers(form.press("tab", "impact")) == {"Refused": 1}
    assert stored().parameters["effect"] == {"value": "audit"}


def test_the_number_on_the_tab_comes_by_itself(pods: None, form: WebForm, browser: Client) -> None:
    form.set("scope", RG_DEMO)
    form = form.press("tab", "parameters")
    form.set("p.effect", "deny")
    asking = form.one("#impact-count")
    body = urlencode([*form.fields, *json.loads(str(asking["hx-vals"])).items()])
    answer = browser.post(
        str(asking["hx-post"]),
        body,
        content_type="application/x-www-form-urlencoded",
        headers={"HX-Request": "true"},
    )
    assert answer.status_code == 200
    assert "1 newly refused" in answer.content.decode()
    assert "<form" not in answer.content.decode()


def test_looking_stores_nothing(pods: None, form: WebForm) -> None:
    impact(form)
    assert not Assignment.objects.exists()


def test_a_cluster_costs_the_tab_a_handful_of_queries_whatever_it_holds(
    pods: None, form: WebForm, browser: Client, django_assert_max_num_queries: object
) -> None:
    form.set("scope", RG_DEMO)
    body = urlencode([*form.press("tab", "parameters").fields, ("tab", "impact")])
    with django_assert_max_num_queries(32):  # type: ignore[operator]
        browser.post(
            str(form.tag["action"]), body, content_type="application/x-www-form-urlencoded"
        )
