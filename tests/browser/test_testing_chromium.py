"""The report of a test in a real Chromium: axe in both schemes, and a phone's width."""

from __future__ import annotations

import pytest
import yaml
from playwright.sync_api import Page, expect

from policy_app.models import Scope
from tests.browser.conftest import PHONE, OpenPage, Violations
from tests.services.test_admission import (
    MAKE_READ_ONLY,
    NO_PRIVILEGE,
    PRIVILEGED,
    assign,
    pod,
    workload,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def show_report(page: Page) -> None:
    """Test a Pod that is changed, and workloads whose Pods are refused."""
    things = [pod(PRIVILEGED), workload("Deployment", PRIVILEGED), workload("CronJob", PRIVILEGED)]
    page.goto("/policy/test")
    page.locator("textarea").fill(yaml.safe_dump_all(things))
    page.locator("#test-form").get_by_role("button", name="Test", exact=True).click()
    expect(page.locator(".test-made-card")).to_have_count(3)


@pytest.fixture
def _policies(portal: None, rg_demo: Scope) -> None:
    assign(rg_demo, NO_PRIVILEGE, effect="Deny")
    assign(rg_demo, MAKE_READ_ONLY, source="All")


@pytest.mark.usefixtures("_policies")
def test_axe_finds_nothing_in_a_report_with_changes(page: Page, violations: Violations) -> None:
    page.emulate_media(color_scheme="light")
    show_report(page)
    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    assert violations(page) == []


@pytest.mark.usefixtures("_policies")
def test_a_report_with_changes_is_no_wider_than_a_phone(open_page: OpenPage) -> None:
    page = open_page(viewport=PHONE)
    show_report(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
