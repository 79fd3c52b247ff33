"""Roles for tests: who has which one where."""

from __future__ import annotations

import uuid

from django.contrib.auth.models import Group, User

from policy_app.models import RoleAssignment, RoleDefinition, Scope
from policy_app.services.authorization import assigning, object_of, roles


def grant(who: User | Group, role: uuid.UUID | RoleDefinition, scope: Scope) -> RoleAssignment:
    """Give the role at the scope, as the portal itself."""
    row = role if isinstance(role, RoleDefinition) else roles.built_in(role)
    gift = assigning.RoleGift(scope, uuid.uuid4(), row, object_of(who))
    return assigning.put(gift, by=None)[0]


def custom_role(
    name: str, scope: Scope, *patterns: str, without: tuple[str, ...] = ()
) -> RoleDefinition:
    """A role of the patterns, for the scope and below."""
    draft = roles.RoleDraft(name, "", patterns, without, [scope.arm_id])
    return roles.put(uuid.uuid4(), draft, by=None)[0]


def root() -> Scope:
    """The scope above all others."""
    return Scope.objects.get(parent=None)
