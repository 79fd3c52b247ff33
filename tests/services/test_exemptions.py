"""Exemptions: stored like ARM's, held to its rules, and leaving policies out of clusters."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone

from policy_app.evaluation.language.definitions import PolicySetDefinition
from policy_app.models import Assignment, Cluster, Definition, Exemption, Scope
from policy_app.services import assignments, definitions, enforcement, exemptions, testing
from policy_app.services.authorization import actions
from policy_app.services.errors import NotFound, PolicyError
from policy_app.services.exemptions import State
from policy_app.services.testing import Upload
from tests.granting import custom_role, grant
from tests.services.test_drafts import draft

PRIVILEGED = (settings.FIXTURES_DIR / "manifests" / "nginx-privileged.yaml").read_bytes()


@pytest.fixture
def everywhere(baseline: Definition) -> Assignment:
    """The baseline at the root, with deny."""
    root = Scope.objects.get(name="mg-demo")
    row, _ = assignments.put(draft(root, baseline, name="everywhere"), None)
    return row


def body(assignment: Assignment, **properties: Any) -> dict[str, Any]:
    """A PUT body."""
    usual = {"policyAssignmentId": assignment.arm_id, "exemptionCategory": "Waiver"}
    return {"properties": usual | properties}


def put(scope: Scope, assignment: Assignment, name: str = "move", **properties: Any) -> Exemption:
    """Store an exemption."""
    row, _ = exemptions.put(scope, name, body(assignment, **properties), None)
    return row


def accepted(cluster: Cluster) -> bool:
    """Does the cluster take a privileged Pod?"""
    (document,) = testing.run(cluster, [Upload("p.yaml", PRIVILEGED)]).documents
    return document.accepted


def faults(scope: Scope, assignment: Assignment, **properties: Any) -> dict[str, str]:
    """The codes of a refusal by field."""
    with pytest.raises(PolicyError) as caught:
        put(scope, assignment, **properties)
    assert not Exemption.objects.exists()
    return {one.target: one.code for one in caught.value.every()}


def test_an_exempt_cluster_takes_what_others_refuse_until_the_exemption_goes(
    rg_demo: Scope, aks_demo: Cluster, aks_staging: Cluster, everywhere: Assignment, alice: User
) -> None:
    assert not accepted(aks_demo)
    row = put(rg_demo, everywhere, displayName="Until the move")
    assert accepted(aks_demo)
    assert not accepted(aks_staging)
    absent = enforcement.in_force(aks_demo).not_installed
    assert {(one.code, one.failed) for one in absent} == {("Exempt", False)}
    assert all("Until the move (Waiver)" in one.reason for one in absent)
    exemptions.delete(row, alice)
    assert not accepted(aks_demo)


def test_an_exemption_from_one_policy_leaves_the_others_in_force(
    aks_demo: Cluster, everywhere: Assignment
) -> None:
    put(aks_demo.scope, everywhere, policyDefinitionReferenceIds=["noprivilegedcontainers"])
    in_force = enforcement.in_force(aks_demo)
    assert accepted(aks_demo)
    references = {one.origin.definition_reference_id for one in in_force.constraints}
    assert "NoPrivilegedContainers" not in references
    assert "NoHostPathVolume" in references


def test_who_may_write_an_exemption_makes_nothing_more_of_it_than_was_agreed(
    rg_demo: Scope, everywhere: Assignment
) -> None:
    bob = User.objects.create_user("bob")
    grant(bob, custom_role("Writer", rg_demo, exemptions.WRITE), rg_demo)
    assigned = definitions.parse(definitions.version(everywhere.definition))
    assert isinstance(assigned, PolicySetDefinition)
    ids, end = [one.reference_id for one in assigned.members], "2030-01-01T00:00:00Z"
    agreed: dict[str, Any] = {"expiresOn": end, "policyDefinitionReferenceIds": ids[:1]}
    put(rg_demo, everywhere, **agreed)

    def again(**changes: object) -> None:
        exemptions.put(rg_demo, "move", body(everywhere, **{**agreed, **changes}), bob)

    again(displayName="Until the move", expiresOn="2029-01-01T00:00:00Z")
    for more in (
        {"expiresOn": end},
        {"expiresOn": None},
        {"expiresOn": "2029-01-01T00:00:00Z", "policyDefinitionReferenceIds": []},
        {"expiresOn": "2029-01-01T00:00:00Z", "policyDefinitionReferenceIds": ids[:2]},
    ):
        with pytest.raises(PolicyError, match="To exempt from more, or for longer") as refusal:
            again(**more)
        assert refusal.value.status == 403
    grant(bob, custom_role("Exempter", everywhere.scope, actions.EXEMPT), everywhere.scope)
    again(expiresOn=None, policyDefinitionReferenceIds=[])


def test_an_exemption_that_has_expired_exempts_nothing_and_stays(
    rg_demo: Scope, aks_demo: Cluster, everywhere: Assignment
) -> None:
    past = (timezone.now() - timedelta(minutes=1)).isoformat()
    row = put(rg_demo, everywhere, expiresOn=past)
    assert not accepted(aks_demo)
    assert list(exemptions.of_assignment(everywhere)) == [row]
    assert not exemptions.listing(rg_demo, live_only=True)
    put(rg_demo, everywhere, expiresOn=(timezone.now() + timedelta(hours=1)).isoformat())
    assert accepted(aks_demo)
    assert exemptions.listing(rg_demo, live_only=True).get() == row


def test_selectors_choose_among_the_clusters_below(
    rg_demo: Scope, aks_demo: Cluster, everywhere: Assignment
) -> None:
    for place, exempt in (("nowhere", False), (aks_demo.scope.location, True)):
        selector = {"kind": "resourceLocation", "in": [place]}
        put(rg_demo, everywhere, resourceSelectors=[{"name": "x", "selectors": [selector]}])
        assert accepted(aks_demo) is exempt


def test_an_exemption_holds_for_an_assignment_that_is_made_anew(
    rg_demo: Scope, aks_demo: Cluster, baseline: Definition, everywhere: Assignment
) -> None:
    put(rg_demo, everywhere)
    root = everywhere.scope
    assignments.delete(everywhere, None)
    assignments.put(draft(root, baseline, name="EVERYWHERE"), None)
    assert accepted(aks_demo)


def test_put_replaces_and_keeps_who_did_what(
    rg_demo: Scope, everywhere: Assignment, alice: User
) -> None:
    first, created = exemptions.put(rg_demo, "move", body(everywhere, displayName="One"), alice)
    second, again = exemptions.put(rg_demo, "MOVE", body(everywhere, displayName="Two"), alice)
    assert (created, again, first.pk) == (True, False, second.pk)
    assert exemptions.get(rg_demo, "Move").display_name == "Two"
    exemptions.delete(second, alice)
    history = Exemption.history.order_by("history_id")
    assert [(one.history_type, one.display_name) for one in history] == [
        ("+", "One"),
        ("~", "Two"),
        ("-", "Two"),
    ]
    assert {one.history_user for one in history} == {alice}


def test_a_change_keeps_what_it_does_not_name(rg_demo: Scope, everywhere: Assignment) -> None:
    put(rg_demo, everywhere, displayName="One", expiresOn="2030-01-01T00:00:00Z")
    patch = {"properties": {"assignmentScopeValidation": "DoNotValidate"}}
    row = exemptions.change(rg_demo, "move", patch, None)
    assert (row.display_name, row.scope_validation) == ("One", "DoNotValidate")
    assert row.expires_on is not None
    assert row.expires_on.year == 2030


def test_what_is_stored_is_what_was_said(rg_demo: Scope, everywhere: Assignment) -> None:
    said = body(
        everywhere,
        exemptionCategory="Mitigated",
        policyDefinitionReferenceIds=["NoPrivilegedContainers"],
        expiresOn="2030-01-01T00:00:00Z",
        displayName="Move",
        description="Agreed.",
        metadata={"ticket": 7},
        assignmentScopeValidation="DoNotValidate",
        exemptionManagementMode="UserSelfServe",
    )
    row, _ = exemptions.put(rg_demo, "move", said, None)
    row.refresh_from_db()
    assert exemptions.as_value(row).to_object()["properties"] == said["properties"]


def test_the_lists_show_what_is_around_a_scope(
    rg_demo: Scope, rg_staging: Scope, aks_demo: Cluster, everywhere: Assignment
) -> None:
    above = put(everywhere.scope, everywhere, "above")
    here = put(rg_demo, everywhere, "here")
    below = put(aks_demo.scope, everywhere, "below")
    put(rg_staging, everywhere, "beside")
    assert list(exemptions.listing(rg_demo)) == [above, here, below]
    assert list(exemptions.listing(rg_demo, "atScope")) == [above, here]
    assert list(exemptions.listing(rg_demo, "atExactScope")) == [here]
    rows = exemptions.everywhere()
    assert set(exemptions.at_and_below(rows, rg_demo)) == {here, below}
    assert not exemptions.listing(rg_demo, assignment_id=f"{everywhere.arm_id}-2")


@pytest.mark.parametrize(
    ("properties", "field", "code"),
    [
        ({"policyAssignmentId": "/x"}, "policyAssignmentId", "PolicyAssignmentNotFound"),
        ({"policyAssignmentId": None}, "policyAssignmentId", "InvalidRequestContent"),
        ({"exemptionCategory": "Forgiven"}, "exemptionCategory", "InvalidRequestContent"),
        ({"expiresOn": "soon"}, "expiresOn", "InvalidRequestContent"),
        ({"displayName": "x" * 129}, "displayName", "InvalidRequestContent"),
        ({"description": "a\x00b"}, "description", "InvalidRequestContent"),
        ({"metadata": {"a\x00": 1}}, "metadata", "InvalidRequestContent"),
        (
            {"policyDefinitionReferenceIds": ["NoHostPathVolume", "Nope"]},
            "policyDefinitionReferenceIds[1]",
            "InvalidRequestContent",
        ),
    ],
)
def test_what_cannot_be_stored_is_refused_with_its_field(
    rg_demo: Scope, everywhere: Assignment, properties: dict[str, Any], field: str, code: str
) -> None:
    assert faults(rg_demo, everywhere, **properties) == {f"properties.{field}": code}


def test_every_fault_is_told_at_once(rg_demo: Scope, everywhere: Assignment) -> None:
    found = faults(
        rg_demo, everywhere, displayName="x" * 129, policyDefinitionReferenceIds=["Nope"]
    )
    assert len(found) == 2


@pytest.mark.parametrize("name", ["", "a" * 65, "a/b", "ends."])
def test_a_name_that_arm_refuses_is_refused(
    rg_demo: Scope, everywhere: Assignment, name: str
) -> None:
    assert faults(rg_demo, everywhere, name=name) == {"name": "InvalidPolicyExemptionName"}


def test_a_scope_that_the_assignment_does_not_reach_needs_saying_so(
    rg_demo: Scope, rg_staging: Scope, baseline: Definition
) -> None:
    row, _ = assignments.put(draft(rg_demo, baseline), None)
    assert faults(rg_staging, row) == {
        "properties.policyAssignmentId": "InvalidCreatePolicyExemptionRequest"
    }
    assert put(rg_staging, row, assignmentScopeValidation="DoNotValidate").pk


def test_what_is_not_there_is_not_found(rg_demo: Scope) -> None:
    with pytest.raises(NotFound, match="'gone' is not found") as caught:
        exemptions.get(rg_demo, "gone")
    assert (caught.value.code, caught.value.status) == ("PolicyExemptionNotFound", 404)


def test_states_tell_what_is_in_force_and_what_ends_soon(
    rg_demo: Scope, everywhere: Assignment
) -> None:
    def ending(name: str, days: int) -> Exemption:
        ends = (timezone.now() + timedelta(days=days)).isoformat()
        return put(rg_demo, everywhere, name, expiresOn=ends)

    over, soon, later = ending("over", -1), ending("soon", 3), ending("later", 90)
    always = put(rg_demo, everywhere, "always")
    rows = exemptions.everywhere()
    assert set(exemptions.in_state(rows, State.ACTIVE)) == {soon, later, always}
    assert set(exemptions.in_state(rows, State.EXPIRING)) == {soon}
    assert set(exemptions.in_state(rows, State.EXPIRED)) == {over}
    states = [exemptions.state_of(one) for one in (over, soon, later, always)]
    assert states == [State.EXPIRED, State.EXPIRING, State.ACTIVE, State.ACTIVE]


def test_who_looked_before_is_told_of_what_changed_since(
    rg_demo: Scope, everywhere: Assignment, alice: User
) -> None:
    row = exemptions.put_as_seen(rg_demo, "move", body(everywhere), alice, "")
    seen = exemptions.stamp(row)
    same = exemptions.put_as_seen(rg_demo, "move", body(everywhere), alice, "")
    assert (same, Exemption.history.count()) == (row, 1)
    changed = body(everywhere, displayName="Two")
    exemptions.put_as_seen(rg_demo, "move", changed, alice, seen)
    for late in ("", seen):
        with pytest.raises(PolicyError) as caught:
            exemptions.put_as_seen(
                rg_demo, "move", body(everywhere, displayName="Three"), alice, late
            )
        assert (caught.value.code, caught.value.status) == ("PolicyExemptionChanged", 409)
    with pytest.raises(PolicyError, match="alice changed this exemption at"):
        exemptions.delete_as_seen(row, alice, seen)
    row.refresh_from_db()
    assert row.display_name == "Two"
    exemptions.delete_as_seen(row, alice, exemptions.stamp(row))
    with pytest.raises(NotFound, match="was deleted meanwhile"):
        exemptions.put_as_seen(rg_demo, "move", changed, alice, seen)


@pytest.mark.parametrize("arm_id", ["", "/", "/subscriptions/x", "move", "//providers/\x00"])
def test_an_id_that_is_no_exemptions_is_not_found(portal: None, arm_id: str) -> None:
    with pytest.raises(NotFound, match="is no exemption's id"):
        exemptions.with_id(arm_id, None)
