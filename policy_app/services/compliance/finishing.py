"""End a scan: what is gone goes, everything is counted, and the day's sample is taken."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from policy_app import wall_clock
from policy_app.models import ClusterAudit, PolicyState, Scan, ScanChunk
from policy_app.services.compliance import counting, removing, rollup, workloads
from policy_app.services.compliance.counting import Counts
from policy_app.services.work import moments


def finish(scan: Scan) -> Scan:
    """Count and mark what the scan found, in one transaction, and set its state to ``DONE``.

    To be called when each of its chunks is done or set aside; where some were set aside, the scan's
    summary says how many and a later one tries them again.  A scan that is over, or that has
    chunks to do, is returned as it is.  One that was cancelled is set to ``CANCELLED`` instead:
    what was found so far is counted, and the next scan begins where the last finished one ended.
    """
    with transaction.atomic():
        row = Scan.objects.select_for_update().get(pk=scan.pk)
        # With the chunks locked, no worker that is late can write any more.
        chunks = list(row.chunks.select_for_update().order_by("pk"))
        if row.state not in Scan.OPEN or not (row.cancelled or _is_through(row, chunks)):
            return row
        now = wall_clock.now()
        ClusterAudit.objects.get_or_create(cluster_id=row.cluster_id)
        audit = ClusterAudit.objects.select_for_update().get(cluster=row.cluster_id)
        complete = not row.cancelled
        removed = removing.objects(row, audit, now) if complete else 0
        if complete:
            workloads.follow(row.cluster_id, audit.revision)
        removing.policies(row.cluster_id, now)
        removing.unused_sets(row.cluster_id)
        counts = _count(row.cluster_id, now, complete=complete)
        _mark(audit, row, chunks, counts, now)
        # A scan's own times are the workers', as its leases are.
        _end(row, chunks, removed, moments.now())
    return row


def _is_through(row: Scan, chunks: list[ScanChunk]) -> bool:
    ended = (ScanChunk.State.DONE, ScanChunk.State.SET_ASIDE)
    return row.planned and all(one.state in ended for one in chunks)


def _count(cluster_id: int, now: datetime, *, complete: bool) -> Counts:
    counts = counting.count(cluster_id)
    rows = list(PolicyState.objects.filter(cluster=cluster_id))
    counting.write_policies(rows, counts, now, complete=complete)
    active = [row for row in rows if row.active]
    counting.write_samples(cluster_id, active, counts, now)
    return counts


def _mark(
    audit: ClusterAudit, row: Scan, chunks: list[ScanChunk], counts: Counts, now: datetime
) -> None:
    """Write the cluster's numbers, and from where the next scan has to go on."""
    active = PolicyState.objects.filter(cluster=row.cluster_id, active=True)
    audit.state = rollup.worst(active.order_by().values_list("state", flat=True))
    audit.components = counts.whole.components
    audit.non_compliant, audit.blocked = counts.whole.non_compliant, counts.whole.blocked
    audit.due_at = _next(now)
    if not row.cancelled:
        failed = [one.task for one in chunks if one.state == ScanChunk.State.SET_ASIDE]
        full = row.reach == Scan.Reach.FULL
        tried_again = full or row.trigger != Scan.Trigger.CHANGE
        audit.left_over = failed if tried_again else [*audit.left_over, *failed]
        audit.revision, audit.deciding, audit.audited_at = row.revision, row.deciding, now
        if full:
            audit.full_at = now
            # Somebody may have asked for a full one while this one was under way already.
            audit.wants_full = False
    audit.save()


def _end(row: Scan, chunks: list[ScanChunk], removed: int, now: datetime) -> None:
    failed = sum(one.state == ScanChunk.State.SET_ASIDE for one in chunks)
    row.state = Scan.State.CANCELLED if row.cancelled else Scan.State.DONE
    row.finished_at = now
    row.objects_done = sum(one.objects_count for one in chunks)
    changed = sum(one.changed for one in chunks)
    row.summary = {
        **row.summary,
        "changed": changed,
        "removed": removed,
        "chunks": len(chunks),
        "failedChunks": failed,
    }
    row.save(update_fields=["state", "finished_at", "objects_done", "summary"])


def _next(now: datetime) -> datetime | None:
    """When the schedule has its next scan; None where it is off."""
    minutes = settings.AUDIT_MINUTES
    return now + timedelta(minutes=minutes) if minutes else None
