"""What every service does around a change: one writer at a time, who and when in the history."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db.models import Model

from policy_app import wall_clock
from policy_app.models import Scope


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
