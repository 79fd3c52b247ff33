"""The pages of a cluster in a real Chromium: the switch, the timeline, filters, accessibility."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from policy_app.models import Cluster
from tests.browser.clusters.conftest import Create, pod
from tests.browser.conftest import PHONE, OpenPage, Violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

CLUSTER = "/clusters/aks-demo"
TABS = ("overview", "namespaces", "workloads", "objects", "events", "denied", "policies", "addon")
DEPLOYMENT = "group=apps&resource=deployments&namespace=shop-window&name=miner"
PAGES = (
    "/clusters",
    "/clusters?search=nothing-like-this",
    *(f"{CLUSTER}?tab={tab}" for tab in TABS),
    f"{CLUSTER}?tab=events&search=nothing-like-this",
    f"{CLUSTER}/-/object?{DEPLOYMENT}",
    f"{CLUSTER}/-/object?resource=secrets&namespace=shop-window&name=db",
    f"{CLUSTER}/-/addon?to=off",
    "/clusters/nowhere",
)


def unfold(page: Page) -> None:
    """Open everything that is folded on the page."""
    for fold in page.locator("main details.fold > summary").all():
        fold.click()


def test_the_addon_goes_off_and_comes_back_after_a_dialog(
    page: Page, filled: None, aks_demo: Cluster
) -> None:
    page.goto(f"{CLUSTER}?tab=addon")
    expect(page.locator(".cluster-step-done")).to_have_count(5)

    page.get_by_role("link", name="Disable add-on").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("link", name="Cancel")).to_be_focused()
    dialog.get_by_role("link", name="Cancel").click()
    expect(dialog).to_be_hidden()

    page.get_by_role("link", name="Disable add-on").click()
    dialog.get_by_role("button", name="Disable").click()
    expect(page.locator(".message-success")).to_contain_text("nothing is refused any more")
    aks_demo.refresh_from_db()
    assert not aks_demo.addon_enabled

    page.get_by_role("link", name="Enable add-on").click()
    dialog.get_by_role("button", name="Enable").click()
    expect(page.locator(".message-success")).to_contain_text("1 assignment reaches it")
    expect(page.get_by_text("In force", exact=True)).to_be_visible()


def test_the_addon_is_switched_without_scripts(open_page: OpenPage, filled: None) -> None:
    page = open_page(java_script_enabled=False)
    page.goto(f"{CLUSTER}?tab=addon")
    page.get_by_role("link", name="Disable add-on").click()
    page.get_by_role("button", name="Disable").click()
    expect(page.locator(".message-success")).to_contain_text("is off")
    page.get_by_role("link", name="Events").click()
    page.get_by_label("Type :").select_option("Warning")
    page.get_by_role("button", name="Apply").click()
    expect(page).to_have_url(re.compile("tab=events.*type=Warning|type=Warning.*tab=events"))


def test_azures_timing_lets_an_assignment_wait_for_sync_now(page: Page, filled: None) -> None:
    page.goto(f"{CLUSTER}?tab=addon")
    page.get_by_label("New assignments are taken over").select_option("azure")
    timing = page.locator("form").filter(has_text="New assignments are taken")
    timing.get_by_role("button", name="Save").click()
    expect(page.locator(".message-success")).to_contain_text("As in Azure")
    page.get_by_role("button", name="Sync now").click()
    expect(page.locator(".message-success")).to_contain_text("everything is installed")
    expect(page.get_by_text(re.compile("the next one at"))).to_be_visible()


def test_events_are_filtered_without_a_reload(page: Page, filled: None) -> None:
    page.goto(f"{CLUSTER}?tab=events")
    page.evaluate("window.notReloaded = true")

    page.get_by_label("Type :").select_option("Warning")
    expect(page.locator('tbody [data-label="Type"]', has_text="Normal")).to_have_count(0)
    expect(page).to_have_url(re.compile(r"\?tab=events&type=Warning$"))
    page.get_by_role("searchbox", name="Search by reason").fill("FailedCreate")
    expect(page.locator('tbody [data-label="Reason"]', has_text="FailedAdm")).to_have_count(0)
    expect(page.locator('tbody [data-label="Reason"]').first).to_have_text("FailedCreate")
    assert page.evaluate("window.notReloaded")


def test_events_come_by_themselves_while_they_are_followed(
    page: Page, filled: None, kubectl: Create
) -> None:
    page.goto(f"{CLUSTER}?tab=events&namespace=shop-window&search=late")
    page.get_by_role("link", name="Follow events").click()
    expect(page.get_by_role("link", name="Following: stop")).to_be_visible()
    kubectl("api/v1/namespaces/shop-window/pods", pod("late", privileged=True))
    expect(page.locator("tbody th").first).to_contain_text("Pod/late", timeout=15_000)


def test_tabs_change_without_a_reload_and_by_keyboard(page: Page, filled: None) -> None:
    page.goto(CLUSTER)
    page.evaluate("window.notReloaded = true")
    page.locator(".tabs").get_by_role("link", name="Workloads").press("Enter")
    row = page.get_by_role("row", name=re.compile("^miner Deployment"))
    row.locator("summary").press("Enter")
    expect(row).to_contain_text("Privileged container is not allowed")
    assert page.evaluate("window.notReloaded")
    page.go_back()
    expect(page.get_by_role("heading", name="Try it with kubectl")).to_be_visible()


@pytest.mark.parametrize("address", PAGES)
def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(
    open_page: OpenPage, filled: None, address: str, violations: Violations
) -> None:
    page = open_page(color_scheme="light")
    page.goto(address)
    unfold(page)
    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    assert violations(page) == []
    page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    assert violations(page) == []
