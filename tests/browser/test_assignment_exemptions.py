"""The exemptions on an assignment's page."""

from __future__ import annotations

from bs4 import BeautifulSoup
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
    assert "An exemption covers the policy on this cluster." in said
    assert "Over (Waiver)" not in said


def test_the_test_page_folds_away_what_is_exempt(
    browser: Client, denying: Assignment, rg_demo: Scope, aks_demo: Cluster
) -> None:
    waiver = {"policyAssignmentId": denying.arm_id, "exemptionCategory": "Waiver"}
    exemptions.put(rg_demo, "all", {"properties": waiver}, None)
    manifest = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\n"
    sent = {"cluster": aks_demo.scope.arm_id, "text": manifest, "namespace": "default"}

    page = BeautifulSoup(browser.post("/policy/test", sent).content, "html.parser")

    (folded,) = [one for one in page.select("details.fold") if "exempt" in one.get_text()]
    summary = folded.find("summary")
    assert summary is not None
    assert summary.get_text(strip=True) == "5 policies not applicable to this cluster"
    assert len(folded.select("li")) == 5
