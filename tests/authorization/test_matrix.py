"""Each role against each door and action: what is allowed, what is refused, what is not there."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.db import transaction

from policy_app.models import Assignment, Cluster, Definition, RoleAssignment, Scope
from policy_app.services import assignments, definitions
from policy_app.services.authorization import roles
from policy_app.services.cluster import clock
from tests.arm.addresses import NO_PRIVILEGE
from tests.authorization.doors import HIDDEN, NO, OPERATIONS, YES, Visitor, outcome
from tests.granting import custom_role, grant
from tests.services.test_drafts import draft

_POLICY = {
    "rest: assign",
    "rest: change an assignment",
    "rest: delete an assignment",
    "rest: exempt",
    "pages: assign",
    "pages: edit an assignment",
    "pages: delete an assignment",
    "pages: exempt",
    "pages: edit an exemption",
    "pages: delete an exemption",
}
_INSIGHTS = {
    "rest: cancel a remediation",
    "rest: delete a remediation",
    "rest: delete an attestation",
    "pages: cancel a remediation",
}
_SEEING = {
    "rest: see an assignment",
    "rest: list assignments",
    "rest: list exemptions",
    "rest: see a remediation",
    "rest: list remediations",
    "rest: list attestations",
    "rest: see the cluster",
    "rest: see who has which role",
    "pages: see an assignment",
    "pages: see an exemption",
    "pages: see a remediation",
    "pages: see the cluster",
    "pages: see who has which role",
    "pages: test a manifest",
    "kubernetes: list pods",
    "kubernetes: ask who one is",
}
_ACCESS = {
    "rest: give a role",
    "rest: take a role away",
    "rest: make a role",
    "pages: give a role",
    "pages: take a role away",
    "pages: make a role",
}
_CLUSTER = {
    "rest: switch the add-on",
    "pages: switch the add-on",
    "pages: set the add-on's clock",
    "kubernetes: list secrets",
    "kubernetes: make a namespace",
}
_TENANT = {"pages: see service principals", "pages: make a service principal"}
_CONSOLE = {"admin: see assignments"}
# Where there is no scope to be hidden, who may not is refused in any case.
_NEVER_HIDDEN = _TENANT | _CONSOLE

ALLOWED: dict[str, set[str]] = {
    "Reader": _SEEING,
    "Resource Policy Contributor": _SEEING | _POLICY | _INSIGHTS,
    "Contributor": _SEEING | _CLUSTER | _INSIGHTS,
    "User Access Administrator": _SEEING | _POLICY | _ACCESS,
    "Owner": _SEEING | _POLICY | _ACCESS | _CLUSTER | _INSIGHTS,
    "a role that only assigns": {"rest: assign", "rest: change an assignment", "pages: assign"},
    "a role that only calls clusters": {"kubernetes: ask who one is"},
}
_BUILT_IN = {
    "Reader": roles.READER,
    "Resource Policy Contributor": roles.POLICY_CONTRIBUTOR,
    "Contributor": roles.CONTRIBUTOR,
    "User Access Administrator": roles.ACCESS_ADMINISTRATOR,
    "Owner": roles.OWNER,
}
_CUSTOM = {
    "a role that only assigns": "Microsoft.Authorization/policyAssignments/write",
    "a role that only calls clusters": (
        "Microsoft.ContainerService/managedClusters/listClusterUserCredential/action"
    ),
}


@pytest.fixture
def definition(portal: None) -> Definition:
    """A policy with an effect, small enough to be installed at once."""
    return definitions.built_in(Definition.Kind.POLICY, NO_PRIVILEGE)


@pytest.fixture
def stored(aks_demo: Cluster, rg_demo: Scope, definition: Definition) -> Assignment:
    """An assignment of the portal itself, which the cluster has taken over."""
    row = assignments.put(draft(rg_demo, definition, name="stored", parameters={}), None)[0]
    clock.catch_up(aks_demo)
    return row


@pytest.fixture
def given(rg_demo: Scope) -> RoleAssignment:
    """A role that somebody else has."""
    return grant(User.objects.create_user("other"), roles.READER, rg_demo)


Meet = Callable[[User], Visitor]


@pytest.fixture
def meet(rg_demo: Scope, definition: Definition, stored: Assignment, given: RoleAssignment) -> Meet:
    """Makes a visitor of a person."""
    return lambda user: Visitor(user, rg_demo, stored, definition, given)


def tried(visitor: Visitor) -> dict[str, str]:
    """What every operation came to, each from the same beginning."""
    found = {}
    for name, operation in OPERATIONS.items():
        with transaction.atomic():
            found[name] = outcome(operation(visitor))
            transaction.set_rollback(True)
    return found


def expected(allowed: set[str], otherwise: str) -> dict[str, str]:
    """The row of the matrix."""
    found = dict.fromkeys(OPERATIONS, otherwise)
    found |= dict.fromkeys(_NEVER_HIDDEN, NO)
    if "pages: see the cluster" not in allowed:
        # A list of clusters to choose from has only those that may be looked into.
        found["pages: test a manifest"] = HIDDEN
    found |= dict.fromkeys(allowed, YES)
    return found


@pytest.mark.parametrize("role", ALLOWED)
def test_a_role_allows_this_at_every_door_and_nothing_more(
    meet: Meet, rg_demo: Scope, role: str
) -> None:
    bob = User.objects.create_user("bob")
    one = _BUILT_IN.get(role) or custom_role(role, rg_demo, _CUSTOM[role])
    grant(bob, one, rg_demo)
    visitor = meet(bob)
    assert tried(visitor) == expected(ALLOWED[role], NO)


def test_who_has_a_role_elsewhere_finds_nothing_here(meet: Meet, rg_staging: Scope) -> None:
    bob = User.objects.create_user("bob")
    grant(bob, roles.OWNER, rg_staging)
    assert tried(meet(bob)) == expected(set(), HIDDEN)


def test_a_superuser_may_do_everything(meet: Meet, alice: User) -> None:
    assert tried(meet(alice)) == expected(set(OPERATIONS), NO)
