"""What a scan has to judge: no more than what changed, unless everything is wanted."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import transaction

from policy_app import wall_clock
from policy_app.models import Cluster, ClusterAudit, ClusterState, PolicyState, Scan, ScanChunk
from policy_app.services.cluster import bootstrap, clock
from policy_app.services.cluster.addon.wanted import wanted_on
from policy_app.services.compliance import policies, tasks
from policy_app.services.compliance.deciding import Deciding, deciding
from policy_app.services.compliance.tasks import Changes, Extent, Task

_AT_ONCE = 500


def plan(scan: Scan) -> Scan:
    """Bring the policies' rows up to date, and cut what must be judged into chunks.

    One transaction; a scan that is planned already is returned as it is.  Afterwards ``planned`` is
    true and ``objects_total`` counts the objects in its ``chunks``, of which there may be none.
    Must not be called inside of a transaction: the add-on catches up first.
    """
    cluster = Cluster.objects.select_related("scope__parent").get(pk=scan.cluster_id)
    bootstrap.fill(cluster)
    clock.catch_up(cluster)
    # The revision is read before all else: what changes from now on is the next scan's.
    state = ClusterState.objects.get(cluster=cluster)
    found = deciding(cluster, state)
    standing = policies.found_in(cluster, found, wanted_on(cluster))
    with transaction.atomic():
        row = Scan.objects.select_for_update().get(pk=scan.pk)
        if row.planned or row.state not in Scan.OPEN:
            return row
        now = wall_clock.now()
        ClusterAudit.objects.get_or_create(cluster=cluster)
        audit = ClusterAudit.objects.select_for_update().get(cluster=cluster)
        judging = policies.bring_up_to_date(cluster, standing, now)
        if _wants_everything(row, audit, state, found):
            row.reach = Scan.Reach.FULL
        made = list(_chunks(row, audit, found, judging))
        ScanChunk.objects.bulk_create(made, batch_size=_AT_ONCE)
        row.planned, row.revision, row.deciding = True, state.revision, found.mark
        row.objects_total = sum(int(one.task["count"]) for one in made)
        row.save(update_fields=["planned", "reach", "revision", "deciding", "objects_total"])
    return row


def _wants_everything(
    scan: Scan, audit: ClusterAudit, state: ClusterState, found: Deciding
) -> bool:
    return (
        scan.reach == Scan.Reach.FULL
        or audit.wants_full
        or audit.full_at is None
        or audit.deciding != found.mark
        or not Changes.are_known(audit, state)
    )


def _chunks(
    scan: Scan, audit: ClusterAudit, found: Deciding, judging: list[PolicyState]
) -> Iterator[ScanChunk]:
    for number, task in enumerate(_tasks(scan, audit, found, judging), 1):
        yield ScanChunk(scan=scan, number=number, task=task)


def _tasks(
    scan: Scan, audit: ClusterAudit, found: Deciding, judging: list[PolicyState]
) -> Iterator[Task]:
    extents: list[Extent]
    if scan.reach == Scan.Reach.FULL:
        extents = tasks.everything(scan.cluster, found, judging)
    else:
        extents = list(Changes(scan.cluster, found, audit).extents(judging))
        # What poisons a chunk is tried again now and then, but not at every change.
        if scan.trigger != Scan.Trigger.CHANGE:
            yield from audit.left_over
    for one in extents:
        yield from one.tasks(scan.cluster)
