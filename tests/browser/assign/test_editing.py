"""The same tabs over a stored assignment, and over a copy of one."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import User
from django.test import Client

from policy_app.models import Assignment, Definition, Scope
from policy_app.services import assignments, drafts
from tests.browser.assign.wizard import GROUP, RG_DEMO, stored
from tests.browser.html_forms import WebForm


@pytest.fixture
def row(baseline: Definition, rg_demo: Scope) -> Assignment:
    """An assignment with a field that the wizard does not show."""
    draft = drafts.AssignmentDraft(
        scope=rg_demo,
        name="baseline",
        definition=baseline,
        definition_version="1.*.*",
        display_name="Baseline",
        parameters={"effect": "deny", "namespaces": []},
        overrides=[
            {
                "kind": "policyEffect",
                "value": "Audit",
                "selectors": [{"kind": "policyDefinitionReferenceId", "in": ["NoHostPathVolume"]}],
            }
        ],
    )
    return assignments.put(draft, by=None)[0]


@pytest.fixture
def edit(browser: Client, row: Assignment) -> WebForm:
    """The wizard over it."""
    return WebForm.open(browser, f"/policy/assignments/edit?{urlencode({'id': row.arm_id})}")


def test_scope_and_name_are_fixed(edit: WebForm) -> None:
    assert not edit.page.select('[name="scope"], [name="name"]')
    edit.fields += [("scope", GROUP), ("name", "other")]

    edit.press("tab", "review").send("save", "1")

    assert (
        stored().arm_id == f"{RG_DEMO}/providers/Microsoft.Authorization/policyAssignments/baseline"
    )


def test_what_is_not_touched_stays_as_it_was(edit: WebForm, row: Assignment) -> None:
    edit.set("display_name", "Baseline, renamed")

    review = edit.press("tab", "review")
    review.send("save", "1")

    after = stored()
    assert "Overrides 1, kept as assigned" in review.text
    assert after.display_name == "Baseline, renamed"
    assert after.overrides == row.overrides
    assert after.parameters == {"effect": {"value": "deny"}, "namespaces": {"value": []}}


def test_saving_says_so_and_keeps_who_did_it(edit: WebForm, browser: Client, alice: User) -> None:
    edit.set("p.effect", "disabled")

    response = edit.press("tab", "review").send("save", "1")

    text = browser.get(response["Location"]).content.decode()
    assert "“Baseline” is saved." in text
    assert stored().updated_by == alice
    assert stored().history.first().history_user == alice


def test_somebody_elses_change_is_not_replaced_unawares(
    edit: WebForm, row: Assignment, alice: User
) -> None:
    edit.set("p.effect", "disabled")
    review = edit.press("tab", "review")
    theirs = drafts.from_assignment(row)
    theirs.description = "Theirs"
    assignments.put(theirs, by=alice)

    warned = WebForm.read(review.client, review.send("save", "1").content)

    assert warned.errors()[0].startswith("Assignment: alice changed this assignment at")
    assert stored().description == "Theirs"
    assert warned.send("save", "1").status_code == 302
    assert stored().parameters["effect"] == {"value": "disabled"}


def test_pressing_save_twice_saves_once(edit: WebForm, row: Assignment) -> None:
    edit.set("p.effect", "disabled")
    review = edit.press("tab", "review")

    first, second = review.send("save", "1"), review.send("save", "1")

    assert second.status_code == 302
    assert second["Location"] == first["Location"]
    assert row.history.count() == 2


def test_a_duplicate_starts_from_the_same_values_under_a_new_name(
    browser: Client, row: Assignment
) -> None:
    form = WebForm.open(browser, f"/policy/assign?{urlencode({'duplicate': row.arm_id})}")
    assert form.get("display_name") == "Copy of Baseline"
    assert form.get("scope") == RG_DEMO
    assert form.get("p.effect") == "deny"

    form.press("tab", "review").send("save", "1")

    copy = Assignment.objects.exclude(pk=row.pk).get()
    assert copy.name != row.name
    assert copy.parameters == row.parameters
    assert copy.overrides == row.overrides


def test_an_assignment_that_is_gone_is_said_in_a_sentence(browser: Client) -> None:
    arm_id = f"{RG_DEMO}/providers/Microsoft.Authorization/policyAssignments/gone"
    response = browser.get("/policy/assignments/edit", {"id": arm_id})

    assert response.status_code == 404
    assert "gone" in response.content.decode()
