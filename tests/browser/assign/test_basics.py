"""The Basics tab: scope, exclusions, names and the version."""

from __future__ import annotations

from urllib.parse import urlencode

from django.test import Client

from policy_app.models import Assignment, Definition, Scope
from policy_app.services import assignments, drafts
from tests.browser.assign.wizard import AKS_DEMO, GROUP, RG_DEMO, complete, stored
from tests.browser.html_forms import WebForm
from tests.estate_fixtures import SUBSCRIPTION


def test_the_scope_in_the_address_is_chosen(browser: Client, url: str) -> None:
    form = WebForm.open(browser, f"{url}&{urlencode({'scope': RG_DEMO.upper()})}")

    assert form.get("scope") == RG_DEMO
    assert "mg-demo / Demo subscription / rg-demo" in form.one("#assign-scope").get_text()


def test_a_scope_that_is_not_known_is_named(form: WebForm) -> None:
    review = complete(form, "/subscriptions/nowhere")

    assert "'/subscriptions/nowhere' is not known here" in review.errors()[0]
    assert "Choose a scope to see the request." in review.text


def test_exclusions_are_offered_below_the_scope_and_stored(form: WebForm) -> None:
    form.set("scope", RG_DEMO)
    form = form.press("pick", "assign-scope")
    assert [str(one["value"]) for one in form.page.select('[name="not_scopes"]')] == [AKS_DEMO]

    form.set("not_scopes", AKS_DEMO)
    review = form.press("tab", "review")
    review.send("save", "1")

    assert "No cluster is at rg-demo or below that is not left out" in review.text
    assert stored().not_scopes == [AKS_DEMO]


def test_another_scope_takes_its_exclusions_along(form: WebForm) -> None:
    form.set("scope", RG_DEMO)
    form.set("not_scopes", AKS_DEMO)
    form = form.press("pick", "assign-scope")

    form.set("scope", f"{SUBSCRIPTION}/resourceGroups/rg-staging")

    assert form.press("pick", "assign-scope").all("not_scopes") == []


def test_a_name_too_long_for_a_management_group_is_the_names_fault(form: WebForm) -> None:
    form.set("name", "a-name-of-more-than-24-characters")

    review = complete(form, GROUP)

    assert review.errors()[0].startswith("Resource name : ")
    field = review.press("go", "basics:assign-name").one("#assign-name")
    assert field["aria-invalid"] == "true"
    assert field["aria-describedby"] == "assign-name-error assign-name-hint"


def test_a_name_that_is_taken_is_the_names_fault(
    form: WebForm, baseline: Definition, rg_demo: Scope
) -> None:
    draft = drafts.AssignmentDraft(rg_demo, "taken", baseline, display_name="The first")
    assignments.put(draft, by=None)
    form.set("name", "TAKEN")

    review = complete(form)

    (error,) = review.errors()
    assert error.startswith("Resource name : 'The first' already has the name 'TAKEN'")
    assert Assignment.objects.count() == 1


def test_another_version_brings_its_own_parameters(browser: Client, portal: None) -> None:
    definition = Definition.objects.get(name="82985f06-dc18-4a48-bc1c-b9f4f0098cfe")
    url = f"/policy/assign?{urlencode({'definition': definition.arm_id})}"
    form = WebForm.open(browser, url)
    newest = set(form.all("seen"))

    form.set("definition_version", "6.*.*")
    older = form.press("tab", "parameters")

    assert older.get("definition_version") == "6.*.*"
    assert {"minPort", "maxPort"} <= set(older.all("seen"))
    assert newest != set(older.all("seen"))


def test_a_version_that_is_gone_is_the_versions_fault(form: WebForm) -> None:
    form.set("definition_version", "99.*.*")

    assert complete(form).errors()[0].startswith("Version : ")
