"""The pages of a mirror in a real Chromium: an upload without scripts, accessibility, a phone."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.clusters.test_chromium import unfold
from tests.browser.conftest import PHONE, OpenPage, Violations
from tests.services.cluster.inside import Api, pod, template
from tests.services.snapshots.taking_files import manifest, take

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PAGES = ("/clusters/prod", "/clusters/prod/-/snapshot", "/clusters?search=prod")


def test_axe_finds_nothing_on_the_pages_of_a_mirror_and_a_phone_holds_them(
    open_page: OpenPage, portal: None, tmp_path: Path, violations: Violations
) -> None:
    name = "a-long-name-of-a-manifest-" * 5
    take(manifest(tmp_path / f"{name}.yaml", pod("web", "shop"), pod("web", "shop"), template()))
    for scheme in ("light", "dark"):
        page = open_page(viewport=PHONE, color_scheme=scheme)
        for address in PAGES:
            page.goto(address)
            unfold(page)
            assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
            assert violations(page) == []


def test_a_dump_is_uploaded_without_scripts(
    open_page: OpenPage, portal: None, tmp_path: Path
) -> None:
    # What a cluster begins with takes a moment, which no page need wait for here.
    assert Api("aks-staging").names("v1", "Namespace")
    page: Page = open_page(java_script_enabled=False)
    page.goto("/clusters/aks-staging")
    page.get_by_role("link", name="Upload a snapshot").click()
    page.get_by_label("Choose a dump, or manifests").set_input_files(
        manifest(tmp_path / "all.yaml", pod("web", "shop"))
    )
    page.get_by_role("button", name="Upload").click()
    expect(page.locator(".message-success")).to_contain_text("aks-staging mirrors all.yaml")
    expect(page.locator("section[aria-labelledby=mirror]")).to_contain_text("Mirror of all.yaml")
