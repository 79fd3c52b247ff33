"""Role assignments: a role for a principal at a scope, and with it at everything below."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from policy_app.models import RoleAssignment, RoleDefinition, Scope, SecurityPrincipal
from policy_app.services import activity, scopes
from policy_app.services.authorization import actions, roles
from policy_app.services.authorization.decisions import require, visible
from policy_app.services.authorization.principals import Actor, user_of
from policy_app.services.errors import NotFound, PolicyError

READ = actions.of(actions.ROLE_ASSIGNMENTS, actions.READ)
WRITE = actions.of(actions.ROLE_ASSIGNMENTS, actions.WRITE)
DELETE = actions.of(actions.ROLE_ASSIGNMENTS, actions.DELETE)
_LONGEST_DESCRIPTION = 2048


@dataclass(frozen=True, slots=True)
class RoleGift:
    """What is to be assigned to whom, where; ``name`` is the assignment's GUID."""

    scope: Scope
    name: uuid.UUID
    role: RoleDefinition
    principal: SecurityPrincipal
    description: str = ""


def rows() -> QuerySet[RoleAssignment]:
    """Every role assignment with what lists and shapes show of it."""
    return RoleAssignment.objects.select_related(
        "scope",
        "role",
        "created_by",
        "principal__group",
        "principal__user__service_principal",
    )


def listing(scope: Scope, by: Actor) -> QuerySet[RoleAssignment]:
    """ARM's list at a scope: those at, above and below it that the principal may read."""
    return visible(scopes.around(rows(), scope), by, READ).order_by("pk")


def find(scope: Scope, name: str) -> RoleAssignment | None:
    """The role assignment with this GUID at exactly this scope."""
    number = roles.guid(name)
    return rows().filter(scope=scope, name=number).first() if number else None


def get(scope: Scope, name: str) -> RoleAssignment:
    """The same, or ``NotFound``."""
    row = find(scope, name)
    if row is None:
        text = f"The role assignment '{name}' is not found."
        raise NotFound("RoleAssignmentNotFound", text)
    return row


@transaction.atomic
def put(gift: RoleGift, by: Actor) -> tuple[RoleAssignment, bool]:
    """Give the role; true where the assignment is new.

    A PUT that repeats what is stored changes its description alone.  Raises ``PolicyError``.
    """
    require(by, WRITE, gift.scope)
    if len(gift.description) > _LONGEST_DESCRIPTION or "\x00" in gift.description:
        text = f"The description may have {_LONGEST_DESCRIPTION} characters, and no NUL."
        raise PolicyError("InvalidRequestContent", text, target="properties.description")
    if not roles.assignable_at(RoleDefinition.objects.filter(pk=gift.role.pk), gift.scope).exists():
        raise PolicyError(
            "RoleDefinitionNotAssignable",
            f"The role '{gift.role}' cannot be assigned at '{gift.scope.arm_id}': it is for other"
            " scopes.",
            target="properties.roleDefinitionId",
        )
    row = RoleAssignment.objects.select_for_update().filter(name=gift.name).first()
    if row is not None:
        return _again(row, gift, by), False
    row = RoleAssignment(
        name=gift.name,
        scope=gift.scope,
        role=gift.role,
        principal=gift.principal,
        description=gift.description,
        created_by=user_of(by),
    )
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise PolicyError(
            "RoleAssignmentExists",
            f"{gift.principal} has the role '{gift.role}' at this scope already.",
            status=409,
        ) from None
    activity.record(by, WRITE, row.arm_id, scope=row.scope, after=to_object(row))
    return row, True


@transaction.atomic
def delete(row: RoleAssignment, by: Actor) -> None:
    """Take the role away.  Raises ``PolicyError``."""
    require(by, DELETE, row.scope)
    activity.record(by, DELETE, row.arm_id, scope=row.scope, before=to_object(row))
    row.delete()


def held_by(user: User) -> QuerySet[RoleAssignment]:
    """Every role that counts for a user, those of groups as well."""
    return rows().filter(Q(principal__user=user) | Q(principal__group__user=user)).distinct()


def end_all(principal: SecurityPrincipal, by: Actor) -> None:
    """Take every role from a principal that ends for good; each is told where it was.

    Whoever may end the principal may do that.
    """
    for row in rows().filter(principal=principal):
        activity.record(by, DELETE, row.arm_id, scope=row.scope, before=to_object(row))
        row.delete()


def to_object(row: RoleAssignment) -> dict[str, Any]:
    """ARM's ``properties`` of a role assignment, with names beside the ids in ``roleName`` and
    ``principalName`` for people who read the log."""
    return {
        "roleDefinitionId": row.role.arm_id,
        "roleName": row.role.role_name,
        "principalId": str(row.principal.object_id),
        "principalName": str(row.principal),
        "principalType": row.principal.kind,
        "scope": row.scope.arm_id,
        "description": row.description or None,
    }


def _again(row: RoleAssignment, gift: RoleGift, by: Actor) -> RoleAssignment:
    same = (
        row.scope_id == gift.scope.pk
        and row.role_id == gift.role.pk
        and row.principal_id == gift.principal.pk
    )
    if not same:
        raise PolicyError(
            "RoleAssignmentUpdateNotPermitted",
            "The principal, the role and the scope of a role assignment cannot be changed; delete"
            " it, and make another one.",
        )
    before = to_object(row)
    row.description = gift.description
    row.save(update_fields=["description"])
    activity.record(by, WRITE, row.arm_id, scope=row.scope, before=before, after=to_object(row))
    return row
