"""The compliance pages in a real browser: axe in light and dark, phones, filters, dialogs."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from policy_app.browser.compliance import links_to
from policy_app.models import Cluster, Component, PolicyState, Refusal
from tests.browser.conftest import DESK, PHONE, OpenPage, Violations

pytestmark = pytest.mark.browser

WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
def addresses(judged: Cluster) -> dict[str, str]:
    """Every page of this part, with something on it."""
    uid = Component.objects.get(name="bad").uid
    pod = Component.objects.filter(kind="Pod", workload_name="miner")[0].uid
    one = PolicyState.objects.filter(non_compliant__gt=0)[0]
    refusal = Refusal.objects.all()[0]
    return {
        "overview": "/?days=30",
        "assignments": "/policy/compliance",
        "resources": "/policy/compliance?view=resources&cluster=aks-demo",
        "namespaces": "/policy/compliance?view=namespaces",
        "no match": "/policy/compliance?search=nothing-like-this",
        "assignment": links_to.assignment(one.assignment_arm_id),
        "policy": links_to.policy(one),
        "policy events": links_to.policy(one, tab="events"),
        "policy history": links_to.policy(one, tab="history"),
        "component": links_to.component("aks-demo", pod),
        "component policies": links_to.component("aks-demo", uid, tab="policies"),
        "next apply": links_to.ask("aks-demo", uid),
        "denials": f"/policy/denials?text={quote(refusal.message)}",
        "denial": links_to.denial(refusal.pk),
        "choose": "/policy/compliance/cluster",
        "report": "/policy/compliance/export.html?of=listing&view=resources",
    }


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(
    addresses: dict[str, str],
    open_page: OpenPage,
    violations: Violations,
    scheme: str,
    size: dict[str, int],
) -> None:
    page = open_page(viewport=size, color_scheme=scheme)
    found = {}
    for name, address in addresses.items():
        page.goto(address)
        complaints = violations(page)
        if page.evaluate(WIDER) > 0:
            complaints.append("wider than the screen")
        if complaints:
            found[name] = complaints
    assert found == {}


def test_a_filter_changes_the_grid_and_the_address(judged: Cluster, page: Page) -> None:
    page.goto("/policy/compliance?view=resources")
    expect(page.locator("#results tbody tr")).to_have_count(3)
    page.get_by_label("State :").select_option("Compliant")
    expect(page.locator("#results tbody th")).to_have_text(["good"])
    expect(page).to_have_url("/policy/compliance?view=resources&state=Compliant")
    page.reload()
    expect(page.locator("#results tbody th")).to_have_text(["good"])


def test_admission_is_asked_in_a_dialog(judged: Cluster, page: Page) -> None:
    uid = Component.objects.get(name="bad").uid
    page.goto(f"/policy/compliance/components/aks-demo/{uid}")
    page.get_by_role("link", name="Ask admission now").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("The next apply of this object is refused.")
    dialog.get_by_role("link", name="Close").click()
    expect(dialog).to_be_hidden()


def test_another_cluster_is_chosen_in_a_dialog(judged: Cluster, page: Page) -> None:
    page.goto("/policy/definitions")
    page.get_by_role("link", name="Choose another cluster").click()
    page.get_by_role("button", name="aks-staging").click()
    expect(page).to_have_url("/policy/definitions")
    expect(page.locator(".topbar-state")).to_contain_text("aks-staging")


def test_the_line_of_a_violation_is_a_click_away(judged: Cluster, page: Page) -> None:
    uid = Component.objects.get(name="bad").uid
    page.goto(f"/policy/compliance/components/aks-demo/{uid}")
    page.get_by_role("link", name="of the object").click()
    line = page.locator(".line-marked")
    expect(line).to_be_in_viewport()
    expect(line).to_contain_text("privileged: true")
