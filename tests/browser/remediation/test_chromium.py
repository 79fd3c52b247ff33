"""A remediation task in a real Chromium, from the form to its end, with axe on the way."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from policy_app.models import Cluster, Scope
from policy_app.services import remediations
from tests.browser.conftest import DESK, PHONE, OpenPage, Violations
from tests.services.cluster.inside import Api, pod
from tests.services.remediations.worlds import assign, deployment, policy

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_task_is_asked_for_watched_and_found_in_the_list(
    open_page: OpenPage, violations: Violations, rg_demo: Scope, aks_demo: Cluster
) -> None:
    api = Api()
    api.create(deployment())
    api.create(pod("alone"))
    assign(rg_demo, policy(), display_name="Read-only roots")
    page = open_page()

    def looks_right() -> None:
        for scheme, size in (("light", DESK), ("dark", PHONE)):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            page.set_viewport_size(size)  # type: ignore[arg-type]
            assert violations(page) == []
            assert page.evaluate("document.documentElement.scrollWidth") == size["width"]
        page.set_viewport_size(DESK)  # type: ignore[arg-type]

    page.goto("/policy/remediation")
    looks_right()
    page.get_by_role("link", name="Create remediation task").click()
    page.get_by_label("Objects at most").fill("none")
    page.get_by_role("button", name="Remediate").click()
    expect(page.locator("#count-error")).to_have_text("Write a whole number from 1 to 50,000.")
    looks_right()
    page.get_by_label("Objects at most").fill("10")
    page.get_by_role("button", name="Remediate").click()
    expect(page.locator("#results")).to_contain_text("It waits for a worker.")
    looks_right()
    remediations.advance()
    # Without a click: the page asks by itself.
    expect(page.locator("#results")).to_contain_text("2 of 3 objects changed, 1 failed.")
    expect(page.get_by_role("row", name="Pod default/alone")).to_contain_text("Failed")
    expect(page.get_by_role("button", name="Cancel the task")).to_have_count(0)
    looks_right()
    page.get_by_role("navigation", name="Policy").get_by_role("link", name="Remediation").click()
    expect(page.locator("tbody tr")).to_contain_text("2 of 3, 1 failed")
    looks_right()
