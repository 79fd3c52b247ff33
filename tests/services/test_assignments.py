"""Assignments are created, replaced, found, listed and deleted, and nothing of them is lost."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from policy_app.models import Assignment, Cluster, Definition, Scope
from policy_app.services import assignments
from policy_app.services.authorization import roles
from policy_app.services.errors import NotFound, PolicyError
from tests.granting import grant
from tests.services.test_drafts import draft


def test_an_assignment_is_created_then_replaced(
    rg_demo: Scope, baseline: Definition, alice: User
) -> None:
    row, created = assignments.put(draft(rg_demo, baseline), alice)
    assert created
    assert row.parameters == {"effect": {"value": "deny"}}
    again, created = assignments.put(
        draft(rg_demo, baseline, name="BASELINE", parameters={"effect": "audit"}), alice
    )
    assert not created
    assert again.pk == row.pk
    assert Assignment.objects.get(pk=row.pk).parameters == {"effect": {"value": "audit"}}


def test_who_and_when_is_kept(rg_demo: Scope, baseline: Definition, alice: User) -> None:
    bob = User.objects.create_user("bob")
    grant(bob, roles.POLICY_CONTRIBUTOR, rg_demo)
    row, _ = assignments.put(draft(rg_demo, baseline, metadata={"createdBy": "mallory"}), alice)
    assert (row.metadata["createdBy"], row.metadata["updatedBy"]) == ("alice", None)
    row, _ = assignments.put(draft(rg_demo, baseline), bob)
    assert (row.metadata["createdBy"], row.metadata["updatedBy"]) == ("alice", "bob")
    assert (row.created_by, row.updated_by) == (alice, bob)


def test_a_refused_draft_changes_nothing(rg_demo: Scope, baseline: Definition) -> None:
    assignments.put(draft(rg_demo, baseline), None)
    with pytest.raises(PolicyError):
        assignments.put(draft(rg_demo, baseline, parameters={"effect": "nope"}), None)
    assert assignments.get(rg_demo, "baseline").parameters == {"effect": {"value": "deny"}}


def test_the_same_name_may_be_used_at_another_scope(
    rg_demo: Scope, rg_staging: Scope, baseline: Definition
) -> None:
    one, _ = assignments.put(draft(rg_demo, baseline), None)
    other, created = assignments.put(draft(rg_staging, baseline), None)
    assert created
    assert one.arm_id != other.arm_id


def test_a_change_keeps_what_it_does_not_name(
    rg_demo: Scope, baseline: Definition, alice: User
) -> None:
    assignments.put(draft(rg_demo, baseline, description="Kept."), alice)
    row = assignments.change(rg_demo, "Baseline", {"location": "northeurope"}, alice)
    assert (row.location, row.description) == ("northeurope", "Kept.")
    assert row.parameters == {"effect": {"value": "deny"}}


def test_a_missing_assignment_is_not_found(rg_demo: Scope) -> None:
    with pytest.raises(NotFound, match="'nope' is not found"):
        assignments.get(rg_demo, "nope")


def test_history_outlives_the_assignment(rg_demo: Scope, baseline: Definition, alice: User) -> None:
    row, _ = assignments.put(draft(rg_demo, baseline), alice)
    key = row.pk
    assignments.delete(row, alice)
    changes = list(Assignment.history.filter(id=key).values_list("history_type", "history_user"))
    assert changes[0] == ("-", alice.pk)
    assert changes[-1][0] == "+"


def test_a_list_knows_at_above_and_below(
    rg_demo: Scope, rg_staging: Scope, aks_demo: Cluster, baseline: Definition
) -> None:
    group = Scope.objects.get(name="mg-demo")
    for scope in (group, rg_demo, rg_staging, aks_demo.scope):
        assignments.put(draft(scope, baseline, name=f"at-{scope.name}"), None)

    def names(at: str) -> set[str]:
        return {row.name for row in assignments.listing(rg_demo, at)}

    assert names("") == {"at-mg-demo", "at-rg-demo", "at-aks-demo"}
    assert names("atScope") == {"at-mg-demo", "at-rg-demo"}
    assert names("atExactScope") == {"at-rg-demo"}


def test_a_list_can_be_of_one_definition(
    rg_demo: Scope, baseline: Definition, restricted: Definition
) -> None:
    assignments.put(draft(rg_demo, baseline, name="one"), None)
    assignments.put(draft(rg_demo, restricted, name="two"), None)
    rows = assignments.listing(rg_demo, definition_id=restricted.arm_id.upper())
    assert [row.name for row in rows] == ["two"]


def test_search_finds_words_in_any_of_the_names(rg_demo: Scope, baseline: Definition) -> None:
    assignments.put(draft(rg_demo, baseline, name="one", display_name="Shop guard"), None)
    rows = assignments.everywhere()
    assert [row.name for row in assignments.matching(rows, "guard shop")] == ["one"]
    assert [row.name for row in assignments.matching(rows, "BASELINE")] == ["one"]
    assert not assignments.matching(rows, "nothing")


def test_history_names_who_changed_it_without_a_request(
    rg_demo: Scope, baseline: Definition, alice: User
) -> None:
    row, _ = assignments.put(draft(rg_demo, baseline), alice)
    bob = User.objects.create_user("bob")
    grant(bob, roles.POLICY_CONTRIBUTOR, rg_demo)
    assignments.put(draft(rg_demo, baseline, description="Changed."), bob)
    users = Assignment.history.filter(id=row.pk).values_list("history_user__username", flat=True)
    assert list(users) == ["bob", "alice"]
