"""The administration: all models, assignments checked as everywhere, history that only reads."""

from __future__ import annotations

import json
from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from policy_app.models import ApiToken, Assignment, Definition, DefinitionVersion, Scope
from policy_app.services import access, assignments
from policy_app.services.drafts import AssignmentDraft

ADD = "/admin/policy_app/assignment/add/"


@pytest.fixture
def staff(portal: None, alice: User) -> Client:
    """Django's client, signed in as an administrator."""
    client = Client()
    client.force_login(alice)
    return client


def form(definition: Definition, scope: Scope, **values: Any) -> dict[str, Any]:
    """What the browser sends of a form that is filled in like this."""
    given: dict[str, Any] = {
        "scope": scope.pk,
        "name": "by-hand",
        "definition": definition.pk,
        "enforcement_mode": "Default",
    }
    for field in ("parameters", "metadata"):
        given[field] = "{}"
    for field in ("not_scopes", "non_compliance_messages", "overrides", "resource_selectors"):
        given[field] = "[]"
    given["identity"] = "null"
    return given | {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in values.items()
    }


def errors(client: Client, given: dict[str, Any]) -> dict[str, str]:
    """The refusals that the form comes back with, by field."""
    answer = client.post(ADD, given)
    assert answer.status_code == 200, "the form was taken"
    page = BeautifulSoup(answer.content, "html.parser")
    rows = page.select(".form-row.errors")
    return {_field(row): row.select(".errorlist")[0].get_text(" ", strip=True) for row in rows}


def _field(row: Tag) -> str:
    """``field-name`` among the row's classes says which field it is."""
    return next(c for c in row["class"] if c.startswith("field-")).removeprefix("field-")


def test_every_model_is_registered() -> None:
    stored = set(apps.get_app_config("policy_app").get_models())
    assert stored - set(admin.site._registry) == set()


@pytest.mark.parametrize("model", sorted(admin.site._registry, key=str), ids=str)
def test_every_list_and_its_search_open(staff: Client, model: Any) -> None:
    options = model._meta
    address = reverse(f"admin:{options.app_label}_{options.model_name}_changelist")
    assert staff.get(address, {"q": "kubernetes"}).status_code == 200
    assert admin.site._registry[model].search_fields


def test_an_assignment_that_is_fit_is_stored_by_the_service(
    staff: Client, alice: User, baseline: Definition, rg_demo: Scope
) -> None:
    given = form(baseline, rg_demo, parameters={"effect": {"value": "deny"}})
    assert staff.post(ADD, given).status_code == 302
    stored = Assignment.objects.get(name="by-hand")
    assert stored.parameters == {"effect": {"value": "deny"}}
    assert stored.created_by == alice
    assert stored.metadata["createdBy"] == "alice"


def test_what_the_service_refuses_stands_beside_its_field(
    staff: Client, baseline: Definition, rg_demo: Scope, rg_staging: Scope
) -> None:
    wrong = form(
        baseline,
        rg_demo,
        parameters={"effect": {"value": "explode"}},
        not_scopes=[rg_staging.arm_id],
    )
    found = errors(staff, wrong)
    assert "explode" in found["parameters"]
    assert "not below the scope" in found["not_scopes"]
    bare = errors(staff, form(baseline, rg_demo, parameters={"effect": "deny"}))
    assert '{"value": …}' in bare["parameters"]
    assert not Assignment.objects.exists()


def test_a_second_assignment_of_the_same_name_is_refused(
    staff: Client, baseline: Definition, rg_demo: Scope
) -> None:
    given = form(baseline, rg_demo)
    assert staff.post(ADD, given).status_code == 302
    assert "already has" in errors(staff, given | {"name": "BY-HAND"})["name"]


def test_an_edit_keeps_scope_and_name_and_is_remembered(
    staff: Client, alice: User, baseline: Definition, rg_demo: Scope
) -> None:
    staff.post(ADD, form(baseline, rg_demo))
    row = Assignment.objects.get()
    given = form(baseline, rg_demo, description="changed", name="another")
    answer = staff.post(f"/admin/policy_app/assignment/{row.pk}/change/", given)
    assert answer.status_code == 302
    row.refresh_from_db()
    assert (row.name, row.description, row.updated_by) == ("by-hand", "changed", alice)
    history = staff.get(f"/admin/policy_app/assignment/{row.pk}/history/").content.decode()
    assert "changed" in history
    assert "alice" in history


def test_a_deletion_stays_in_the_history_with_who_did_it(
    staff: Client, alice: User, baseline: Definition, rg_demo: Scope
) -> None:
    row, _ = assignments.put(AssignmentDraft(rg_demo, "gone", baseline), None)
    address = f"/admin/policy_app/assignment/{row.pk}/delete/"
    assert staff.post(address, {"post": "yes"}).status_code == 302
    last = Assignment.history.filter(name="gone").latest()
    assert (last.history_type, last.history_user) == ("-", alice)
    listed = staff.get("/admin/policy_app/historicalassignment/").content.decode()
    assert "gone" in listed


@pytest.mark.parametrize("model", [Definition, DefinitionVersion, Assignment.history.model])
def test_what_the_catalogue_and_the_history_hold_cannot_be_edited(
    staff: Client, alice: User, model: Any
) -> None:
    options = admin.site._registry[model]
    request = staff.get("/admin/").wsgi_request
    assert not options.has_add_permission(request)
    assert not options.has_change_permission(request)
    assert not options.has_delete_permission(request)
    assert options.has_view_permission(request)


def test_a_version_shows_its_json_indented(staff: Client) -> None:
    row = DefinitionVersion.objects.filter(definition__kind="policy").first()
    assert row is not None
    page = staff.get(f"/admin/policy_app/definitionversion/{row.pk}/change/")
    text = BeautifulSoup(page.content, "html.parser").select("pre")[0].get_text()
    assert json.loads(text) == row.body
    assert "\n  " in text


def test_tokens_are_listed_and_revoked_but_never_shown(staff: Client, alice: User) -> None:
    access.new_token(alice, "laptop")
    token = ApiToken.objects.get()
    page = staff.get(f"/admin/policy_app/apitoken/{token.pk}/change/").content.decode()
    assert "laptop" in page
    assert token.digest not in page
    assert staff.get("/admin/policy_app/apitoken/add/").status_code == 403
    staff.post(f"/admin/policy_app/apitoken/{token.pk}/delete/", {"post": "yes"})
    assert not ApiToken.objects.exists()


def test_a_scope_has_to_fit_its_parent(staff: Client, rg_demo: Scope) -> None:
    add = "/admin/policy_app/scope/add/"
    given = {
        "kind": "resourceGroup",
        "parent": rg_demo.parent_id,
        "name": "rg-new",
        "display_name": "rg-new",
    }
    odd = staff.post(add, given | {"arm_id": "/subscriptions/other/resourceGroups/rg-new"})
    assert "For this kind and name the id is" in odd.content.decode()
    wrong = staff.post(add, given | {"arm_id": "/x", "parent": rg_demo.pk})
    assert "Choose a subscription" in wrong.content.decode()
    assert rg_demo.parent is not None
    fits = f"{rg_demo.parent.arm_id}/resourceGroups/rg-new"
    assert staff.post(add, given | {"arm_id": fits}).status_code == 302
    assert Scope.objects.get(name="rg-new").is_at_or_below(rg_demo.parent)


def test_the_way_back_to_the_portal_is_on_every_page(staff: Client) -> None:
    page = BeautifulSoup(staff.get("/admin/").content, "html.parser")
    assert page.select("#user-tools a")[0]["href"] == "/"
