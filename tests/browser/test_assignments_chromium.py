"""Assignments in a real Chromium: filters without a reload, the deletion dialog, accessibility."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from policy_app.models import Assignment, Definition, Scope
from policy_app.services import assignments, drafts
from tests.browser.conftest import PHONE, OpenPage, Violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TABS = ("force", "policies", "parameters", "history", "request")


@pytest.fixture
def row(baseline: Definition, rg_demo: Scope, alice: User) -> Assignment:
    """The baseline initiative at rg-demo, changed once."""
    draft = drafts.AssignmentDraft(rg_demo, "baseline", baseline, display_name="Baseline")
    assignments.put(draft, by=alice)
    draft.parameters = {"effect": "Deny"}
    return assignments.put(draft, by=alice)[0]


def view(row: Assignment, tab: str) -> str:
    """The address of an assignment's page."""
    return f"/policy/assignments/view?{urlencode({'id': row.arm_id, 'tab': tab})}"


def ask_to_delete(page: Page) -> None:
    """Open the menu of the only row, and its last entry."""
    page.goto("/policy/assignments")
    page.locator("tbody summary").click()
    page.get_by_role("link", name="Delete assignment").click()


def test_filters_change_the_rows_and_the_address(page: Page, row: Assignment) -> None:
    page.goto("/policy/assignments")
    page.get_by_label("Type :").select_option("Policy")

    expect(page.get_by_text("No assignment matches these filters.")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/policy/assignments\?kind=policy$"))
    page.get_by_label("Type :").select_option("All")
    expect(page.get_by_role("link", name="Baseline", exact=True)).to_be_visible()


def test_deleting_asks_in_a_dialog_and_says_what_was_lifted(page: Page, row: Assignment) -> None:
    ask_to_delete(page)
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("What its 5 policies refuse today will be let in on aks-demo")
    expect(dialog.get_by_role("link", name="Cancel")).to_be_focused()

    dialog.get_by_role("button", name="Delete").click()

    expect(page.locator(".message-success")).to_contain_text(
        "“Baseline” is deleted. Its 5 policies no longer refuse anything on aks-demo."
    )
    assert not Assignment.objects.exists()


def test_cancelling_keeps_the_assignment_and_the_place(page: Page, row: Assignment) -> None:
    ask_to_delete(page)
    page.get_by_role("dialog").get_by_role("link", name="Cancel").click()

    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page).to_have_url(re.compile("/policy/assignments$"))
    assert Assignment.objects.exists()


def test_tabs_change_without_a_reload(page: Page, row: Assignment) -> None:
    page.goto(view(row, "force"))
    page.evaluate("window.notReloaded = true")

    page.get_by_role("link", name="History").press("Enter")

    expect(page.get_by_text("Parameter effect")).to_be_visible()
    expect(page.get_by_role("link", name="History")).to_be_focused()
    assert page.evaluate("window.notReloaded")


def test_a_constraint_unfolds_as_yaml(page: Page, row: Assignment) -> None:
    page.goto(view(row, "force"))
    page.locator("summary", has_text="azurepolicy-k8sazurev2noprivilege-").click()

    code = page.get_by_role("region", name=re.compile("azurepolicy-k8sazurev2noprivilege-"))
    expect(code).to_contain_text("enforcementAction: deny")


def test_deleting_works_without_scripts(open_page: OpenPage, row: Assignment) -> None:
    page = open_page(java_script_enabled=False)
    ask_to_delete(page)
    expect(page).to_have_url(re.compile("/policy/assignments/delete"))

    page.get_by_role("button", name="Delete").click()

    expect(page.locator(".message-success")).to_contain_text("is deleted")


@pytest.mark.parametrize("tab", TABS)
def test_axe_finds_nothing_on_any_tab(
    open_page: OpenPage, row: Assignment, tab: str, violations: Violations
) -> None:
    page = open_page(color_scheme="light")
    page.goto(view(row, tab))
    for fold in page.locator("#tabbed details > summary").all():
        fold.click()

    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    assert violations(page) == []


def test_axe_finds_nothing_on_the_list_and_in_its_dialog(
    open_page: OpenPage, row: Assignment, violations: Violations
) -> None:
    page = open_page(color_scheme="light")
    page.goto("/policy/assignments")
    assert violations(page) == []
    ask_to_delete(page)
    expect(page.get_by_role("dialog")).to_be_visible()
    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    assert violations(page) == []


def test_nothing_is_wider_than_a_phone(
    open_page: OpenPage, row: Assignment, violations: Violations
) -> None:
    page = open_page(viewport=PHONE)
    delete = f"/policy/assignments/delete?{urlencode({'id': row.arm_id})}"
    for address in ("/policy/assignments", delete, *(view(row, tab) for tab in TABS)):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"], address
        assert violations(page) == [], address
