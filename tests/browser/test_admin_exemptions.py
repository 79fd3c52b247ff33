"""Exemptions in the administration: stored by the service, refused beside their fields."""

from __future__ import annotations

import json
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import User
from django.test import Client

from policy_app.models import Assignment, Cluster, Definition, Exemption, FetchedTemplate, Scope
from policy_app.services import assignments
from tests.services.test_drafts import draft

ADD = "/admin/policy_app/exemption/add/"


@pytest.fixture
def staff(portal: None, alice: User) -> Client:
    """Django's client, signed in as an administrator."""
    client = Client()
    client.force_login(alice)
    return client


@pytest.fixture
def assigned(rg_demo: Scope, baseline: Definition) -> Assignment:
    """The baseline at rg-demo."""
    return assignments.put(draft(rg_demo, baseline), None)[0]


def form(assigned: Assignment, scope: Scope, **values: Any) -> dict[str, Any]:
    """What the browser sends of a form that is filled in like this."""
    given = {
        "scope": scope.pk,
        "name": "by-hand",
        "assignment_arm_id": assigned.arm_id,
        "category": "Waiver",
        "scope_validation": "Default",
        "management_mode": "Admin",
        "reference_ids": [],
        "metadata": {},
        "resource_selectors": [],
        "expires_on_0": "2030-01-31",
        "expires_on_1": "12:00:00",
    }
    return {
        name: value if isinstance(value, str | int) else json.dumps(value)
        for name, value in (given | values).items()
    }


def errors(client: Client, given: dict[str, Any]) -> dict[str, str]:
    """The refusals that the form comes back with, by field."""
    answer = client.post(ADD, given)
    assert answer.status_code == 200, "the form was taken"
    page = BeautifulSoup(answer.content, "html.parser")
    found = {}
    for row in page.select(".form-row.errors"):
        names = [one for one in row["class"] if one.startswith("field-")]
        found[names[0].removeprefix("field-")] = row.select(".errorlist")[0].get_text(" ").strip()
    return found


def test_an_exemption_is_stored_changed_and_deleted_by_the_service(
    staff: Client, alice: User, assigned: Assignment, rg_demo: Scope
) -> None:
    given = form(assigned, rg_demo, reference_ids=["NoPrivilegedContainers"])
    assert staff.post(ADD, given).status_code == 302
    row = Exemption.objects.get()
    assert (row.created_by, row.reference_ids) == (alice, ["NoPrivilegedContainers"])
    assert row.expires_on is not None
    assert row.expires_on.isoformat() == "2030-01-31T12:00:00+00:00"
    changed = form(assigned, rg_demo, description="changed", name="another")
    assert staff.post(f"/admin/policy_app/exemption/{row.pk}/change/", changed).status_code == 302
    row.refresh_from_db()
    assert (row.name, row.description, row.updated_by) == ("by-hand", "changed", alice)
    staff.post(f"/admin/policy_app/exemption/{row.pk}/delete/", {"post": "yes"})
    assert not Exemption.objects.exists()
    last = Exemption.history.latest()
    assert (last.history_type, last.history_user) == ("-", alice)


def test_what_the_service_refuses_stands_beside_its_field(
    staff: Client, assigned: Assignment, aks_staging: Cluster, rg_demo: Scope
) -> None:
    beside = errors(staff, form(assigned, aks_staging.scope))
    assert "is not at or below" in beside["assignment_arm_id"]
    unknown = errors(staff, form(assigned, rg_demo, reference_ids=["Nope"], name="a/b"))
    assert "may not have the character '/'" in unknown["name"]
    unknown = errors(staff, form(assigned, rg_demo, reference_ids=["Nope"]))
    assert "no reference id" in unknown["reference_ids"]
    assert not Exemption.objects.exists()


def test_a_second_exemption_of_the_same_name_is_refused(
    staff: Client, assigned: Assignment, rg_demo: Scope
) -> None:
    assert staff.post(ADD, form(assigned, rg_demo)).status_code == 302
    assert "already has" in errors(staff, form(assigned, rg_demo, name="BY-HAND"))["name"]


def test_a_fetched_template_can_be_read_and_deleted_and_not_changed(staff: Client) -> None:
    row = FetchedTemplate.objects.create(url="https://policies.example.org/t.yaml", text="kind: X")
    address = f"/admin/policy_app/fetchedtemplate/{row.pk}"
    page = staff.get(f"{address}/change/").content.decode()
    assert row.sha256 in page
    assert "kind: X" in page
    assert staff.post(f"{address}/change/", {"text": "kind: Y"}).status_code == 403
    staff.post(f"{address}/delete/", {"post": "yes"})
    assert not FetchedTemplate.objects.exists()
