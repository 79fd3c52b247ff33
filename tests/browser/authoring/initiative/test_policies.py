"""Policies of an initiative: picked, named, pinned, ordered and removed."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager

from django.test import Client

from policy_app.models import Definition, Scope
from policy_app.services import authoring
from tests.browser.authoring.initiative.editor import (
    NEW,
    again,
    draft,
    opened,
    pressed,
    ready,
    turned,
    with_policy,
)
from tests.browser.html_forms import WebForm
from tests.estate_fixtures import BASELINE
from tests.factories import make_many_policies
from tests.services.authoring.bodies import policy

AtMost = Callable[[int], AbstractContextManager[None]]
QUERIES = 25
PRIVILEGED = (
    "/providers/Microsoft.Authorization/policyDefinitions/95edb821-ddaf-4404-9732-666045e056b4"
)


def references(form: WebForm) -> list[str]:
    """The reference ids of the draft, in their order."""
    return [one.get("policyDefinitionReferenceId", "") for one in draft(form)["policyDefinitions"]]


def found(form: WebForm) -> list[str]:
    """The policies that the picker shows."""
    return [one.get_text(" ", strip=True) for one in form.page.select("#choices li")]


def test_the_same_policy_twice_gets_two_reference_ids(browser: Client, own: Definition) -> None:
    form = with_policy(ready(browser, own), own.arm_id)
    assert references(form) == ["PodsCarryALabel", "PodsCarryALabel2"]
    assert form.send("tab", "review").status_code == 200
    form = turned(form, "review")
    assert form.errors() == []
    assert form.send("save", "1").status_code == 302
    body = Definition.objects.get(name="labels").versions.get().body
    assert [one["policyDefinitionId"] for one in body["policyDefinitions"]] == [own.arm_id] * 2


def test_a_policy_is_pinned_to_its_major_version_until_another_is_chosen(
    browser: Client, own: Definition
) -> None:
    form = ready(browser, own)
    assert form.get("version.0") == "1.*.*"
    form.set("version.0", "1.0.0")
    form = turned(form, "review")
    assert draft(form)["policyDefinitions"][0]["definitionVersion"] == "1.0.0"
    form = turned(form, "policies")
    form.set("version.0", "")
    assert "definitionVersion" not in draft(turned(form, "review"))["policyDefinitions"][0]


def test_a_version_that_does_not_exist_is_told_at_its_field(
    browser: Client, own: Definition
) -> None:
    form = ready(browser, own)
    form.set("version.0", "7.*.*")
    form = turned(form, "review")
    assert "no version that fits '7.*.*'" in " ".join(form.errors())
    form = pressed(form, "go", "policies:version-0")
    assert form.get("version.0") == "7.*.*"
    assert "no version that fits" in form.one("#version-0-error").get_text()


def test_a_reference_id_that_stands_twice_is_told_and_kept(
    browser: Client, own: Definition
) -> None:
    form = with_policy(ready(browser, own), own.arm_id)
    form.set("reference.1", "podscarryalabel")
    form = turned(form, "review")
    (fault,) = form.errors()
    assert "which another member already has" in fault
    form = pressed(form, "go", "policies:reference-1")
    assert form.get("reference.1") == "podscarryalabel"
    assert form.one("#reference-1")["aria-invalid"] == "true"
    form = turned(form, "review")
    assert again(form, form.send("save", "1")).errors()
    assert not Definition.objects.filter(name="labels").exists()


def test_an_emptied_reference_id_is_made_up_by_the_save(browser: Client, own: Definition) -> None:
    form = ready(browser, own)
    form.set("reference.0", "")
    assert turned(form, "review").send("save", "1").status_code == 302
    body = Definition.objects.get(name="labels").versions.get().body
    assert body["policyDefinitions"][0]["policyDefinitionReferenceId"] == "policy1"


def test_policies_change_places_and_go(browser: Client, own: Definition) -> None:
    form = with_policy(ready(browser, own), PRIVILEGED)
    first, second = references(form)
    form = pressed(form, "move", "down:0")
    assert references(form) == [second, first]
    form = pressed(form, "move", "up:1")
    assert references(form) == [first, second]
    assert references(pressed(form, "drop_member", "0")) == [second]


def test_a_policy_that_there_is_not_is_told(browser: Client, own: Definition) -> None:
    body = draft(ready(browser, own))
    body["policyDefinitions"][0]["policyDefinitionId"] = f"{own.arm_id}-gone"
    answer = browser.post(
        NEW,
        {"text": json.dumps(body), "display_name": "x", "name": "y", "scope": own.scope.arm_id},  # type: ignore[union-attr]
    )
    form = turned(WebForm.read(browser, answer.content, "#initiative"), "review")
    assert "could not be found" in " ".join(form.errors())
    form = turned(form, "values")
    assert "could not be found" in form.text
    assert "Not found" in turned(form, "policies").text


def test_an_initiative_without_policies_is_refused(browser: Client, subscription: Scope) -> None:
    form = opened(browser)
    form.set("scope", subscription.arm_id)
    form.set("display_name", "Empty")
    form = turned(form, "review")
    (fault,) = form.errors()
    assert "at least one policy definition" in fault
    assert pressed(form, "go", "policies:add-policies").one("#add-policies").has_attr("autofocus")


def test_a_thousand_policies_are_the_most(browser: Client, own: Definition) -> None:
    form = ready(browser, own)
    body = draft(form)
    (only,) = body["policyDefinitions"]
    body["policyDefinitions"] = [
        {**only, "policyDefinitionReferenceId": f"r{number}"} for number in range(1_001)
    ]
    form.set("text", json.dumps(body))
    form.set("reference.0", "r0")
    form = turned(turned(form, "groups"), "policies")
    (fault,) = form.errors()
    assert "may have 1,000 policies; this one has 1,001" in fault
    form = pressed(form, "turn", "41")
    assert form.get("reference.1000") == "r1000"
    assert pressed(form, "drop_member", "1000").errors() == []


def test_the_picker_searches_filters_and_keeps_what_is_ticked(
    browser: Client, own: Definition
) -> None:
    make_many_policies(45)
    form = pressed(turned(opened(browser), "policies"), "open_finding", "1")
    form.set("find", "one of MANY")
    form.set("find_category", "Category 3")
    form = pressed(form, "found", "1")
    assert found(form)[0].startswith("One of many policies 00003")
    assert len(found(form)) == 5
    ticked = form.page.select_one("#choices input")
    assert ticked is not None
    form.set("choose", str(ticked["value"]))
    form.set("find_category", "")
    form = pressed(form, "found", "1")
    form = pressed(form, "found", "2")
    assert form.all("choose") == [ticked["value"]]
    assert "Showing 21 to 40 of 45." in form.text
    form = pressed(form, "add_chosen", "1")
    assert references(form) == ["OneOfManyPolicies00003"]


def test_initiatives_and_policies_of_other_places_are_not_offered(
    browser: Client, own: Definition, subscription: Scope
) -> None:
    form = pressed(turned(opened(browser), "policies"), "open_finding", "1")
    form.set("choose", f"/providers/Microsoft.Authorization/policySetDefinitions/{BASELINE}")
    form = pressed(form, "add_chosen", "1")
    assert references(form) == []
    form = pressed(form, "open_finding", "1")
    form.set("find", "Pods carry a label")
    assert len(found(pressed(form, "found", "1"))) == 1
    assert subscription.parent is not None
    form.set("scope", subscription.parent.arm_id)
    form = pressed(form, "found", "1")
    assert found(form) == []
    assert "No policy fits." in form.text


def test_five_thousand_definitions_and_many_members_need_few_queries(
    browser: Client,
    subscription: Scope,
    django_assert_max_num_queries: AtMost,
) -> None:
    make_many_policies(5_000)
    form = opened(browser)
    form.set("scope", subscription.arm_id)
    body = {
        "policyDefinitions": [
            {"policyDefinitionReferenceId": f"r{number}", "policyDefinitionId": one.arm_id}
            for number, one in enumerate(Definition.objects.filter(category="Category 1")[:60])
        ]
    }
    form.set("text", json.dumps(body))
    for tab in ("groups", "parameters", "values", "review", "policies"):
        with django_assert_max_num_queries(QUERIES):
            form = turned(form, tab)
    with django_assert_max_num_queries(QUERIES):
        form = pressed(form, "open_finding", "1")
    assert "Showing 1 to 20 of" in form.text
    with django_assert_max_num_queries(QUERIES):
        form = pressed(form, "turn", "3")
    assert form.all("seen") == [str(number) for number in range(50, 60)]


def test_a_policy_that_is_changed_meanwhile_is_checked_as_it_is_now(
    browser: Client, own: Definition, subscription: Scope
) -> None:
    form = ready(browser, own)
    parameters = policy()["properties"]["parameters"] | {"label": {"type": "String"}}
    authoring.put(subscription, "own", policy(parameters=parameters), None)
    form.set("version.0", "2.*.*")
    form = turned(form, "review")
    assert "needs a value for 'label'" in " ".join(form.errors())
