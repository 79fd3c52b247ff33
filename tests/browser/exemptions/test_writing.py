"""Writing an exemption without scripts: what is filled in, refused, reviewed and stored."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from policy_app.models import ActivityEntry, Assignment, Cluster, Exemption, Scope
from policy_app.services import enforcement, exemptions
from tests.browser.exemptions.pages import about, form, refusals, soup, told, worked_out, writing
from tests.browser.html_forms import WebForm


def reviewed(filled: WebForm) -> WebForm:
    """The review of a form."""
    answer = filled.send("review", "1")
    assert answer.status_code == 200
    return WebForm.read(filled.client, answer.content, "#exemption")


def test_without_an_assignment_one_is_led_to_choose_it(visitor: Client, portal: None) -> None:
    answer = visitor.get("/policy/exemptions/new", follow=True)
    assert answer.redirect_chain == [("/policy/assignments", 302)]
    assert "Choose the assignment to be exempt from" in answer.content.decode()


def test_from_a_violation_the_cluster_and_the_policy_are_filled_in(
    visitor: Client, denying: Assignment, aks_demo: Cluster
) -> None:
    filled = form(
        visitor, writing(denying, scope=aks_demo.scope.arm_id, reference="noprivilegedcontainers")
    )
    assert filled.get("scope") == aks_demo.scope.arm_id
    assert filled.get("policies") == "some"
    assert filled.all("reference_ids") == ["NoPrivilegedContainers"]
    assert filled.get("name").startswith("exempt-")
    policy = "Kubernetes cluster should not allow privileged containers"
    assert filled.get("display_name") == f"Exempt from {policy}"
    assert form(visitor, writing(denying)).get("display_name") == "Exempt from Baseline"
    assert filled.all("category") == []


def test_what_is_reviewed_is_stored_and_lets_the_cluster_be(
    visitor: Client, denying: Assignment, aks_demo: Cluster, alice: User
) -> None:
    filled = form(visitor, writing(denying, scope=aks_demo.scope.arm_id))
    filled.set("category", "Mitigated")
    filled.set("date", "2030-01-31")
    filled.set("time", "12:00")
    filled.set("description", "Checked\r\nby hand.")
    filled.set("policies", "some")
    filled.set("reference_ids", "NoPrivilegedContainers", "NoHostPathVolume")

    review = reviewed(filled)

    said = told(worked_out(visitor, review.page))
    assert "1 component of 1 workload would be refused at their next apply" in said
    assert "Pod bad" in said
    assert "2030-01-31 12:00 UTC" in review.text
    assert not Exemption.objects.exists()
    answer = review.send("save", "1")
    row = Exemption.objects.get()
    assert answer.headers["Location"] == about("view", row)
    assert (row.category, row.created_by, row.scope) == ("Mitigated", alice, aks_demo.scope)
    assert row.reference_ids == ["NoPrivilegedContainers", "NoHostPathVolume"]
    assert row.expires_on == datetime(2030, 1, 31, 12, tzinfo=UTC)
    assert row.description == "Checked\nby hand."
    exempt = {
        one.origin.definition_reference_id for one in enforcement.in_force(aks_demo).not_installed
    }
    assert {"NoPrivilegedContainers", "NoHostPathVolume"} <= exempt
    entry = ActivityEntry.objects.get(operation__endswith="policyExemptions/write")
    assert (entry.caller, entry.door, entry.resource_id) == ("alice", "browser", row.arm_id)


def test_a_button_that_is_pressed_twice_makes_one_exemption(
    visitor: Client, denying: Assignment, aks_demo: Cluster
) -> None:
    filled = form(visitor, writing(denying, scope=aks_demo.scope.arm_id))
    filled.set("category", "Waiver")
    review = reviewed(filled)
    first, second = review.send("save", "1"), review.send("save", "1")
    assert first.headers["Location"] == second.headers["Location"]
    assert Exemption.history.count() == 1


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"category": ""}, "Category", "Choose why it is exempt: Waiver or Mitigated."),
        ({"category": "Other"}, "Category", "Choose why it is exempt: Waiver or Mitigated."),
        ({"scope": ""}, "Exemption scope", "Choose the scope that is to be exempt."),
        ({"scope": "/nowhere"}, "Exemption scope", "The scope '/nowhere' is not known here"),
        ({"name": ""}, "Resource name", "The policy exemption needs a name."),
        ({"name": "a/b"}, "Resource name", "may not have the character '/'"),
        ({"name": "x" * 65}, "Resource name", "it may have 64"),
        ({"display_name": "x" * 129}, "Exemption name", "it may have 128"),
        ({"date": "2020-01-31"}, "Expires on", "2020-01-31 23:59 UTC is over"),
        ({"date": "31.1.2030"}, "Expires on", "Write a date such as 2026-12-31"),
        ({"time": "12:00"}, "Expires on", "or leave both empty"),
        ({"date": "2030-01-31", "time": "12:00+02:00"}, "Expires on", "a time such as 23:59"),
        ({"policies": "some"}, "Policies", "Choose at least one policy, or all"),
        ({"policies": "some", "reference_ids": "Nope"}, "Policies", "no reference id"),
        ({"selectors": "[}"}, "Resource selectors", "(line 1, column 2)"),
        ({"selectors": "{}"}, "Resource selectors", "should be an array"),
        (
            {"selectors": '[{"selectors": [\n  {"kind": "color", "in": ["a"]}]}]'},
            "Resource selectors",
            "(line 2, column 12)",
        ),
    ],
)
def test_what_cannot_be_stands_at_its_field_and_nothing_is_stored(
    visitor: Client,
    denying: Assignment,
    aks_demo: Cluster,
    values: dict[str, str],
    field: str,
    words: str,
) -> None:
    found = refusals(visitor, writing(denying, scope=aks_demo.scope.arm_id), **values)
    assert list(found) == [field]
    assert words in found[field]
    assert not Exemption.objects.exists()


def test_a_scope_outside_of_the_assignments_needs_to_be_allowed(
    visitor: Client, denying: Assignment, aks_staging: Cluster
) -> None:
    url = writing(denying)
    found = refusals(visitor, url, scope=aks_staging.scope.arm_id)
    assert "is not at or below" in found["Exemption scope"]
    page = soup(visitor, url)
    (closed,) = page.select(f'input[name=scope][value="{aks_staging.scope.arm_id}"]')
    assert closed.has_attr("disabled")
    filled = form(visitor, url)
    filled.set("anywhere", "1")
    filled.set("category", "Waiver")
    answer = filled.send("look", "1")
    again = WebForm.read(visitor, answer.content, "#exemption")
    again.set("scope", aks_staging.scope.arm_id)
    assert reviewed(again).send("save", "1").status_code == 302
    assert Exemption.objects.get().scope_validation == "DoNotValidate"


def test_a_name_that_is_taken_replaces_nothing(
    visitor: Client, exemption: Exemption, aks_demo: Cluster, denying: Assignment
) -> None:
    filled = form(visitor, writing(denying, scope=aks_demo.scope.arm_id))
    filled.set("category", "Mitigated")
    filled.set("name", "MOVE")
    answer = reviewed(filled).send("save", "1")
    assert answer.status_code == 409
    assert "has the name &#x27;move&#x27; at this scope already" in answer.content.decode()
    exemption.refresh_from_db()
    assert exemption.category == "Waiver"


def test_an_edit_keeps_what_it_does_not_show(
    visitor: Client, exemption: Exemption, alice: User
) -> None:
    over = timezone.now().replace(microsecond=0) - timedelta(days=1)
    Exemption.objects.update(
        expires_on=over, metadata={"ticket": "42"}, reference_ids=["noprivilegedcontainers"]
    )
    filled = form(visitor, about("edit", exemption))
    filled.set("description", "Still needed for the audit.")
    # An end that is over may stay as it is, and be no other that is over.
    assert reviewed(filled).send("save", "1").status_code == 302
    exemption.refresh_from_db()
    assert exemption.description == "Still needed for the audit."
    assert exemption.expires_on == over
    assert exemption.metadata == {"ticket": "42"}
    assert exemption.reference_ids == ["NoPrivilegedContainers"]
    assert exemption.updated_by == alice


def test_somebody_elses_change_is_told_and_what_was_typed_stays(
    visitor: Client, exemption: Exemption, django_user_model: type[User]
) -> None:
    filled = form(visitor, about("edit", exemption))
    filled.set("description", "Mine")
    bob = django_user_model.objects.create_superuser("bob")
    theirs = exemptions.as_value(exemption).to_object()
    theirs["properties"]["description"] = "Theirs"
    exemptions.put(exemption.scope, exemption.name, theirs, bob)

    answer = reviewed(filled).send("save", "1")

    assert answer.status_code == 409
    page = answer.content.decode()
    assert "bob changed this exemption at" in page
    exemption.refresh_from_db()
    assert exemption.description == "Theirs"
    again = WebForm.read(visitor, answer.content, "#exemption")
    assert again.get("description") == "Mine"
    assert reviewed(again).send("save", "1").status_code == 302
    exemption.refresh_from_db()
    assert exemption.description == "Mine"


def test_what_was_typed_about_an_exemption_that_is_deleted_meanwhile_can_be_kept(
    visitor: Client, exemption: Exemption
) -> None:
    filled = form(visitor, about("edit", exemption))
    filled.set("description", "Mine")
    exemptions.delete(exemption, None)
    answer = filled.send("review", "1")
    assert answer.status_code == 409
    assert "It was deleted after this page was opened." in answer.content.decode()
    again = WebForm.read(visitor, answer.content, "#exemption")
    assert reviewed(again).send("save", "1").status_code == 302
    made = Exemption.objects.get()
    assert (made.name, made.description) == ("move", "Mine")


def test_an_exemption_whose_assignment_is_gone_is_not_edited(
    visitor: Client, exemption: Exemption, denying: Assignment
) -> None:
    denying.delete()
    said = told(soup(visitor, about("edit", exemption), status=404))
    assert "is deleted, so it exempts nothing and cannot be changed" in said


def test_the_links_of_other_pages_lead_here(
    visitor: Client, denying: Assignment, rg_demo: Scope
) -> None:
    page = soup(visitor, f"/policy/assignments/view?id={denying.arm_id}")
    (link,) = page.select('.command-bar a[href^="/policy/exemptions/new"]')
    assert form(visitor, str(link["href"])).text.count("Baseline") > 0
    listed = soup(visitor, "/policy/assignments").select('a[href^="/policy/exemptions/new"]')
    assert [str(one["href"]) for one in listed] == [str(link["href"])]
    menu = soup(visitor, "/").select_one('#sidenav a[href="/policy/exemptions"]')
    assert isinstance(menu, type(BeautifulSoup("<a></a>", "html.parser").a))
