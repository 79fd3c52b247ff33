"""Ask for scans, cancel them, and tell how far they are.  Doing them is the workers' part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Count, Q, Sum
from django.utils import timezone

from policy_app import wall_clock
from policy_app.models import Cluster, ClusterAudit, Scan, ScanChunk, Scope
from policy_app.services import activity, authorization, scopes, work
from policy_app.services.authorization import Actor, actions

Reach = Scan.Reach
Trigger = Scan.Trigger


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a scan is."""

    state: str
    """One of ``Scan.State``."""
    objects_total: int
    """The objects that it judges, as the planner counted them; 0 until it is planned."""
    objects_done: int
    chunks: int
    chunks_done: int
    chunks_set_aside: int
    """Those that failed for good; what they cover keeps its old verdicts."""
    changed: int
    """How many verdicts have become others so far."""

    @property
    def per_cent(self) -> int:
        """From 0 to 100; 100 only where nothing is left to do."""
        if self.state == Scan.State.DONE:
            return 100
        ended = self.chunks_done + self.chunks_set_aside
        return min(99, 100 * ended // self.chunks) if self.chunks else 0


def request(
    cluster: Cluster, trigger: str, by: User | None = None, reach: str = Reach.CHANGES
) -> Scan:
    """A scan of the cluster that is not over: a new one, or the one that is open already.

    ``trigger`` and ``reach`` are ``Scan.Trigger`` and ``Scan.Reach``.  Where the open scan covers
    changes alone and a full one is wanted, it becomes one if nobody has begun; otherwise a full one
    follows as soon as it is over.  Workers hear of it once the transaction is committed.
    """
    try:
        with transaction.atomic():
            scan = _open(cluster) or Scan.objects.create(
                cluster=cluster, trigger=trigger, requested_by=by, reach=reach
            )
    except IntegrityError:
        # Another process asked at the same moment; its scan may even be over by now.
        scan = _open(cluster) or Scan.objects.filter(cluster=cluster).latest("requested_at")
    if reach == Reach.FULL and scan.reach != Reach.FULL:
        _widen(scan)
    transaction.on_commit(work.wake)
    return scan


@transaction.atomic
def demand(scope: Scope, trigger: str, by: Actor, reach: str = Reach.CHANGES) -> None:
    """``request`` for every cluster below a scope by somebody, who has to be allowed to.

    Raises ``Forbidden``.
    """
    who = authorization.require(by, actions.EVALUATE, scope)
    for cluster in scopes.clusters_below(scope):
        request(cluster, trigger, who.user, reach)
    _record(scope, by, after={"trigger": trigger, "reach": reach})


def cancel(scan: Scan, by: Actor) -> Scan:
    """Have a scan end early: at once where nobody works on it, otherwise after the chunks at hand.

    What was judged so far stays, and the next scan begins where the last finished one ended.  A
    scan that is over is left as it is.  Raises ``Forbidden``.
    """
    who = authorization.require(by, actions.EVALUATE, scan.cluster.scope)
    with transaction.atomic():
        row = Scan.objects.select_for_update().get(pk=scan.pk)
        if row.state not in Scan.OPEN:
            return row
        row.cancelled = True
        name = who.user.get_username() if who.user else ""
        row.summary = {**row.summary, "cancelledBy": name}
        if row.state == Scan.State.WAITING and not row.planned:
            row.state, row.finished_at = Scan.State.CANCELLED, timezone.now()
        row.save(update_fields=["cancelled", "summary", "state", "finished_at"])
        _record(row.cluster.scope, by, before={"cancelled": False}, after={"cancelled": True})
    transaction.on_commit(work.wake)
    return row


def latest(cluster: Cluster) -> Scan | None:
    """The cluster's newest scan, over or not; None where there never was one."""
    rows = Scan.objects.filter(cluster=cluster).select_related("requested_by")
    return rows.order_by("-requested_at").first()


def progress(scan: Scan) -> Progress:
    """How far a scan is now, in two statements."""
    row = Scan.objects.get(pk=scan.pk)
    done = Q(state=ScanChunk.State.DONE)
    told = row.chunks.aggregate(
        chunks=Count("pk"),
        chunks_done=Count("pk", filter=done),
        chunks_set_aside=Count("pk", filter=Q(state=ScanChunk.State.SET_ASIDE)),
        objects_done=Sum("objects_count", filter=done, default=0),
        changed=Sum("changed", filter=done, default=0),
    )
    return Progress(state=row.state, objects_total=row.objects_total, **told)


def _record(scope: Scope, by: Actor, **told: Any) -> None:
    activity.record(by, actions.EVALUATE, scope.arm_id, scope=scope, **told)


def _open(cluster: Cluster) -> Scan | None:
    return Scan.objects.filter(cluster=cluster, state__in=Scan.OPEN).first()


def _widen(scan: Scan) -> None:
    """Make an unplanned scan a full one, or have a full one follow."""
    fresh = Scan.objects.filter(pk=scan.pk, planned=False, state=Scan.State.WAITING)
    if fresh.update(reach=Reach.FULL):
        scan.reach = Reach.FULL
        return
    ClusterAudit.objects.get_or_create(cluster=scan.cluster)
    audits = ClusterAudit.objects.filter(cluster=scan.cluster)
    audits.update(wants_full=True, due_at=wall_clock.now())
