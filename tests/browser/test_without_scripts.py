"""Every link and form works where JavaScript is off."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, OpenPage, ends_with
from tests.factories import make_policy

pytestmark = pytest.mark.browser

LIST = "/policy/definitions"


@pytest.fixture
def plain(open_page: OpenPage) -> Page:
    """A page whose scripts do not run."""
    return open_page(java_script_enabled=False)


def test_filters_apply_by_a_button(plain: Page) -> None:
    make_policy("elsewhere", category="Storage")
    plain.goto(LIST)
    plain.get_by_role("searchbox", name="Search by name or id").fill("policy")
    plain.locator("summary", has_text="Category").click()
    plain.get_by_label("Storage").check()
    plain.get_by_role("button", name="Apply").click()
    expect(plain.locator("tbody th")).to_have_text(["Policy elsewhere"])
    expect(plain.locator("#category-label")).to_have_text("Storage")


def test_columns_sort_and_rows_lead_on(plain: Page) -> None:
    plain.goto(LIST)
    plain.get_by_role("link", name="Category").click()
    expect(plain.get_by_role("columnheader", name="Category")).to_have_attribute(
        "aria-sort", "ascending"
    )
    plain.locator("tbody summary").first.click()
    plain.locator("tbody details").first.get_by_role("link", name="View").click()
    plain.get_by_role("link", name="Parameters").click()
    expect(plain.get_by_role("link", name="Parameters")).to_have_attribute("aria-current", "page")


def test_nothing_is_offered_that_needs_scripts(plain: Page) -> None:
    plain.goto(LIST)
    expect(plain.get_by_role("button", name="Theme")).to_be_hidden()
    plain.locator("tbody summary").first.click()
    expect(plain.get_by_role("button", name="Copy definition ID")).to_have_count(0)


def test_on_a_phone_the_menu_is_there_unfolded(open_page: OpenPage) -> None:
    page = open_page(java_script_enabled=False, viewport=PHONE)
    page.goto("/")
    expect(page.locator("#sidenav").get_by_role("link", name="Definitions")).to_be_visible()


def test_a_password_signs_in_and_the_account_menu_signs_out(
    open_page: OpenPage, alice: User
) -> None:
    alice.set_password("a long enough password")
    alice.save()
    page = open_page(java_script_enabled=False, signed_in=False)
    page.goto(LIST)
    page.get_by_label("User name").fill("alice")
    page.get_by_label("Password").fill("a long enough password")
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(ends_with(LIST))
    page.locator("summary", has_text="alice").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
