"""The exemptions on an assignment's page."""

from __future__ import annotations

from django.test import Client

from policy_app.models import Assignment, Cluster, Scope
from policy_app.services import exemptions
from tests.browser.test_assignments_pages import browser, denying, soup, text, view

__all__ = ["browser", "denying"]


def test_exemptions_are_listed_with_their_end_and_their_policies(
    browser: Client, denying: Assignment, rg_demo: Scope, aks_demo: Cluster
) -> None:
    assert "Nothing is exempt from this assignment." in text(browser, view(denying, "exemptions"))
    waiver = {"policyAssignmentId": denying.arm_id, "exemptionCategory": "Waiver"}
    some = {"policyDefinitionReferenceIds": ["NoPrivilegedContainers"], "displayName": "Move"}
    exemptions.put(rg_demo, "one", {"properties": waiver | some}, None)
    over = {"expiresOn": "2020-01-31T12:00:00Z", "displayName": "Over"}
    exemptions.put(aks_demo.scope, "two", {"properties": waiver | over}, None)

    page = soup(browser, view(denying, "exemptions"))

    rows = [row.get_text(" ", strip=True) for row in page.select("tbody tr")]
    assert rows[0].startswith("Move ")
    assert rows[0].endswith("Waiver NoPrivilegedContainers Never")
    assert rows[1].endswith("Waiver All of the assignment 2020-01-31 12:00 UTC Expired")
    said = text(browser, view(denying, "force"))
    assert "is exempt here: Move (Waiver)." in said
    assert "Over (Waiver)" not in said
