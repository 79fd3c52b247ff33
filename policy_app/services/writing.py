"""What every service does around a change: one writer at a time, who and when in the history."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Model

from policy_app import wall_clock
from policy_app.models import Scope
from policy_app.models.resources import ArmResource
from policy_app.services import activity, authorization
from policy_app.services.authorization import Actor

Row = TypeVar("Row", bound=ArmResource)


def lock(scope: Scope) -> None:
    """Within a transaction: the scope's row is the lock, and of two writers the second waits."""
    Scope.objects.select_for_update().get(pk=scope.pk)


def lock_below(scope: Scope) -> None:
    """Within a transaction: the scope and all below it, in one order for everybody.

    Who changes a definition keeps everybody away who could come to use it meanwhile: assignments
    and initiatives that use it are at its scope or below.
    """
    below = Scope.objects.select_for_update().filter(path__startswith=scope.path)
    list(below.order_by("pk").values_list("pk"))


def sign(row: Model, user: User | None) -> None:
    """When it was, and who the history names: there is a request's user only in a request."""
    row._history_date = wall_clock.now()  # type: ignore[attr-defined]  # simple-history reads both
    if user is not None:
        row._history_user = user  # type: ignore[attr-defined]


@transaction.atomic
def remove(
    seen: Row,
    action: str,
    by: Actor,
    find: Callable[[Scope, str], Row | None],
    shown: Callable[[Row], Any],
) -> Row | None:
    """Delete a row as it is by now, and return that; its history stays, with who deleted it.

    ``find`` reads it again by scope and name, ``shown`` is what the log says of it.  None where
    somebody else deleted it just before.  Raises ``PolicyError``.
    """
    scope = seen.scope
    who = authorization.require(by, action, scope)
    # As every write does: otherwise the log would tell of a state that somebody has just replaced.
    lock(scope)
    row = find(scope, seen.name)
    if row is None:
        return None
    activity.record(by, action, row.arm_id, scope=scope, before=shown(row))
    sign(row, who.user)
    row.delete()
    return row
