"""With thousands of role assignments, roles, programs and entries, pages need few queries."""

from __future__ import annotations

import uuid

from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from policy_app.models import (
    ActivityEntry,
    RoleAssignment,
    RoleDefinition,
    Scope,
    SecurityPrincipal,
    ServicePrincipal,
    ServicePrincipalSecret,
)
from policy_app.services.authorization import roles
from tests.granting import root

QUERIES = 25
MANY = 2000


def test_pages_about_access_need_few_queries_however_much_there_is(
    portal: None, alice: User
) -> None:
    # Filled once for all of it: that takes longer than the pages do.
    fill(root())
    needed = queries_of(alice, addresses())
    with_many_roles = User.objects.get(username="person-00007")
    needed |= queries_of(with_many_roles, ["/", reverse("access"), reverse("activity")])
    assert {one: count for one, count in needed.items() if count > QUERIES} == {}


def queries_of(user: User, pages: list[str]) -> dict[str, int]:
    """How many queries each page needs for this person."""
    client = Client()
    client.force_login(user)
    needed = {}
    for page in pages:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(page).status_code == 200, page
        needed[f"{page} of {user}"] = len(queries)
    return needed


def addresses() -> list[str]:
    """Every page about access, and the last page of each list."""
    scope = f"?scope={root().arm_id}"
    role = RoleDefinition.objects.filter(is_built_in=False)[0]
    program = ServicePrincipal.objects.all()[0]
    entry = ActivityEntry.objects.all()[0]
    return [
        reverse("access"),
        f"{reverse('access')}{scope}&page=40",
        f"{reverse('access-add')}{scope}",
        reverse("roles"),
        f"{reverse('roles')}?page=2",
        reverse("role", args=[role.name]),
        reverse("role", args=[roles.OWNER]),
        reverse("role-new"),
        reverse("role-edit", args=[role.name]),
        reverse("principals"),
        f"{reverse('principals')}?page=40",
        reverse("principal", args=[program.client_id]),
        reverse("activity"),
        f"{reverse('activity')}?page=40",
        f"{reverse('activity')}?operation=write&resource=many&caller=person-00003&outcome=Refused",
        reverse("activity-entry", args=[entry.event_id]),
        reverse("activity-export", args=["csv"]),
    ]


def fill(scope: Scope) -> None:
    """Many people with a role at the scope and below it, many roles, programs and entries."""
    groups = Scope.objects.bulk_create(_group(scope, number) for number in range(200))
    custom = RoleDefinition.objects.bulk_create(_role(number) for number in range(200))
    scope.custom_roles.add(*custom)
    users = User.objects.bulk_create(User(username=f"person-{n:05}") for n in range(MANY))
    principals = SecurityPrincipal.objects.bulk_create(
        SecurityPrincipal(user=one, kind=SecurityPrincipal.Kind.USER, object_id=uuid.uuid4())
        for one in users
    )
    reader = roles.built_in(roles.READER)
    RoleAssignment.objects.bulk_create(
        RoleAssignment(scope=scope, role=custom[number % 200], principal=one)
        for number, one in enumerate(principals)
    )
    RoleAssignment.objects.bulk_create(
        RoleAssignment(scope=group, role=reader, principal=principals[7]) for group in groups
    )
    _programs()
    ActivityEntry.objects.bulk_create(_entry(number, scope) for number in range(MANY))


def _group(parent: Scope, number: int) -> Scope:
    name = f"many-{number:03}"
    arm_id = f"/providers/Microsoft.Management/managementGroups/{name}"
    return Scope(
        kind=Scope.Kind.MANAGEMENT_GROUP,
        name=name,
        display_name=name,
        arm_id=arm_id,
        key=arm_id.lower(),
        parent=parent,
        path=f"{parent.path}{10_000 + number}/",
        pk=10_000 + number,
    )


def _role(number: int) -> RoleDefinition:
    name = f"Many {number:03}"
    return RoleDefinition(role_name=name, key=name.lower(), actions=["*/read"])


def _programs() -> None:
    users = User.objects.bulk_create(User(username=f"program-{n:05}") for n in range(MANY))
    rows = ServicePrincipal.objects.bulk_create(
        ServicePrincipal(user=one, display_name=one.username) for one in users
    )
    ServicePrincipalSecret.objects.bulk_create(
        ServicePrincipalSecret(
            service_principal=one, digest=f"{one.pk}-{number}", expires_at=timezone.now()
        )
        for one in rows
        for number in range(2)
    )


def _entry(number: int, scope: Scope) -> ActivityEntry:
    name = f"{scope.arm_id}/providers/Microsoft.Authorization/policyAssignments/many-{number}"
    return ActivityEntry(
        at=timezone.now(),
        operation="Microsoft.Authorization/policyAssignments/write",
        resource_id=name,
        resource_key=name.lower(),
        path=scope.path,
        caller=f"person-{number % 100:05}",
        caller_kind="User",
        door="rest",
        outcome=list(ActivityEntry.Outcome)[number % 3],
        after={"number": number},
    )
