"""The how-to in a real browser, from signing in to the deletion that lets the Pod pass again."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from policy_app.services import access
from tests.browser.conftest import OpenPage

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

BASELINE = "Kubernetes cluster pod security baseline standards for Linux-based workloads"
MANIFESTS = settings.FIXTURES_DIR / "manifests"
REFUSED = re.compile(
    r'admission webhook "validation\.gatekeeper\.sh" denied the request: '
    r"\[azurepolicy-[0-9a-z-]+\] Privileged container is not allowed: nginx-privileged, "
    r'securityContext: \{"privileged": true\}'
)


def test_the_how_to(open_page: OpenPage, alice: User) -> None:
    page = open_page(signed_in=False)
    page.goto(f"/sign-in/{access.new_link(alice)}")
    assign_the_baseline(page)

    try_manifest(page, "nginx-privileged.yaml")
    expect(page.locator("pre")).to_have_text(re.compile(f"^Error from server .*{REFUSED.pattern}$"))
    expect(page.locator(".line-marked")).to_have_text(re.compile("privileged: true"))
    try_manifest(page, "nginx-unprivileged.yaml")
    expect(page.locator("pre")).to_have_text("pod/nginx-unprivileged created")
    try_manifest(page, "nginx-privileged.yaml", namespace="payments")
    expect(page.locator("pre")).to_have_text("pod/nginx-privileged created")
    page.get_by_text("5 constraints did not apply").click()
    expect(page.locator(".test-reason")).to_contain_text("payments")

    delete_the_assignment(page)
    try_manifest(page, "nginx-privileged.yaml")
    expect(page.locator("pre")).to_have_text("pod/nginx-privileged created")


def assign_the_baseline(page: Page) -> None:
    """Policy → Definitions → Kubernetes → the initiative → Assign → Review + create → Create."""
    menu(page, "Definitions")
    page.locator("summary", has_text="Category").click()
    page.get_by_label("Kubernetes", exact=True).check()
    page.get_by_label("Search by name or id").fill("pod security baseline")
    page.get_by_role("link", name=BASELINE).click()
    page.get_by_role("link", name="Assign", exact=True).click()

    page.locator("#assign summary", has_text="Choose a scope").click()
    page.get_by_role("radio", name="rg-demo").check()
    page.get_by_role("button", name="Use this scope").click()
    page.get_by_role("button", name="Parameters").click()
    show_all = page.get_by_label(re.compile("Only show parameters that need input"))
    if show_all.is_checked():
        show_all.uncheck()
    page.get_by_label("Effect", exact=True).select_option(label="Deny")
    page.get_by_role("button", name="Add an item to Namespace exclusions").click()
    page.get_by_label("Namespace exclusions, item 5").fill("payments")
    page.get_by_role("button", name="Review + create").last.click()
    expect(page.get_by_text(re.compile("az policy assignment create")).first).to_be_attached()
    page.get_by_role("button", name="Create", exact=True).click()
    expect(page.locator(".message-success")).to_contain_text("aks-demo")


def try_manifest(page: Page, name: str, namespace: str = "default") -> None:
    """Upload one of the portal's manifests on the Test page."""
    menu(page, "Test manifests")
    page.get_by_label("Cluster").select_option(label="aks-demo (rg-demo)")
    page.get_by_label("Namespace").fill(namespace)
    page.get_by_label("Choose manifest files").set_input_files(MANIFESTS / name)
    page.locator("main form").get_by_role("button", name="Test").click()


def delete_the_assignment(page: Page) -> None:
    """Assignments → … → Delete assignment, after reading what that lifts."""
    menu(page, "Assignments")
    page.get_by_text(f"Actions for {BASELINE}").locator("xpath=..").click()
    page.get_by_role("link", name="Delete assignment").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("aks-demo")
    expect(dialog).to_contain_text("Kubernetes cluster should not allow privileged containers")
    dialog.get_by_role("button", name="Delete").click()
    expect(page.locator(".message-success")).to_be_visible()


def menu(page: Page, label: str) -> None:
    """Follow an entry of the left menu."""
    page.locator("#sidenav").get_by_role("link", name=label).click()
