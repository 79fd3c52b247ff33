"""An exemption from a violation to its deletion in a real Chromium, with axe on the way."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from policy_app.models import Assignment, Cluster, Exemption
from tests.browser.conftest import DESK, PHONE, OpenPage, Violations
from tests.browser.exemptions.pages import writing

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_cluster_is_exempt_from_some_policies_and_is_not_any_more(
    open_page: OpenPage, violations: Violations, denying: Assignment, aks_demo: Cluster
) -> None:
    page = open_page()

    def looks_right() -> None:
        for scheme, size in (("light", DESK), ("dark", PHONE)):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            page.set_viewport_size(size)  # type: ignore[arg-type]
            assert violations(page) == []
            assert page.evaluate("document.documentElement.scrollWidth") == size["width"]
        page.set_viewport_size(DESK)  # type: ignore[arg-type]

    page.goto(writing(denying))
    page.get_by_role("button", name="Review + create").click()
    summary = page.locator("#exemption-summary")
    expect(summary).to_be_focused()
    expect(summary).to_contain_text("Choose the scope that is to be exempt.")
    looks_right()

    page.locator("#exemption-scope").click()
    page.get_by_role("dialog").get_by_label("aks-demo").check()
    page.get_by_role("button", name="Use this scope").click()
    expect(page.locator("#exemption-scope")).to_contain_text("aks-demo")
    page.get_by_label("Find a policy of the initiative").fill("privileged cont")
    only = page.locator("#exemption-members .choice:visible")
    expect(only).to_have_count(1)
    only.get_by_role("checkbox").check()
    expect(page.get_by_label("Only these:")).to_be_checked()
    page.get_by_label("Waiver").check()
    page.locator("#exemption-date").fill("2030-01-31")
    looks_right()

    page.get_by_role("button", name="Review + create").click()
    expect(page.get_by_role("heading", name="Review")).to_be_focused()
    expect(page.locator("#main")).to_contain_text("2030-01-31 23:59 UTC")
    expect(page.locator(".impact-name")).to_have_text(["Pod bad"])
    expect(page.get_by_role("status").first).to_have_text("aks-demo: 1 component")
    looks_right()
    page.get_by_role("button", name="Create").click()

    expect(page.locator("#main")).to_contain_text("is created")
    expect(page.locator(".impact-name")).to_have_text(["Pod bad"])
    assert Exemption.objects.get().reference_ids == ["NoPrivilegedContainers"]
    looks_right()
    page.get_by_role("link", name="History").click()
    expect(page.locator(".history")).to_contain_text("Created by alice")

    page.get_by_role("link", name="Exemptions", exact=True).first.click()
    page.locator("#search").fill("baseline")
    expect(page.locator("#results tbody tr")).to_have_count(1)
    page.locator("#filter-state").select_option("expired")
    expect(page.locator("#results")).to_contain_text("No exemption matches these filters.")
    page.locator("#filter-state").select_option("active")
    expect(page).to_have_url("/policy/exemptions?search=baseline&state=active")
    looks_right()
    page.locator("#results tbody summary").click()
    page.get_by_role("link", name="Delete exemption").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("aks-demo: 1 component")
    looks_right()
    dialog.get_by_role("button", name="Delete").click()
    expect(page.locator("#main")).to_contain_text("is deleted. What it covered is judged again.")
    assert not Exemption.objects.exists()
