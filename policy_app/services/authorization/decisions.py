"""The one question that every door asks: may this principal do this here?

A scope is known to whoever has a role at it or above it.  To everybody else it does not exist:
every refusal about it is the one that an unknown scope gets, word for word.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from django.db.models import Model, Q, QuerySet

from policy_app.models import Scope
from policy_app.services import scopes
from policy_app.services.authorization.principals import Actor, Principal, object_id, principal_of
from policy_app.services.errors import PolicyError

Row = TypeVar("Row", bound=Model)
FORBIDDEN = "AuthorizationFailed"


@dataclass(frozen=True, slots=True)
class Attempt:
    """What somebody tried and may not do; the activity log wants to know."""

    principal: Principal
    action: str
    scope: Scope | None
    hidden: bool
    """Whether the scope is one that the principal does not know of."""


class Forbidden(PolicyError):  # noqa: N818 - reads as what it is where it is raised
    """The principal may not do it (403), or must not learn of the scope (as an unknown one)."""

    def __init__(self, refusal: PolicyError, attempt: Attempt) -> None:
        super().__init__(
            refusal.code, refusal.message, target=refusal.target, status=refusal.status
        )
        self.attempt = attempt
        self.noted = False


@dataclass(frozen=True, slots=True)
class Permit:
    """An answer for pages: true where it is allowed, else with the reason in ``why``."""

    allowed: bool
    why: str = ""

    def __bool__(self) -> bool:
        return self.allowed


def may(by: Actor, action: str, scope: Scope | None) -> bool:
    """Is the action allowed at the scope?  None is the tenant: all of its roots at once."""
    who = principal_of(by)
    if who.is_owner:
        return True
    if scope is not None:
        return who.allows(action, scope.path)
    if not who.paths(action):
        return False
    roots = Scope.objects.filter(parent=None).values_list("path", flat=True)
    found = list(roots)
    return bool(found) and all(who.allows(action, root) for root in found)


def may_somewhere(by: Actor, action: str) -> bool:
    """Is there any scope at which the action is allowed?"""
    who = principal_of(by)
    return who.is_owner or bool(who.paths(action))


def knows(by: Actor, scope: Scope) -> bool:
    """May the principal know that there is such a scope?"""
    who = principal_of(by)
    return who.is_owner or _is_within(scope.path, who.paths())


def in_line(by: Actor, scope: Scope) -> bool:
    """Is the scope one that the principal knows of, or above one?

    What is assigned at such a scope may decide about what they see, and is named to them then.
    """
    known = principal_of(by)
    paths = known.paths()
    return known.is_owner or any(one.startswith(scope.path) for one in paths) or knows(known, scope)


def permit(by: Actor, action: str, scope: Scope | None) -> Permit:
    """The same as ``may``, with the reason for pages that disable what is not allowed."""
    if may(by, action, scope):
        return Permit(True)
    where = f"at {scope}" if scope is not None else "at the root of the tenant"
    return Permit(False, f"You need a role with {action} {where}.")


def permit_somewhere(by: Actor, action: str) -> Permit:
    """The same as ``may_somewhere``, with the reason."""
    if may_somewhere(by, action):
        return Permit(True)
    return Permit(False, f"You have no role with {action} at any scope.")


def require(by: Actor, action: str, scope: Scope | None) -> Principal:
    """The principal, where the action is allowed at the scope.

    Raises ``Forbidden``: ``AuthorizationFailed`` (403), or what an unknown scope gets (404)
    where the principal has no role at the scope or above it.
    """
    who = principal_of(by)
    if may(who, action, scope):
        return who
    hidden = scope is not None and not knows(who, scope)
    if scope is not None and hidden:
        refusal = scopes.missing(scope.arm_id)
    else:
        refusal = _forbidden(who, action, scope)
    raise Forbidden(refusal, Attempt(who, action, scope, hidden))


def forbidden(by: Actor, action: str, scope: Scope, why: str) -> Forbidden:
    """A 403 in words of its own, for a rule that says more than ``require``."""
    who = principal_of(by)
    refusal = PolicyError(FORBIDDEN, why, status=403)
    return Forbidden(refusal, Attempt(who, action, scope, hidden=not knows(who, scope)))


def scope_for(by: Actor, arm_id: str, action: str = "") -> Scope:
    """The scope with this id, for somebody who may know of it; ``scopes.get`` for doors.

    ``action`` is required of it, too.  Raises ``NotFound`` as for an unknown one, spelled as it
    was asked for, and ``Forbidden``.
    """
    who = principal_of(by)
    found = scopes.get(arm_id)
    if not knows(who, found):
        attempt = Attempt(who, action or "read", found, hidden=True)
        raise Forbidden(scopes.missing(arm_id), attempt)
    if action:
        require(who, action, found)
    return found


def find_scope(by: Actor, arm_id: str) -> Scope | None:
    """The scope with this id, in any letter case; None where there is none to know of."""
    found = scopes.find(arm_id)
    return found if found is not None and knows(by, found) else None


def visible(
    rows: QuerySet[Row], by: Actor, action: str, field: str = "scope", *, tenant: bool = False
) -> QuerySet[Row]:
    """Of rows that are at scopes, those for which the action is allowed; still one query.

    ``field`` leads to the scope (``cluster__scope``), and is empty where the rows have a ``path``
    themselves, as scopes have.  ``tenant`` leaves rows without a scope in, as built-ins are.
    """
    who = principal_of(by)
    if who.is_owner:
        return rows
    wanted = within(who.paths(action), field)
    if tenant:
        wanted |= Q(**{f"{field}__isnull": True})
    return rows.filter(wanted)


def visible_scopes(by: Actor, action: str = "") -> QuerySet[Scope]:
    """The scopes at which the action is allowed; every known one without an action."""
    return visible(Scope.objects.all(), by, action, "")


def within(paths: Iterable[str], field: str = "scope") -> Q:
    """The condition that a row's scope is at one of the paths or below; none fits no path."""
    name = f"{field}__path__startswith" if field else "path__startswith"
    wanted = Q(pk__in=[])
    for path in paths:
        wanted |= Q(**{name: path})
    return wanted


def _is_within(path: str, paths: Iterable[str]) -> bool:
    return any(path.startswith(one) for one in paths)


def _forbidden(who: Principal, action: str, scope: Scope | None) -> PolicyError:
    """ARM's sentence, which tools look for: the client, its object id, the action, the scope."""
    number = object_id(who.user) if who.user is not None else "none"
    over = scope.arm_id if scope is not None else "/"
    return PolicyError(
        FORBIDDEN,
        f"The client '{who.name}' with object id '{number}' does not have authorization to perform"
        f" action '{action}' over scope '{over}'. Ask an owner of it for a role that has the"
        " action.",
        status=403,
    )
