"""Everything by keyboard, and what scripts add: menus, filters without a reload, the theme."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, OpenPage, ends_with
from tests.factories import make_policy

pytestmark = pytest.mark.browser

LIST = "/policy/definitions"
PRIVILEGED = "Kubernetes cluster should not allow privileged containers"


def test_the_first_stop_skips_to_the_content(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_a_row_menu_opens_moves_and_closes_by_keyboard(page: Page) -> None:
    page.goto(f"{LIST}?search=privileged+containers")
    summary = page.locator("tbody summary").first
    summary.focus()
    page.keyboard.press("ArrowDown")
    menu = page.locator("tbody details").first
    expect(menu.get_by_role("link", name="View")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(menu.get_by_role("link", name="Assign")).to_be_focused()
    page.keyboard.press("End")
    expect(menu.get_by_role("link", name="Export JSON")).to_be_focused()
    page.keyboard.press("Escape")
    expect(menu).not_to_have_attribute("open", "")
    expect(summary).to_be_focused()


def test_a_click_elsewhere_closes_a_menu(page: Page) -> None:
    page.goto(LIST)
    menu = page.locator("tbody details").first
    menu.locator("summary").click()
    expect(menu.get_by_role("link", name="View")).to_be_visible()
    page.locator("h1").click()
    expect(menu.get_by_role("link", name="View")).to_be_hidden()


def test_search_filters_while_typing_and_keeps_the_focus_and_the_address(page: Page) -> None:
    page.goto(LIST)
    box = page.get_by_role("searchbox", name="Search by name or id")
    box.press_sequentially("privileged containers")
    expect(page.locator("#results-status")).to_contain_text("Showing 1 to 1 of 1 definition.")
    expect(page.get_by_role("link", name=PRIVILEGED)).to_be_visible()
    expect(box).to_be_focused()
    expect(page).to_have_url(re.compile(r"\?search=privileged(\+|%20)containers$"))


def test_going_back_leads_past_what_was_typed(page: Page) -> None:
    page.goto("/")
    page.goto(LIST)
    box = page.get_by_role("searchbox", name="Search by name or id")
    for typed in ("privileged", "privileged containers"):
        box.fill(typed)
        expect(page).to_have_url(re.compile(f"search={typed.replace(' ', '(%20|[+])')}$"))
    box.press("Enter")
    page.get_by_label("Definition type :").select_option("Policy")
    expect(page).to_have_url(re.compile("kind=policy"))
    page.go_back()
    expect(page).to_have_url(re.compile(r"\?search=privileged(%20|[+])containers$"))
    page.go_back()
    expect(page).to_have_url(ends_with("/"))


def test_leaving_the_search_box_does_not_search_again(page: Page) -> None:
    page.goto(LIST)
    box = page.get_by_role("searchbox", name="Search by name or id")
    box.press_sequentially("privileged containers")
    expect(page.locator("#results-status")).to_contain_text("Showing 1 to 1 of 1 definition.")
    page.evaluate("document.querySelector('#results table').dataset.mine = 'kept'")
    box.press("Tab")
    page.wait_for_timeout(500)
    expect(page.locator("#results table")).to_have_attribute("data-mine", "kept")


def test_a_newer_search_takes_the_place_of_one_that_is_not_answered(page: Page) -> None:
    page.goto(LIST)
    page.route("**/definitions?search=*", lambda route: None, times=1)
    box = page.get_by_role("searchbox", name="Search by name or id")
    with page.expect_request("**/definitions?search=*"):
        box.fill("host")
    box.fill("privileged containers")
    expect(page.locator("#results tbody th")).to_have_text([PRIVILEGED])


def test_select_all_off_then_one_category(page: Page) -> None:
    make_policy("elsewhere", category="Storage")
    page.goto(LIST)
    page.locator("summary", has_text="Category").click()
    group = page.get_by_role("group", name="Categories")
    expect(group.get_by_label("Kubernetes")).to_be_checked()
    group.get_by_label("Select all").uncheck()
    expect(group.get_by_label("Kubernetes")).not_to_be_checked()
    group.get_by_label("Storage").check()
    expect(page.locator("#category-label")).to_have_text("Storage")
    expect(page.locator("#results tbody th")).to_have_text(["Policy elsewhere"])
    expect(page).to_have_url(ends_with("?category=Storage"))
    group.get_by_label("Select all").check()
    expect(page.locator("#category-label")).to_have_text("All")
    expect(page).to_have_url(ends_with(LIST))


def test_a_sorted_column_keeps_the_focus_and_survives_a_filter(page: Page) -> None:
    page.goto(LIST)
    head = page.get_by_role("columnheader", name="Category")
    head.get_by_role("link").focus()
    page.keyboard.press("Enter")
    expect(head).to_have_attribute("aria-sort", "ascending")
    expect(head.get_by_role("link")).to_be_focused()
    page.get_by_label("Definition type :").select_option("Initiative")
    expect(page).to_have_url(re.compile("kind=initiative.*sort=category"))


def test_going_back_brings_the_page_before(page: Page) -> None:
    page.goto(LIST)
    page.get_by_label("Definition type :").select_option("Initiative")
    expect(page).to_have_url(re.compile("kind=initiative"))
    page.go_back()
    expect(page).to_have_url(ends_with(LIST))
    expect(page.get_by_role("heading", level=1)).to_have_text("Policy")
    expect(page.get_by_label("Definition type :")).to_have_value("")


def test_tabs_change_without_a_reload(page: Page) -> None:
    page.goto(f"{LIST}?search=privileged+containers")
    page.get_by_role("link", name=PRIVILEGED).click()
    page.evaluate("window.notReloaded = true")
    page.get_by_role("link", name="Parameters").press("Enter")
    expect(page.get_by_role("rowheader", name="excludedNamespaces")).to_be_visible()
    expect(page.get_by_role("link", name="Parameters")).to_have_attribute("aria-current", "page")
    expect(page.get_by_role("link", name="Parameters")).to_be_focused()
    assert page.evaluate("window.notReloaded")


def test_a_definition_id_is_copied(open_page: OpenPage) -> None:
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    page.goto(f"{LIST}?search=privileged+containers")
    page.locator("tbody summary").first.click()
    page.get_by_role("button", name="Copy definition ID").click()
    expect(page.locator("#toast")).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.endswith("policyDefinitions/95edb821-ddaf-4404-9732-666045e056b4")


def test_the_theme_is_chosen_and_kept(open_page: OpenPage) -> None:
    page = open_page(color_scheme="light")
    page.goto("/")
    button = page.get_by_role("button", name="Theme")
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    button.click()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    button.click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.reload()
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert dark != light
    button.click()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == light


def test_on_a_phone_the_menu_unfolds_and_escape_folds_it(open_page: OpenPage) -> None:
    page = open_page(viewport=PHONE)
    page.goto("/")
    entry = page.locator("#sidenav").get_by_role("link", name="Definitions")
    expect(entry).to_be_hidden()
    page.get_by_role("button", name="Menu").click()
    expect(entry).to_be_visible()
    page.keyboard.press("Escape")
    expect(entry).to_be_hidden()
    expect(page.get_by_role("button", name="Menu")).to_be_focused()
