"""The clock that policy goes by: the machine's, or one that tests have pushed ahead of it.

Whatever has to do with policy asks it: when the add-on works, when exemptions end, when a thing was
assigned, judged or done, what happens in simulated clusters.  Secrets, sessions and the leases of
workers go by the machine's clock alone, so that pushing this one opens nothing that was closed.

It can be ahead only under ``serve --control``.  By how much is a row of the database, so that it
goes ahead and back together with what the same transaction writes, for every process at once; it
only ever grows until ``put_back``, since nothing that is stored expects time to run backwards.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.apps import apps
from django.conf import settings
from django.db import transaction
from django.utils import timezone

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from policy_app.models import PushedClock

FURTHEST = timedelta(days=36_525)
"""How far ahead it may be: a hundred years, within what any database stores."""
_ONLY = 1


def now() -> datetime:
    """What time it is for policy; aware, in UTC."""
    return timezone.now() + ahead()


def ahead() -> timedelta:
    """By how much it was pushed; by nothing where nobody can push it."""
    if not settings.CONTROL:
        return timedelta()
    return _rows().values_list("ahead", flat=True).first() or timedelta()


@transaction.atomic
def push(by: timedelta) -> datetime:
    """Push it; what time it is then.  Raises ``ValueError`` where that is back, or too far.

    Of two who push at once the second waits for the first one's transaction to end.
    """
    _rows().get_or_create(pk=_ONLY, defaults={"ahead": timedelta()})
    row = _rows().select_for_update().get()
    further = row.ahead + by
    if by < timedelta() or further > FURTHEST:
        raise ValueError(f"the clock cannot be moved by {by}")
    row.ahead = further
    row.save(update_fields=["ahead"])
    return now()


def put_back() -> None:
    """The machine's clock again, from the end of the transaction that this is called in."""
    _rows().update(ahead=timedelta())


def _rows() -> QuerySet[PushedClock]:
    # By its name: the models import this module for their stamps.
    rows: QuerySet[PushedClock] = apps.get_model("policy_app", "PushedClock")._default_manager.all()
    return rows
