"""Roles and who has them: patterns, inheritance, groups, and the same through REST."""

from __future__ import annotations

import uuid

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from policy_app.models import Definition, Scope
from policy_app.services import access, assignments, authorization
from policy_app.services.authorization import Principal, actions, object_of, roles
from policy_app.services.errors import PolicyError
from tests.arm.conftest import Arm
from tests.granting import custom_role, grant, root
from tests.services.test_drafts import draft

PROVIDER = "providers/Microsoft.Authorization"


@pytest.mark.parametrize(
    ("pattern", "action", "fits"),
    [
        ("*", "Microsoft.Authorization/policyAssignments/write", True),
        ("*/read", "Microsoft.Insights/eventtypes/values/read", True),
        ("*/read", "Microsoft.Authorization/policyAssignments/write", False),
        ("microsoft.authorization/POLICYassignments/*", actions.ASSIGN, True),
        ("Microsoft.Authorization/*/Write", actions.ASSIGN, True),
        ("Microsoft.Authorization/*/Write", actions.UNASSIGN, False),
        ("Microsoft.Authorization/policyAssignments/write", actions.ASSIGN, True),
        ("Microsoft.Authorization/policyAssignments/writ", actions.ASSIGN, False),
        ("a/*a", "a/a", True),
        ("a*a/b", "a/b", False),
    ],
)
def test_a_pattern_covers_what_azures_would(pattern: str, action: str, fits: bool) -> None:
    assert actions.matches(pattern, action) is fits


def test_what_a_role_takes_away_another_role_may_still_allow(rg_demo: Scope) -> None:
    bob = User.objects.create_user("bob")
    less = custom_role("Less", rg_demo, "*", without=("*/write",))
    grant(bob, less, rg_demo)
    assert not authorization.may(bob, actions.ASSIGN, rg_demo)
    assert authorization.may(bob, actions.UNASSIGN, rg_demo)
    grant(bob, roles.POLICY_CONTRIBUTOR, rg_demo)
    assert authorization.may(bob, actions.ASSIGN, rg_demo)


def test_a_role_counts_below_its_scope_and_nowhere_else(rg_demo: Scope, rg_staging: Scope) -> None:
    bob = User.objects.create_user("bob")
    grant(bob, roles.OWNER, rg_demo)
    cluster = Scope.objects.get(parent=rg_demo)
    assert authorization.may(bob, actions.ASSIGN, cluster)
    assert not authorization.may(bob, actions.ASSIGN, rg_staging)
    assert rg_demo.parent is not None
    assert not authorization.may(bob, actions.ASSIGN, rg_demo.parent)
    assert not authorization.may(bob, actions.ASSIGN, None)
    assert set(authorization.visible_scopes(bob)) == {rg_demo, cluster}


def test_a_group_gives_its_members_what_it_has(rg_demo: Scope) -> None:
    bob, team = User.objects.create_user("bob"), Group.objects.create(name="team")
    grant(team, roles.READER, rg_demo)
    assert not authorization.knows(bob, rg_demo)
    bob.groups.add(team)
    assert authorization.knows(bob, rg_demo)


def test_who_is_locked_out_may_nothing(rg_demo: Scope) -> None:
    bob = User.objects.create_user("bob", is_superuser=True)
    grant(bob, roles.OWNER, rg_demo)
    bob.is_active = False
    assert not authorization.may(bob, actions.ASSIGN, rg_demo)


def test_roles_are_read_once_a_request_whatever_is_asked(rg_demo: Scope) -> None:
    bob = User.objects.create_user("bob")
    grant(bob, roles.READER, rg_demo)
    who = Principal.of_user(bob)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        for _ in range(50):
            authorization.may(who, actions.ASSIGN, rg_demo)
            authorization.knows(who, rg_demo)
            authorization.permit_somewhere(who, actions.ASSIGN)
    assert len(queries) == 1


def test_a_hidden_scope_answers_word_for_word_as_one_that_does_not_exist(
    rg_demo: Scope, rg_staging: Scope
) -> None:
    bob = User.objects.create_user("bob")
    grant(bob, roles.OWNER, rg_demo)
    arm = Arm(access.new_token(bob))
    hidden = f"{rg_staging.arm_id}/{PROVIDER}/policyAssignments"
    unknown = hidden.replace("rg-staging", "rg-unknown")
    for method, last in (("GET", ""), ("PUT", "/x"), ("DELETE", "/x"), ("GET", "/x")):
        body: object = {"properties": {}} if method == "PUT" else None
        told = [arm.error(method, path + last, body) for path in (hidden, unknown)]
        assert told[0]["status"] == 404
        assert str(told[0]).replace("rg-staging", "rg-unknown") == str(told[1])


def test_lists_hold_only_what_may_be_seen(
    rg_demo: Scope, rg_staging: Scope, baseline: Definition
) -> None:
    bob = User.objects.create_user("bob")
    grant(bob, roles.READER, rg_demo)
    for scope, name in ((rg_demo, "here"), (rg_staging, "there"), (root(), "above")):
        assignments.put(draft(scope, baseline, name=name), None)
    listed = f"{rg_demo.arm_id}/{PROVIDER}/policyAssignments"
    assert Arm(access.new_token(bob)).names(listed) == ["here"]


def test_roles_and_their_assignments_come_and_go_through_rest(arm: Arm, rg_demo: Scope) -> None:
    bob = User.objects.create_user("bob")
    role = f"{rg_demo.arm_id}/{PROVIDER}/roleDefinitions/{uuid.uuid4()}"
    properties = {
        "roleName": "Assigner",
        "assignableScopes": [rg_demo.arm_id],
        "permissions": [{"actions": ["Microsoft.Authorization/policyAssignments/*"]}],
    }
    made = arm.put(role, {"properties": properties})
    assert made["properties"]["type"] == "CustomRole"
    at = f"{rg_demo.arm_id}/{PROVIDER}/roleAssignments"
    one = f"{at}/{uuid.uuid4()}"
    number = str(object_of(bob).object_id)
    body = {"properties": {"roleDefinitionId": made["id"], "principalId": number}}
    given = arm.put(one, body)
    assert given["properties"]["principalType"] == "User"
    assert authorization.may(bob, actions.ASSIGN, rg_demo)
    assert arm.send("PUT", one, body).status_code == 200
    twice = arm.error("PUT", f"{at}/{uuid.uuid4()}", body)
    assert (twice["status"], twice["code"]) == (409, "RoleAssignmentExists")
    assert arm.error("DELETE", role)["code"] == "RoleDefinitionHasAssignments"
    assert arm.names(at, filter=f"principalId eq '{number}'") == [given["name"]]
    assert arm.send("DELETE", one).status_code == 200
    assert arm.send("DELETE", one).status_code == 204
    assert arm.send("DELETE", role).status_code == 200
    assert not authorization.may(bob, actions.ASSIGN, rg_demo)


def test_the_built_in_roles_have_azures_ids_and_nobody_changes_them(
    arm: Arm, rg_demo: Scope
) -> None:
    path = f"{rg_demo.arm_id}/{PROVIDER}/roleDefinitions"
    (found,) = arm.get(path, filter="roleName eq 'Reader'")["value"]
    assert found["name"] == "acdd72a7-3385-48ef-bd42-f606fba81ae7"
    properties = {
        "roleName": "Reader",
        "assignableScopes": [rg_demo.arm_id],
        "permissions": [{"actions": ["*"]}],
    }
    error = arm.error("PUT", f"{path}/{found['name']}", {"properties": properties})
    assert (error["status"], error["code"]) == (403, "RoleDefinitionUpdateNotPermitted")


@pytest.mark.parametrize(
    ("change", "code", "target"),
    [
        ({"roleName": ""}, "InvalidRoleDefinitionName", "properties.roleName"),
        (
            {"permissions": [{"actions": ["no action"]}]},
            "InvalidActionOrNotAction",
            "properties.permissions[0].actions[0]",
        ),
        (
            {"assignableScopes": ["/subscriptions/nowhere"]},
            "SubscriptionNotFound",
            "properties.assignableScopes[0]",
        ),
        ({"permissions": []}, "InvalidRequestContent", "properties.permissions"),
        ({"roleName": "reader"}, "RoleDefinitionWithSameNameExists", "properties.roleName"),
    ],
)
def test_a_role_that_is_wrong_names_the_field(
    arm: Arm, rg_demo: Scope, change: dict[str, object], code: str, target: str
) -> None:
    properties: dict[str, object] = {
        "roleName": "Own",
        "assignableScopes": [rg_demo.arm_id],
        "permissions": [{"actions": ["*/read"]}],
    }
    path = f"{rg_demo.arm_id}/{PROVIDER}/roleDefinitions/{uuid.uuid4()}"
    error = arm.error("PUT", path, {"properties": properties | change})
    assert (error["code"], error["target"]) == (code, target)


def test_nobody_gives_away_a_role_for_other_scopes(rg_demo: Scope, rg_staging: Scope) -> None:
    own = custom_role("Only here", rg_demo, "*/read")
    with pytest.raises(PolicyError, match="for other scopes"):
        grant(User.objects.create_user("bob"), own, rg_staging)
