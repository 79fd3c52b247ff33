"""What tests do with a whole portal: empty it, push its clock, and have done what is due.

Only where ``serve --control`` allows it, which the door sees to, and only for who owns the root of
the tenant.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db import transaction
from django.utils import timezone

from policy_app import wall_clock
from policy_app.models import Cluster, Scan, Scope
from policy_app.services import activity, authorization, estate
from policy_app.services.authorization import Actor
from policy_app.services.cluster import addon, clock
from policy_app.services.compliance import schedule
from policy_app.services.errors import PolicyError
from policy_app.services.work import doing, duties, leases

CONTROL = "Microsoft.PolicyPortal/control/action"
_WORKER = "control"
_PATIENCE = 300.0
_PAUSE = 0.1


class Estate(StrEnum):
    """What is there after a reset."""

    DEMO = "demo"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Synced:
    """What was done, and how it ended."""

    addons: tuple[str, ...]
    """The ids of the clusters whose add-on has synced."""
    duties: tuple[str, ...]
    """The names of those that were done well."""
    scans: tuple[Scan, ...]
    """Those that were open meanwhile."""


def reset(wanted: Estate, by: Actor) -> list[Scope]:
    """Empty the portal, make the estate that is wanted, and put the clock back.

    One transaction, the clock in it, so that whatever cuts it off leaves all or nothing done; the
    scopes that are there afterwards, parents first.  See ``estate.empty`` for what stays.  Raises
    ``Forbidden``.
    """
    authorization.require(by, CONTROL, None)
    with transaction.atomic():
        # First, so that the new estate is dated by the machine's clock.
        wall_clock.put_back()
        estate.empty(but_the_root=wanted is Estate.DEMO)
        if wanted is Estate.DEMO:
            estate.make_demo()
        activity.record(by, CONTROL, _about("reset"), after={"estate": str(wanted)})
    return list(Scope.objects.all())


def see_clock(by: Actor) -> datetime:
    """What time it is for policy.  Raises ``Forbidden``."""
    authorization.require(by, CONTROL, None)
    return wall_clock.now()


def set_clock(to: datetime, by: Actor) -> datetime:
    """Set the clock ahead to a moment (aware); what time it is then.  Raises ``PolicyError``."""
    authorization.require(by, CONTROL, None)
    return _push(to - wall_clock.now(), "now", by)


def push_clock(ahead: timedelta, by: Actor) -> datetime:
    """Push the clock ahead; what time it is then.  Raises ``PolicyError``."""
    authorization.require(by, CONTROL, None)
    return _push(ahead, "advance", by)


@transaction.atomic
def _push(ahead: timedelta, target: str, by: Actor) -> datetime:
    before = wall_clock.now()
    try:
        after = wall_clock.push(ahead)
    except ValueError:
        last = timezone.now() + wall_clock.FURTHEST
        raise PolicyError(
            "ClockCannotMove",
            f"The clock goes only ahead, from {before:%Y-%m-%dT%H:%M:%SZ} to at most"
            f" {last:%Y-%m-%dT%H:%M:%SZ}. POST /_portal/reset puts it back, with the estate.",
            target=target,
        ) from None
    told = [{"now": one.isoformat()} for one in (before, after)]
    activity.record(by, CONTROL, _about("clock"), before=told[0], after=told[1])
    return after


def sync(by: Actor) -> Synced:
    """Have every add-on sync, do every duty, and the scans that are due, here and now.

    Scans are shared with the workers that there are; one that is not over after five minutes is
    told as it is then.  Call it outside of transactions.  Raises ``Forbidden``.
    """
    authorization.require(by, CONTROL, None)
    activity.record(by, CONTROL, _about("sync"))
    clusters = list(Cluster.objects.select_related("scope"))
    synced = [one for one in clusters if one.addon_enabled]
    for cluster in synced:
        addon.sync(cluster)
    for cluster in clusters:
        clock.catch_up(cluster)
    done = duties.do_all(_WORKER)
    # What has just changed is not due for some seconds yet, which nobody wants to wait for.
    schedule.request_due(wall_clock.now() + schedule.QUIET)
    scans = _finish_scans()
    return Synced(tuple(one.scope.arm_id for one in synced), tuple(done), scans)


def _finish_scans() -> tuple[Scan, ...]:
    """Work on the open scans until none is left, and return them as they are then."""
    keys = list(Scan.objects.filter(state__in=Scan.OPEN).values_list("pk", flat=True))
    mine = Scan.objects.filter(pk__in=keys)
    until = time.monotonic() + _PATIENCE
    while mine.filter(state__in=Scan.OPEN).exists() and time.monotonic() < until:
        lease = leases.claim(_WORKER)
        if lease is not None:
            doing.do(lease)
        else:
            time.sleep(_PAUSE)
    return tuple(mine.select_related("cluster__scope").order_by("cluster__scope__path"))


def _about(what: str) -> str:
    return f"/providers/Microsoft.PolicyPortal/control/{what}"
