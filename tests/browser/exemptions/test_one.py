"""The page of one exemption, what it covers, its history, and its deletion."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import User
from django.test import Client

from policy_app.models import ActivityEntry, Assignment, Cluster, Exemption, Scope
from policy_app.services import enforcement, exemptions
from policy_app.services.authorization import roles
from tests.browser.exemptions.pages import LIST, about, soup, told, worked_out, writing
from tests.browser.html_forms import WebForm
from tests.granting import custom_role, grant

EXEMPT = "Microsoft.Authorization/policyAssignments/exempt/action"
DELETION = "#main form[method=post]"
WRITE = "Microsoft.Authorization/policyExemptions/write"


def test_the_page_tells_what_it_is_and_which_components_it_covers(
    visitor: Client, exemption: Exemption
) -> None:
    page = worked_out(visitor, soup(visitor, about("view", exemption)))
    said = told(page)
    assert "Until the move Exemption Active" in said
    assert "Category Waiver: non-compliance is accepted for now" in said
    assert "Policies NoPrivilegedContainers" in said
    assert "Expires on Never" in said
    assert [one.get_text(strip=True) for one in page.select(".impact-name")] == ["Pod bad"]
    assert "Privileged container is not allowed: bad" in said
    assert "1 component of 1 workload would be refused at their next apply" in said


def test_selectors_are_told_by_their_names(visitor: Client, exemption: Exemption) -> None:
    selectors = [{"kind": "resourceLocation", "in": ["nowhere"]}]
    Exemption.objects.update(resource_selectors=[{"name": "west", "selectors": selectors}])
    said = told(worked_out(visitor, soup(visitor, about("view", exemption))))
    assert "Resource selectors west" in said
    assert "Nothing would change for what is in this cluster" in said


def test_an_expired_one_is_marked_and_covers_nothing(visitor: Client, exemption: Exemption) -> None:
    Exemption.objects.update(expires_on="2020-01-31T12:00:00Z")
    said = told(soup(visitor, about("view", exemption)))
    assert "Until the move Exemption Expired" in said
    assert "It has expired, and exempts nothing." in said
    gone = told(soup(visitor, about("delete", exemption)))
    assert "so nothing becomes non-compliant" in gone


def test_the_history_tells_who_changed_which_field(
    visitor: Client, exemption: Exemption, alice: User
) -> None:
    body = exemptions.as_value(exemption).to_object()
    body["properties"] |= {"expiresOn": "2030-01-31T12:00:00Z", "policyDefinitionReferenceIds": []}
    exemptions.put(exemption.scope, exemption.name, body, alice)
    page = soup(visitor, about("view", exemption, tab="history"))
    changed, created = page.select(".history > li")
    assert created.get_text(" ", strip=True).startswith("Created by alice")
    rows = [one.get_text(" ", strip=True) for one in changed.select(".history-changes > div")]
    assert rows == [
        "Policies was NoPrivilegedContainers now All of the assignment",
        "Expires on was Never now 2030-01-31 12:00 UTC",
    ]


def test_the_json_is_what_the_rest_api_takes(visitor: Client, exemption: Exemption) -> None:
    said = told(soup(visitor, about("view", exemption, tab="json")))
    assert '"exemptionCategory" : "Waiver"' in said


def test_a_deletion_says_what_is_non_compliant_again(
    visitor: Client, exemption: Exemption, aks_demo: Cluster, alice: User
) -> None:
    asked = WebForm.open(visitor, about("delete", exemption), DELETION)
    said = told(worked_out(visitor, asked.page))
    assert "What it covers becomes non-compliant again" in said
    assert "aks-demo: 1 component" in said
    answer = visitor.post(str(asked.tag["action"]), dict(asked.fields))
    assert answer.headers["Location"] == LIST
    assert not Exemption.objects.exists()
    assert Exemption.history.latest().history_user == alice
    entry = ActivityEntry.objects.get(operation__endswith="policyExemptions/delete")
    assert (entry.caller, entry.resource_id) == ("alice", exemption.arm_id)
    assert entry.before is not None
    assert entry.after is None
    references = {
        one.origin.definition_reference_id for one in enforcement.in_force(aks_demo).constraints
    }
    assert "NoPrivilegedContainers" in references


def test_what_was_changed_meanwhile_is_asked_about_again_before_it_is_deleted(
    visitor: Client, exemption: Exemption, alice: User
) -> None:
    asked = WebForm.open(visitor, about("delete", exemption), DELETION)
    body = exemptions.as_value(exemption).to_object()
    exemptions.put(exemption.scope, exemption.name, body, alice)
    answer = visitor.post(str(asked.tag["action"]), dict(asked.fields))
    assert answer.status_code == 409
    assert "alice changed this exemption at" in answer.content.decode()
    assert Exemption.objects.exists()
    again = WebForm.read(visitor, answer.content, DELETION)
    assert visitor.post(str(again.tag["action"]), dict(again.fields)).status_code == 302
    assert visitor.post(str(again.tag["action"]), dict(again.fields)).status_code == 404


@pytest.mark.parametrize(
    ("role", "may"),
    [(roles.READER, False), (roles.CONTRIBUTOR, False), (roles.POLICY_CONTRIBUTOR, True)],
)
def test_a_role_decides_what_the_buttons_do(
    client: Client,
    exemption: Exemption,
    denying: Assignment,
    rg_demo: Scope,
    role: object,
    may: bool,
) -> None:
    bob = User.objects.create_user("bob")
    grant(bob, role, rg_demo)  # type: ignore[arg-type]
    client.force_login(bob)
    page = soup(client, about("view", exemption))
    refused = [one.get_text(" ", strip=True) for one in page.select(".command-refused")]
    if may:
        assert refused == []
    else:
        assert [one.partition(" : ")[0] for one in refused] == ["Edit", "Delete exemption"]
        assert f"You need a role with {WRITE} at rg-demo" not in refused[0]
        assert f"You need a role with {WRITE} at aks-demo." in refused[0]
    expected = 200 if may else 403
    for address in (about("edit", exemption), about("delete", exemption), writing(denying)):
        soup(client, address, status=expected)
    assert client.post(about("edit", exemption), {"save": "1"}).status_code == (400 if may else 403)
    page = soup(client, f"/policy/assignments/view?id={denying.arm_id}")
    closed = [one.get_text(" ", strip=True) for one in page.select(".command-refused")]
    assert any(one.startswith("Create exemption") for one in closed) is not may
    denied = ActivityEntry.objects.filter(outcome="Refused", caller="bob")
    assert denied.exists() is not may


def test_it_takes_a_right_at_the_assignment_and_one_at_the_scope(
    client: Client, denying: Assignment, rg_demo: Scope, aks_demo: Cluster
) -> None:
    bob = User.objects.create_user("bob")
    grant(bob, roles.READER, rg_demo)
    grant(bob, custom_role("Exempter", rg_demo, EXEMPT), rg_demo)
    client.force_login(bob)
    soup(client, writing(denying), status=403)
    grant(bob, custom_role("Writer", rg_demo, WRITE), aks_demo.scope)
    page = soup(client, writing(denying))
    closed = {
        str(one["value"]): one.has_attr("disabled") for one in page.select("input[name=scope]")
    }
    assert closed == {rg_demo.arm_id: True, aks_demo.scope.arm_id: False}


def test_who_has_no_rights_at_the_scope_learns_nothing(
    client: Client, exemption: Exemption, denying: Assignment, rg_staging: Scope
) -> None:
    bob = User.objects.create_user("bob")
    grant(bob, roles.OWNER, rg_staging)
    client.force_login(bob)
    for name in ("view", "edit", "delete"):
        address = about(name, exemption)
        said = told(soup(client, address, status=404))
        (arm_id,) = parse_qs(urlsplit(address).query)["id"]
        unknown = address.replace("aks-demo", "aks-nowhere")
        assert said.replace("aks-demo", "X") == told(soup(client, unknown, status=404)).replace(
            "aks-nowhere", "X"
        )
        assert arm_id.endswith("/move")
        assert "Until the move" not in said
    said = told(soup(client, writing(denying), status=404))
    assert "Baseline" not in said


def test_who_sees_only_the_exemption_is_not_told_of_the_assignment(
    client: Client, exemption: Exemption, aks_demo: Cluster, denying: Assignment
) -> None:
    bob = User.objects.create_user("bob")
    grant(bob, roles.POLICY_CONTRIBUTOR, aks_demo.scope)
    client.force_login(bob)
    said = told(soup(client, about("view", exemption)))
    assert "baseline (deleted, or not shown to you)" in said
    written = WebForm.open(client, about("edit", exemption), "#exemption")
    assert "Baseline" not in written.text
    assert written.all("reference_ids") == ["NoPrivilegedContainers"]
    written.set("description", "Mine")
    review = WebForm.read(client, written.send("review", "1").content, "#exemption")
    assert review.send("save", "1").status_code == 302
    soup(client, writing(denying), status=404)
