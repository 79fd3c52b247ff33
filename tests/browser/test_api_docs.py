"""The API docs: part of the portal, for eyes, keyboards, screen readers and phones."""

from __future__ import annotations

import pytest
from playwright.sync_api import ConsoleMessage, Page, expect

from tests.browser.conftest import DESK, PHONE, OpenPage, Violations, ends_with

pytestmark = pytest.mark.browser

CREATE = "#operations-PolicyAssignments-PolicyAssignments_CreateAtManagementGroup"
SIZES = {"desk": DESK, "phone": PHONE}
NOT_NAMED = """() => [...document.querySelectorAll("#swagger-ui :is(input, select, textarea)")]
    .filter((e) => !e.labels?.length && !e.ariaLabel).map((e) => e.outerHTML)"""


def visit(page: Page) -> None:
    """Go there, and open the group of an operation once the schema has been read."""
    page.goto("/schema/docs")
    unfold(page, "PolicyAssignments")
    expect(page.locator(CREATE)).to_be_visible()


def unfold(page: Page, group: str) -> None:
    """Open a group of operations."""
    head = page.locator(f"#operations-tag-{group}")
    expect(head).to_be_visible()
    head.locator("button.expand-operation").click()


def expand(page: Page) -> None:
    """Open an operation that has parameters, a body and answers, ready to be filled in."""
    operation = page.locator(CREATE)
    operation.locator(".opblock-summary-control").click()
    operation.get_by_role("button", name="Try it out").click()
    expect(operation.get_by_role("textbox", name="policyAssignmentName")).to_be_enabled()
    expect(operation.locator(".responses-table pre").first).to_be_visible()


def width(page: Page) -> int:
    """How wide the document is, in pixels."""
    found: int = page.evaluate("document.documentElement.scrollWidth")
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing_and_the_page_fits(
    open_page: OpenPage, violations: Violations, size: str, scheme: str
) -> None:
    page = open_page(viewport=SIZES[size], color_scheme=scheme)
    visit(page)
    assert violations(page) == []
    assert width(page) == SIZES[size]["width"]
    expand(page)
    assert violations(page) == []
    assert width(page) == SIZES[size]["width"]


def test_axe_finds_nothing_in_the_window_that_asks_for_a_token(
    open_page: OpenPage, violations: Violations
) -> None:
    page = open_page(viewport=PHONE)
    visit(page)
    page.get_by_role("button", name="Authorize").click()
    dialog = page.get_by_role("dialog", name="Available authorizations")
    expect(dialog.get_by_role("heading", name="Available authorizations")).to_be_visible()
    assert violations(page) == []
    dialog.get_by_role("button", name="Close").first.click()
    expect(dialog).to_have_count(0)


def test_the_page_has_one_title_and_one_main_part_and_leads_back_to_the_portal(page: Page) -> None:
    visit(page)
    expect(page.get_by_role("main")).to_have_count(1)
    expect(page.get_by_role("heading", level=1)).to_have_text(["Policy Portal REST API"])
    expect(page.get_by_role("link", name="API docs")).to_have_attribute("aria-current", "page")
    page.get_by_role("navigation", name="Breadcrumb").get_by_role("link", name="Policy").click()
    expect(page).to_have_url(ends_with("/"))


def test_who_has_not_signed_in_reads_the_docs_without_an_empty_menu(
    open_page: OpenPage, violations: Violations
) -> None:
    page = open_page(signed_in=False)
    visit(page)
    expect(page.locator("#sidenav")).to_have_count(0)
    expect(page.get_by_role("link", name="Policy Portal")).to_have_attribute("href", "/")
    assert violations(page) == []


def test_the_chosen_theme_colours_the_docs_too(page: Page) -> None:
    page.emulate_media(color_scheme="light")
    visit(page)
    colour = f"getComputedStyle(document.querySelector('{CREATE}')).backgroundColor"
    light = page.evaluate(colour)
    page.get_by_role("button", name="Theme").click()
    page.get_by_role("button", name="Theme").click()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    assert page.evaluate(colour) != light


def test_an_operation_opens_and_closes_with_the_keyboard(page: Page) -> None:
    visit(page)
    row = page.locator(f"{CREATE} .opblock-summary-control")
    expect(row).to_have_attribute("aria-expanded", "false")
    row.press("Enter")
    expect(row).to_have_attribute("aria-expanded", "true")
    row.press("Enter")
    expect(row).to_have_attribute("aria-expanded", "false")


def test_every_field_of_an_operation_has_a_name(page: Page) -> None:
    visit(page)
    expand(page)
    operation = page.locator(CREATE)
    expect(operation.get_by_role("textbox", name="Request body")).to_be_visible()
    expect(operation.get_by_role("combobox", name="Example")).to_be_visible()
    assert page.evaluate(NOT_NAMED) == []


def test_an_operation_is_carried_out_with_the_session_and_the_console_stays_silent(
    page: Page,
) -> None:
    said: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        said.append(message.text)

    page.on("console", hear)
    visit(page)
    unfold(page, "PolicyDefinitions")
    operation = page.locator("#operations-PolicyDefinitions-PolicyDefinitions_ListAtTenant")
    operation.locator(".opblock-summary-control").click()
    operation.get_by_role("button", name="Try it out").click()
    operation.get_by_role("textbox", name="$top").fill("1")
    operation.get_by_role("button", name="Execute").click()
    expect(operation.locator(".live-responses-table .response-col_status").last).to_have_text("200")
    assert said == []
