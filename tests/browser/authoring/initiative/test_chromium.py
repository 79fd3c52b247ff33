"""An initiative from its first tab to its assignment in a real Chromium, on a desk and a phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from policy_app.models import Assignment, Definition
from tests.browser.conftest import PHONE, OpenPage, Violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TABS = ("Basics", "Policies", "Groups", "Initiative parameters", "Policy parameters", "Review")


def tab(page: Page, name: str) -> None:
    """Turn to a tab."""
    page.get_by_role("navigation", name="Steps").get_by_role("button", name=name).click()
    expect(page.locator('#initiative [aria-current="step"]')).to_contain_text(name)


def pick(page: Page, text: str) -> None:
    """Add a policy with the picker."""
    page.get_by_role("button", name="Add policy definitions").click()
    page.get_by_label("Search policies by name").fill(text)
    expect(page.locator("#choices [role=status]")).to_have_text("Showing 1 to 1 of 1.")
    page.locator("#choices input").check()
    page.get_by_role("button", name="Add the chosen ones").click()
    expect(page.get_by_role("button", name="Add policy definitions")).to_be_visible()


def test_an_initiative_with_the_same_policy_twice_is_made_and_assigned(
    open_page: OpenPage, violations: Violations, own: Definition
) -> None:
    page = open_page()
    page.goto("/policy/definitions")
    page.get_by_role("link", name="Initiative definition", exact=True).click()
    page.get_by_label("Name", exact=True).fill("Two labels")
    tab(page, "Policies")
    pick(page, "Pods carry")
    pick(page, "Pods carry")
    expect(page.get_by_label("Reference id of Pods carry a label, row 2")).to_have_value(
        "PodsCarryALabel2"
    )

    tab(page, "Policy parameters")
    second = page.get_by_role("group", name="PodsCarryALabel2")
    second.get_by_label("label: value type").select_option("Set value")
    second.get_by_role("textbox").fill("owner")
    first = page.get_by_role("group", name="PodsCarryALabel Pods carry a label", exact=True)
    first.get_by_label("effect: value type").select_option("Use initiative parameter")
    first.get_by_role("button", name="New parameter").click()
    expect(first.locator("select").nth(1)).to_have_value("effect")
    expect(second.get_by_role("textbox")).to_have_value("owner")

    tab(page, "Groups")
    page.get_by_role("button", name="Create a group").click()
    page.locator("#group-name").fill("labels")
    page.keyboard.press("Enter")
    page.get_by_label("PodsCarryALabel2").check()
    for width in (PHONE["width"], 1440):
        page.set_viewport_size({"width": width, "height": 900})
        for name in TABS:
            tab(page, name)
            assert violations(page) == [], name
            assert page.evaluate("document.documentElement.scrollWidth") == width, name
        page.emulate_media(color_scheme="dark")
    expect(page.locator("#panel-review")).to_contain_text("Validation passed.")

    page.get_by_role("button", name="Create", exact=True).click()
    expect(page.locator(".message-success")).to_contain_text("is created as version 1.0.0")
    row = Definition.objects.get(display_name="Two labels")
    given = [one["parameters"] for one in row.versions.get().body["policyDefinitions"]]
    assert given == [
        {"effect": {"value": "[parameters('effect')]"}},
        {"label": {"value": "owner"}},
    ]
    page.get_by_role("link", name="Assign", exact=True).click()
    page.locator("#assign-scope").click()
    dialog = page.get_by_role("dialog", name="Scope")
    dialog.get_by_label("rg-demo").check()
    dialog.get_by_role("button", name="Use this scope").click()
    page.get_by_role("button", name="Review + create").first.click()
    page.get_by_role("button", name="Create", exact=True).click()
    expect(page.locator(".message-success")).to_be_visible()
    assert Assignment.objects.get().definition == row


def test_the_json_editor_opens_from_the_form_and_leads_back(
    open_page: OpenPage, own: Definition
) -> None:
    page = open_page()
    page.goto("/policy/initiatives/new")
    page.get_by_label("Name", exact=True).fill("Ours")
    tab(page, "Policies")
    pick(page, "Pods carry")
    page.get_by_label("Reference id of Pods carry a label, row 1").fill("mine")
    page.get_by_role("button", name="Edit as JSON").click()
    text = page.locator("#author-text")
    assert '"mine"' in text.input_value()
    text.fill(text.input_value().replace('"mine"', '"ours"'))
    page.get_by_role("button", name="Edit as form").click()
    tab(page, "Policies")
    expect(page.get_by_label("Reference id of Pods carry a label, row 1")).to_have_value("ours")
    tab(page, "Basics")
    expect(page.get_by_label("Name", exact=True)).to_have_value("Ours")
