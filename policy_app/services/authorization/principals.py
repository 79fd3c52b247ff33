"""Who does something, through which door and from where; and what roles they have, asked once."""

from __future__ import annotations

import getpass
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.contrib.auth.models import Group, User
from django.db.models import Q

from policy_app.models import RoleAssignment, SecurityPrincipal
from policy_app.services.authorization import actions

_NAMESPACE = uuid.UUID("5b3f9b0e-6d0a-4d3c-9c59-4a1f4b0f7c11")  # any will do, but always this one
SYSTEM, OPERATOR, USER, STRANGER = "system", "operator", "user", "stranger"


@dataclass(frozen=True, slots=True)
class Grant:
    """One role at one place: ``path`` is the scope's, and reaches all that begins with it."""

    path: str
    role: str
    actions: tuple[str, ...]
    not_actions: tuple[str, ...]

    def allows(self, action: str) -> bool:
        """Does the role allow the action?"""
        return actions.covers(self.actions, self.not_actions, action)


@dataclass(slots=True, eq=False)
class Principal:
    """Whoever acts.  A door makes one a request: its roles are read once, with one query.

    ``kind`` is ``user`` (a person or a program who has signed in), ``system`` (the portal itself),
    ``operator`` (who runs commands on the portal's machine) or ``stranger`` (nobody knows who).
    """

    user: User | None = None
    kind: str = SYSTEM
    name: str = "Policy Portal"
    door: str = "system"
    address: str = ""
    request_id: str = ""
    _grants: tuple[Grant, ...] | None = field(default=None, repr=False)

    @classmethod
    def of_user(
        cls, user: User, *, door: str = "system", address: str = "", request_id: str = ""
    ) -> Principal:
        """A user who has signed in."""
        return cls(user, USER, user.get_username(), door, address, request_id)

    @classmethod
    def operator(cls) -> Principal:
        """The operating system's user, who holds the database and with it every right."""
        try:
            name = getpass.getuser()
        except (KeyError, OSError):
            name = "unknown"  # a process may run under a number that has no name
        return cls(None, OPERATOR, f"{name} (command line)", "cli")

    @classmethod
    def stranger(cls, name: str, *, door: str, address: str = "") -> Principal:
        """Somebody who has not signed in, under the name that was given; may do nothing."""
        return cls(None, STRANGER, name, door, address)

    @property
    def is_owner(self) -> bool:
        """Everything is allowed everywhere: superusers, the operator and the portal itself."""
        if self.kind == USER:
            return self.user is not None and self.user.is_active and self.user.is_superuser
        return self.kind in (SYSTEM, OPERATOR)

    @property
    def grants(self) -> tuple[Grant, ...]:
        """The roles of the user and of the user's groups; read once."""
        if self._grants is None:
            self._grants = _grants_of(self.user)
        return self._grants

    def allows(self, action: str, path: str) -> bool:
        """Does a role at the path or above it allow the action?"""
        return any(path.startswith(one.path) and one.allows(action) for one in self.grants)

    def paths(self, action: str = "") -> list[str]:
        """Where a role allows the action, without those below others; all roles where it is empty.

        A role that allows nothing counts for nothing.
        """
        found = {one.path for one in self.grants if one.actions}
        if action:
            found = {one.path for one in self.grants if one.allows(action)}
        return _outermost(found)


Actor = Principal | User | None
"""Whom services take: what a door made of its request, or a plain user, or None for the portal."""


def principal_of(by: Actor) -> Principal:
    """The principal, whichever way it was named.  Raises ``TypeError`` for anybody else."""
    if isinstance(by, Principal):
        return by
    if by is None:
        return Principal()
    if not isinstance(by, User):
        raise TypeError(f"{by!r} is nobody who may do something")
    return Principal.of_user(by)


def user_of(by: Actor) -> User | None:
    """The user whom rows and histories name; None where it is the portal or its operator."""
    return principal_of(by).user


def object_id(user: User) -> str:
    """The id under which ARM knows a user."""
    return str(_number("user", user.pk))


def object_of(one: User | Group) -> SecurityPrincipal:
    """The user or the group as a security principal, stored when it is first asked for.

    The id follows from the primary key, so that it is the same before and after, and where a
    transaction is rolled back.
    """
    if isinstance(one, Group):
        defaults = {"kind": SecurityPrincipal.Kind.GROUP, "object_id": _number("group", one.pk)}
        return SecurityPrincipal.objects.get_or_create(group=one, defaults=defaults)[0]
    service = hasattr(one, "service_principal")
    kind = SecurityPrincipal.Kind.SERVICE if service else SecurityPrincipal.Kind.USER
    defaults = {"kind": kind, "object_id": _number("user", one.pk)}
    return SecurityPrincipal.objects.get_or_create(user=one, defaults=defaults)[0]


def _number(kind: str, key: int) -> uuid.UUID:
    return uuid.uuid5(_NAMESPACE, f"{kind}:{key}")


def _grants_of(user: User | None) -> tuple[Grant, ...]:
    if user is None or not user.is_active:
        return ()
    rows = RoleAssignment.objects.filter(
        Q(principal__user=user) | Q(principal__group__user=user)
    ).values_list("scope__path", "role__role_name", "role__actions", "role__not_actions")
    return tuple(
        Grant(path, role, tuple(allowed), tuple(excepted))
        for path, role, allowed, excepted in rows.distinct()
    )


def _outermost(paths: Iterable[str]) -> list[str]:
    found: list[str] = []
    for path in sorted(paths):
        if not found or not path.startswith(found[-1]):
            found.append(path)
    return found
