"""The activity log: who did what, when, through which door and from where, before and after.

``record`` is called by every service that changes something, within its transaction, so that a
change and its entry are stored together or not at all.  A refusal undoes the transaction that it
is raised in; the doors hand it to ``note_refusal`` afterwards.
"""

from __future__ import annotations

from typing import Any

import structlog
from django.db.models import Q, QuerySet

from policy_app import wall_clock
from policy_app.models import ActivityEntry, Scope, SecurityPrincipal
from policy_app.services import authorization
from policy_app.services.authorization import Actor, Forbidden, Principal, actions

Outcome = ActivityEntry.Outcome
SIGN_IN = "Microsoft.PolicyPortal/signIn/action"
_LONGEST_ID = 900


def record(
    by: Actor,
    operation: str,
    resource_id: str = "",
    *,
    scope: Scope | None = None,
    before: Any = None,
    after: Any = None,
    outcome: Outcome = Outcome.SUCCEEDED,
    message: str = "",
) -> ActivityEntry:
    """Write one entry.

    ``operation`` is an action (``Microsoft.Authorization/policyAssignments/write``), ``before``
    and ``after`` are what JSON can hold, None where there was or is nothing.  Whoever may read
    the log at ``scope`` sees the entry; without one, whoever may read it at the root.
    """
    who = authorization.principal_of(by)
    return ActivityEntry.objects.create(
        at=wall_clock.now(),
        operation=operation,
        resource_id=_storable(resource_id)[:_LONGEST_ID],
        path=scope.path if scope is not None else "",
        caller=_storable(who.name)[:254],
        caller_id=authorization.object_id(who.user) if who.user is not None else "",
        caller_kind=_kind(who),
        door=who.door,
        address=_storable(who.address)[:64],
        request_id=who.request_id or _request_id(),
        outcome=outcome,
        message=message,
        before=before,
        after=after,
    )


def note_refusal(error: BaseException) -> None:
    """Write down who was refused what, once; only changes, since reading is no attempt on them."""
    if not isinstance(error, Forbidden) or error.noted:
        return
    error.noted = True
    attempt = error.attempt
    if attempt.principal.user is None or attempt.action.lower().endswith(actions.READ):
        return
    record(
        attempt.principal,
        attempt.action,
        attempt.scope.arm_id if attempt.scope is not None else "/",
        scope=attempt.scope,
        outcome=Outcome.REFUSED,
        message=error.message,
    )


def entries(by: Actor) -> QuerySet[ActivityEntry]:
    """What the principal may see: entries at scopes where the log may be read, and its own."""
    rows = ActivityEntry.objects.all()
    who = authorization.principal_of(by)
    if who.is_owner or authorization.may(who, actions.ACTIVITY, None):
        return rows
    seen = authorization.within(who.paths(actions.ACTIVITY), "")
    if who.user is not None:
        seen |= Q(caller_id=authorization.object_id(who.user))
    return rows.filter(seen)


def _storable(text: str) -> str:
    """What strangers say of themselves may hold a NUL, which PostgreSQL refuses."""
    return text.replace("\x00", "")


def _kind(who: Principal) -> str:
    if who.user is None:
        return "" if who.kind == "stranger" else "System"
    service = hasattr(who.user, "service_principal")
    return SecurityPrincipal.Kind.SERVICE if service else SecurityPrincipal.Kind.USER


def _request_id() -> str:
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))[:64]
