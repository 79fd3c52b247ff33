"""What people read on the compliance pages, and that each filter leaves what it says."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from bs4 import BeautifulSoup, Tag
from django.contrib.auth.models import User
from django.test import Client

from policy_app.models import (
    Assignment,
    Cluster,
    ComplianceEvent,
    ComplianceState,
    Component,
    PolicyState,
)
from policy_app.services import assignments as assigning
from policy_app.services.authorization import roles
from tests.browser.html_forms import WebForm
from tests.compliance_rows import audit_row, component_row, policy_row
from tests.granting import grant

LIST = "/policy/compliance"


def soup(visitor: Client, address: str, **headers: str) -> BeautifulSoup:
    """A page, or a part of it."""
    answer = visitor.get(address, headers=headers)
    assert answer.status_code == 200
    return BeautifulSoup(answer.content, "html.parser")


def text(found: BeautifulSoup | Tag) -> str:
    """Its words, with single spaces."""
    return " ".join(found.get_text(" ", strip=True).split())


def names(page: BeautifulSoup) -> list[str]:
    """The first cells of the grid's rows."""
    return [one.get_text(strip=True) for one in page.select("#results tbody th")]


def listed(visitor: Client, view: str, **query: str) -> list[str]:
    """The rows of a view."""
    return names(soup(visitor, f"{LIST}?{urlencode({'view': view, **query})}"))


def test_resources_come_blocking_first_and_only_those_with_a_fault(
    visitor: Client, shop: Cluster
) -> None:
    assert listed(visitor, "resources") == ["worst", "bank", "plain"]
    assert listed(visitor, "resources", state="Compliant") == ["good"]


@pytest.mark.parametrize(
    ("query", "left"),
    [
        ({"action": "deny"}, ["worst"]),
        ({"action": "dryrun"}, ["worst", "bank", "plain"]),
        ({"action": "warn"}, []),
        ({"namespace": "bank"}, ["bank", "plain"]),
        ({"kind": "Namespace"}, ["bank"]),
        ({"search": "LAI"}, ["plain"]),
        ({"workload": "plain"}, ["plain"]),
        ({"cluster": "aks-staging"}, []),
        ({"cluster": "AKS-DEMO"}, ["worst", "bank", "plain"]),
        ({"state": "Error"}, []),
        ({"namespace": "nowhere"}, []),
    ],
)
def test_each_filter_leaves_what_it_says(
    visitor: Client, shop: Cluster, query: dict[str, str], left: list[str]
) -> None:
    assert listed(visitor, "resources", **query) == left


def test_a_policy_narrows_to_what_breaks_it(visitor: Client, shop: Cluster) -> None:
    deny = PolicyState.objects.get(display_name="No privileged containers")
    assert listed(visitor, "resources", policy=deny.definition_arm_id) == ["worst"]


def test_a_scope_narrows_to_the_clusters_below_it(visitor: Client, shop: Cluster) -> None:
    assert listed(visitor, "resources", scope=shop.scope.arm_id) == ["worst", "bank", "plain"]
    group = shop.scope.arm_id.replace("rg-demo", "rg-staging").rpartition("/providers")[0]
    assert listed(visitor, "resources", scope=group) == []


def test_the_namespace_itself_counts_among_what_is_in_it(visitor: Client, shop: Cluster) -> None:
    page = soup(visitor, f"{LIST}?view=namespaces")
    cells = {
        row.select("th")[0].get_text(strip=True): [
            cell.get_text(strip=True) for cell in row.select("td.number")
        ]
        for row in page.select("#results tbody tr")
    }
    # Compliant, components, non-compliant, refused at the next apply, findings.
    assert cells["bank"] == ["0%", "2", "2", "0", "2"]
    assert cells["shop"] == ["50%", "2", "1", "1", "2"]


def test_assignments_have_azures_columns(
    visitor: Client, shop: Cluster, denying: Assignment
) -> None:
    PolicyState.objects.update(
        assignment_arm_id=denying.arm_id, assignment_key=denying.arm_id.lower()
    )
    page = soup(visitor, LIST)
    heads = [one.get_text(strip=True) for one in page.select("#results thead th")]
    assert heads == [
        "Name",
        "Scope",
        "Compliance state",
        "Resource compliance %",
        "Non-compliant resources",
        "Non-compliant policies",
        "Non-compliant components",
    ]
    row = text(page.select("#results tbody tr")[0])
    assert row == "Baseline rg-demo Non-compliant 0% 1 of 1 2 of 2 4 of 4"


def test_what_became_of_an_assignment_stays_after_its_deletion(
    visitor: Client, judged: Cluster
) -> None:
    row = Assignment.objects.get()
    address = f"{LIST}/assignment?{urlencode({'id': row.arm_id})}"
    assert "View assignment" in text(soup(visitor, address))
    assigning.delete(row, None)
    page = text(soup(visitor, address))
    assert "(deleted)" in page
    assert "View assignment" not in page


def test_a_component_tells_field_line_value_what_is_wanted_and_the_change(
    visitor: Client, judged: Cluster
) -> None:
    uid = Component.objects.get(name="bad").uid
    page = soup(visitor, f"{LIST}/components/aks-demo/{uid}")
    (reason,) = page.select(".compliance-reason")
    told = text(reason)
    assert "Privileged container is not allowed: bad" in told
    assert "Field spec.containers[0].securityContext.privileged" in told
    assert "Now true" in told
    assert "Wanted securityContext.privileged is false in the container, or not there." in told
    link = reason.select_one('a[href^="#object-"]')
    assert link is not None
    (line,) = page.select(link["href"])  # type: ignore[arg-type]
    assert "line-marked" in line["class"]
    assert text(line) == "privileged : true"
    assert "kubectl patch pod bad -n default --type=json --patch-file=patch.yaml" in told
    assert {"Definition", "Assignment"} <= {
        one.find(string=True, recursive=False) for one in reason.select(".compliance-links a")
    }


def test_the_fault_of_a_made_pod_is_mended_in_its_workload(
    visitor: Client, judged: Cluster
) -> None:
    uid = Component.objects.filter(kind="Pod", workload_name="miner")[0].uid
    told = text(soup(visitor, f"{LIST}/components/aks-demo/{uid}"))
    assert "What to change in Deployment/miner, which makes it" in told
    assert "The same workload" in told


def test_admission_is_asked_on_demand(visitor: Client, judged: Cluster) -> None:
    for name, said in (("bad", "is refused"), ("good", "is accepted")):
        uid = Component.objects.get(name=name).uid
        address = f"{LIST}/components/aks-demo/{uid}/next-apply"
        assert f"The next apply of this object {said}." in text(soup(visitor, address))
        part = soup(visitor, address, **{"HX-Request": "true"})
        assert part.select_one("#dialog-title") is not None
        assert part.select_one("nav") is None


def test_of_a_component_that_is_gone_the_history_is_left(visitor: Client, shop: Cluster) -> None:
    component = Component.objects.get(name="worst")
    ComplianceEvent.objects.create(
        cluster=shop,
        policy=PolicyState.objects.all()[0],
        at=component.judged_at,
        uid=component.uid,
        version="v1",
        kind="Pod",
        namespace="shop",
        name="worst",
        before=ComplianceState.NON_COMPLIANT,
        after="",
    )
    component.delete()
    page = text(soup(visitor, f"{LIST}/components/aks-demo/{component.uid}"))
    assert "This component is gone; what became of it is kept." in page
    assert "Non-compliant Gone" in page


@pytest.mark.parametrize(
    "address",
    [
        f"{LIST}/components/aks-demo/no-such-uid",
        f"{LIST}/components/no-such-cluster/uid",
        f"{LIST}/assignment?id=/no/such",
        f"{LIST}/assignment",
        f"{LIST}/policy?definition=x",
        "/policy/denials/4711",
        f"{LIST}/export.xml",
        f"{LIST}/scan/progress?cluster=no-such",
    ],
)
def test_what_is_not_there_is_a_page_with_a_reason(
    visitor: Client, portal: None, address: str
) -> None:
    answer = visitor.get(address)
    assert answer.status_code == 404
    assert b'role="alert"' in answer.content


def test_every_empty_state_is_a_sentence(visitor: Client, aks_demo: Cluster) -> None:
    for view in ("assignments", "resources", "namespaces"):
        assert "Not audited yet." in text(soup(visitor, f"{LIST}?view={view}"))
    component_row(aks_demo, "good", [policy_row(aks_demo)])
    audit_row(aks_demo)
    assert "Nothing breaks a policy." in text(soup(visitor, f"{LIST}?view=resources"))
    none = text(soup(visitor, f"{LIST}?view=resources&search=zzz"))
    assert "No component matches the filter." in none
    assert "No request has been denied here." in text(soup(visitor, "/policy/denials"))


def test_a_list_that_is_cut_says_of_how_many(
    visitor: Client, shop: Cluster, settings: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.AZURE_LIMITS = True  # type: ignore[attr-defined]
    monkeypatch.setattr("policy_app.services.compliance.lists.AZURE_RECORDS", 1)
    one = PolicyState.objects.get(display_name="Approved images")
    query = {
        "assignment": one.assignment_arm_id,
        "definition": one.definition_arm_id,
        "reference": one.reference_id,
    }
    page = text(soup(visitor, f"{LIST}/policy?{urlencode(query)}"))
    assert "Not all are shown: 1 of 3, as Azure keeps them." in page


def test_a_part_has_the_grid_and_what_is_counted(visitor: Client, shop: Cluster) -> None:
    headers = {"HX-Request": "true", "HX-Target": "results"}
    part = soup(visitor, f"{LIST}?view=resources&namespace=bank", **headers)
    assert part.select_one("form") is None
    status = part.select_one("#results-status")
    assert status is not None
    assert text(status) == "Showing 1 to 2 of 2 resources."


def test_an_exemption_of_a_row_has_its_fields_filled_in(visitor: Client, judged: Cluster) -> None:
    uid = Component.objects.get(name="bad").uid
    page = soup(visitor, f"{LIST}/components/aks-demo/{uid}")
    link = page.select_one('.compliance-links a[href*="exemption"]')
    assert link is not None
    form = WebForm.open(visitor, str(link["href"]), "#exemption")
    assert "Baseline" in form.text
    assert form.get("scope") == judged.scope.arm_id
    assert form.all("reference_ids") == ["NoPrivilegedContainers"]


def test_who_may_not_exempt_reads_why_beside_the_row(client: Client, judged: Cluster) -> None:
    bob = User.objects.create_user("bob")
    grant(bob, roles.READER, judged.scope)
    client.force_login(bob)
    uid = Component.objects.get(name="bad").uid
    row = Assignment.objects.get()
    component = f"{LIST}/components/aks-demo/{uid}"
    policies = f"{LIST}/assignment?{urlencode({'id': row.arm_id})}"
    for address in (component, policies, f"{policies}&tab=components"):
        page = soup(client, address)
        assert not page.select('a[href*="exemption"]:not(#sidenav a)')
        assert "policyAssignments/exempt/action where the policy is assigned." in text(page)
    grant(bob, roles.POLICY_CONTRIBUTOR, row.scope)
    for address in (component, policies, f"{policies}&tab=components"):
        assert soup(client, address).select('a[href^="/policy/exemptions/new?"]')
    assigning.delete(row, None)
    assert "The assignment is deleted" in text(soup(client, policies))
