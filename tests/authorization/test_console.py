"""The administration: for superusers alone, and with everything that is done there in the log."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission, User
from django.test import Client

from policy_app.models import ActivityEntry, Scope, SecurityPrincipal
from policy_app.services import access
from policy_app.services.authorization import assigning, roles
from tests.browser.html_forms import WebForm
from tests.granting import grant


@pytest.fixture
def console(client: Client, alice: User) -> Client:
    """A superuser in the administration."""
    client.force_login(alice)
    return client


def last(operation: str) -> ActivityEntry:
    """The newest entry of an operation."""
    found = ActivityEntry.objects.filter(operation=f"Microsoft.PolicyPortal/{operation}").first()
    assert found is not None
    return found


@pytest.mark.parametrize("model", admin.site._registry, ids=lambda model: model._meta.label)
def test_no_page_of_it_is_for_staff_however_many_permissions_they_have(
    client: Client, db: None, model: Any
) -> None:
    clerk = User.objects.create_user("clerk", is_staff=True)
    clerk.user_permissions.set(Permission.objects.all())
    client.force_login(clerk)
    address = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
    for page in (address, f"{address}add/", "/admin/"):
        assert client.get(page)["Location"].startswith("/admin/login")
    made = {"username": "clerk", "is_superuser": "on", "is_staff": "on", "is_active": "on"}
    answer = client.post(f"/admin/auth/user/{clerk.pk}/change/", made)
    assert answer["Location"].startswith("/admin/login")
    assert not User.objects.get(pk=clerk.pk).is_superuser


def test_a_person_who_is_changed_is_in_the_log_before_and_after(console: Client) -> None:
    bob = User.objects.create_user("bob", password="a long enough password")
    Group.objects.create(name="owners")
    form = WebForm.read(
        console, console.get(f"/admin/auth/user/{bob.pk}/change/").content, "#user_form"
    )
    fields = [(name, value) for name, value in form.fields if name != "is_active"]
    fields.append(("groups", str(Group.objects.get().pk)))
    given: dict[str, list[str]] = {}
    for name, value in fields:
        given.setdefault(name, []).append(value)
    assert console.post(f"/admin/auth/user/{bob.pk}/change/", given).status_code == 302
    entry = last("users/write")
    assert (entry.caller, entry.door) == ("alice", "admin")
    assert entry.before is not None
    assert entry.after is not None
    assert (entry.before["groups"], entry.after["groups"]) == ([], ["owners"])
    assert (entry.before["is_active"], entry.after["is_active"]) == (True, False)
    assert "password" not in entry.before | entry.after


def test_who_has_a_role_is_not_deleted_and_what_goes_with_others_is_counted(
    console: Client, rg_demo: Scope
) -> None:
    bob = User.objects.create_user("bob")
    access.new_token(bob)
    given = grant(bob, roles.READER, rg_demo)
    address = f"/admin/auth/user/{bob.pk}/delete/"
    assert console.post(address, {"post": "yes"}).status_code == 403
    assigning.delete(given, None)
    SecurityPrincipal.objects.filter(user=bob).delete()
    assert console.post(address, {"post": "yes"}).status_code == 302
    before = last("users/delete").before
    assert before is not None
    assert before["username"] == "bob"
    assert before["deletedWithIt"]["api tokens"] == 1


def test_a_group_that_is_made_is_in_the_log(console: Client) -> None:
    assert console.post("/admin/auth/group/add/", {"name": "team"}).status_code == 302
    after = last("groups/write").after
    assert after is not None
    assert after["name"] == "team"
