"""The activity log: what was done is there, what was refused too, and nobody changes it."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import User
from django.test import Client

from policy_app.models import ActivityEntry, Definition, Scope
from policy_app.models.activity import WrittenOnceError
from policy_app.services import access, activity, assignments
from policy_app.services.authorization import Principal, roles
from policy_app.services.errors import PolicyError
from tests.arm.conftest import Arm
from tests.granting import grant, root
from tests.services.test_drafts import draft

ASSIGN = "Microsoft.Authorization/policyAssignments/write"
UNASSIGN = "Microsoft.Authorization/policyAssignments/delete"


def description(stored: Any) -> str:
    """The description in ARM's shape of an assignment."""
    return str(stored["properties"]["description"])


def test_a_change_is_written_down_with_who_from_where_before_and_after(
    rg_demo: Scope, baseline: Definition, alice: User
) -> None:
    by = Principal.of_user(alice, door="rest", address="192.0.2.7", request_id="r-1")
    assignments.put(draft(rg_demo, baseline, description="One."), by)
    assignments.put(draft(rg_demo, baseline, description="Two."), by)
    assignments.delete(assignments.get(rg_demo, "baseline"), by)
    gone, changed, made = ActivityEntry.objects.filter(door="rest")
    assert made.before is None
    assert description(made.after) == "One."
    assert (description(changed.before), description(changed.after)) == ("One.", "Two.")
    assert (gone.operation, gone.after) == (UNASSIGN, None)
    assert (made.caller, made.door, made.address, made.request_id) == (
        "alice",
        "rest",
        "192.0.2.7",
        "r-1",
    )


def test_what_is_refused_for_its_content_leaves_no_entry(
    rg_demo: Scope, baseline: Definition, alice: User
) -> None:
    with pytest.raises(PolicyError):
        assignments.put(draft(rg_demo, baseline, parameters={"effect": "nope"}), alice)
    assert not ActivityEntry.objects.filter(operation=ASSIGN).exists()


def test_an_attempt_that_was_refused_is_written_down(rg_demo: Scope, arm: Arm) -> None:
    bob = User.objects.create_user("bob")
    grant(bob, roles.READER, rg_demo)
    address = f"{rg_demo.arm_id}/providers/Microsoft.Authorization/policyAssignments/x"
    error = Arm(access.new_token(bob)).error("DELETE", address)
    assert (error["status"], error["code"]) == (403, "AuthorizationFailed")
    assert "'bob'" in error["message"]
    assert UNASSIGN in error["message"]
    entry = ActivityEntry.objects.get(operation=UNASSIGN)
    assert (entry.outcome, entry.caller, entry.door) == ("Refused", "bob", "rest")


def test_nobody_changes_or_deletes_an_entry(db: None) -> None:
    entry = activity.record(None, "Microsoft.Test/things/write")
    entry.message = "changed"
    with pytest.raises(WrittenOnceError):
        entry.save()
    with pytest.raises(WrittenOnceError):
        entry.delete()
    with pytest.raises(WrittenOnceError):
        ActivityEntry.objects.update(message="changed")
    with pytest.raises(WrittenOnceError):
        ActivityEntry.objects.all().delete()
    assert ActivityEntry.objects.get(pk=entry.pk).message == ""


def test_the_console_shows_the_log_and_changes_nothing_of_it(client: Client, alice: User) -> None:
    entry = activity.record(None, "Microsoft.Test/things/write")
    client.force_login(alice)
    assert client.get("/admin/policy_app/activityentry/").status_code == 200
    assert client.post(f"/admin/policy_app/activityentry/{entry.pk}/delete/").status_code == 403
    assert client.get("/admin/policy_app/activityentry/add/").status_code == 403


def test_a_person_sees_entries_of_scopes_with_a_role_and_their_own(
    rg_demo: Scope, rg_staging: Scope
) -> None:
    bob = User.objects.create_user("bob")
    grant(bob, roles.READER, rg_demo)
    here = activity.record(None, "Microsoft.Test/here/write", scope=rg_demo)
    activity.record(None, "Microsoft.Test/there/write", scope=rg_staging)
    activity.record(None, "Microsoft.Test/above/write", scope=root())
    own = activity.record(Principal.of_user(bob), "Microsoft.Test/own/action")
    seen = set(activity.entries(bob).filter(operation__startswith="Microsoft.Test"))
    assert seen == {here, own}


def test_the_page_filters_by_its_address_and_exports_exactly_that(
    client: Client, alice: User, rg_demo: Scope
) -> None:
    client.force_login(alice)
    activity.record(alice, "Microsoft.Test/one/write", "/one", after={"a": 1}, scope=rg_demo)
    activity.record(None, "Microsoft.Test/two/write", "/two")
    query = "caller=alice&operation=Test&outcome=Succeeded&span=7&door=system"
    page = BeautifulSoup(client.get(f"/activity?{query}").content, "html.parser")
    rows = [row.get_text(strip=True) for row in page.select("#results tbody th")]
    assert rows == ["Microsoft.Test/one/write"]
    exported = b"".join(client.get(f"/activity/export.csv?{query}"))
    (row,) = csv.DictReader(io.StringIO(exported.decode()))
    assert (row["resource_id"], json.loads(row["after"])) == ("/one", {"a": 1})
    as_json = b"".join(client.get(f"/activity/export.json?{query}"))
    (one,) = json.loads(as_json)
    assert (one["operation"], one["caller"]) == ("Microsoft.Test/one/write", "alice")


def test_a_formula_does_not_reach_a_spreadsheet(client: Client, alice: User) -> None:
    client.force_login(alice)
    activity.record(alice, "Microsoft.Test/one/write", "=1+1")
    exported = b"".join(client.get("/activity/export.csv?operation=Test"))
    (row,) = csv.DictReader(io.StringIO(exported.decode()))
    assert row["resource_id"] == "'=1+1"


def test_a_day_that_is_none_is_refused_in_words(client: Client, alice: User) -> None:
    client.force_login(alice)
    answer = client.get("/activity?from=yesterday")
    assert answer.status_code == 400
    assert "write a day as 2026-11-22" in answer.content.decode()
