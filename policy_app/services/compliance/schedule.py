"""Which clusters are due for a scan.

There is nothing to be told on a write: a cluster is due where its objects, or what is assigned,
have moved on since its last scan, and where its time has come.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q

from policy_app import wall_clock
from policy_app.models import AddonState, Cluster, ClusterAudit, ClusterState, Scan
from policy_app.services.cluster.addon import estate
from policy_app.services.compliance import scanning

QUIET = timedelta(seconds=3)
"""How long after a scan none follows that is about changes: what comes together is one scan."""
FULL_EVERY = timedelta(hours=24)
"""How often everything is judged though nothing changed, as Azure does with what it is told of."""


def request_due(now: datetime | None = None) -> list[Scan]:
    """Ask for a scan of every cluster that is due, and return these scans.

    Cheap where nothing is due (a few statements however many clusters there are), so that a worker
    can call it every second or two.  With ``POLICY_PORTAL_AUDIT_MINUTES=0`` nothing is ever due.
    """
    if not settings.AUDIT_MINUTES:
        return []
    now = now or wall_clock.now()
    return [scanning.request(cluster, trigger, reach=reach) for cluster, trigger, reach in due(now)]


def due(now: datetime) -> list[tuple[Cluster, str, str]]:
    """The clusters that are due and have no open scan, each with the trigger and the reach."""
    audits = {row.cluster_id: row for row in ClusterAudit.objects.all()}
    busy = set(Scan.objects.filter(state__in=Scan.OPEN).values_list("cluster_id", flat=True))
    waiting = {
        key: _why(audits.get(key), moved=moved, now=now)
        for key, moved in _clusters(now)
        if key not in busy
    }
    chosen = {key: why for key, why in waiting.items() if why is not None}
    rows = Cluster.objects.filter(pk__in=chosen).order_by("pk") if chosen else ()
    return [(row, *chosen[row.pk]) for row in rows]


def _why(audit: ClusterAudit | None, *, moved: int | None, now: datetime) -> tuple[str, str] | None:
    """Trigger and reach of the scan that is due; None where none is.

    ``moved`` is the cluster's revision; None where something else has changed, too.
    """
    reach, trigger = Scan.Reach, Scan.Trigger
    if audit is None or audit.full_at is None:
        return trigger.SCHEDULE, reach.FULL
    if audit.wants_full:
        return trigger.DEMAND, reach.FULL
    if audit.due_at is None or audit.due_at <= now:
        full = settings.AZURE_LIMITS or audit.full_at <= now - FULL_EVERY
        return trigger.SCHEDULE, reach.FULL if full else reach.CHANGES
    changed = moved is None or moved > audit.revision
    if changed and (audit.audited_at is None or audit.audited_at <= now - QUIET):
        return trigger.CHANGE, reach.CHANGES
    return None


def _clusters(now: datetime) -> Iterator[tuple[int, int | None]]:
    """Every cluster with its revision; None in its place where the add-on has something to do."""
    revisions = dict(ClusterState.objects.values_list("cluster_id", "revision"))
    behind = set(
        AddonState.objects.filter(Q(due_at__lte=now), enabled=True).values_list(
            "cluster_id", flat=True
        )
    )
    addons = {row.cluster_id: row for row in AddonState.objects.all()}
    for key, standing in estate.look_at_all():
        addon = addons.get(key)
        at_once = addon is None or addon.timing == AddonState.Timing.AT_ONCE
        new = (
            addon is None
            or addon.enabled != standing.enabled
            or (standing.enabled and at_once and addon.estate != standing.mark)
        )
        yield key, None if new or key in behind else revisions.get(key, 0)
