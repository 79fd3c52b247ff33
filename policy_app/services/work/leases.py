"""Who may do which piece of work: claims on the rows of scans and chunks, which run out.

A claim is a change of the row that only one process can make.  Where the database can (PostgreSQL),
a row that another process looks at is skipped; elsewhere a row is changed only if it still is as it
was read.  Who holds a claim says so again and again (``renew``).  Who lost it may have done the
work all the same, which does no harm: judging twice writes nothing new, and a chunk is done once.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from enum import StrEnum

from django.db import connection, transaction
from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, When
from django.db.models.functions import Coalesce

from policy_app.models import Scan, ScanChunk
from policy_app.services.work import moments

MOST_ATTEMPTS = 3
"""How often a piece of work is begun before it is set aside."""
_LOOKED_AT = 20
_WAITED_FOR = (Scan.Trigger.DEMAND, Scan.Trigger.API)
"""By whom a scan is asked for that people look at."""


class LeaseLost(Exception):  # noqa: N818 - it ends a transaction, and is told to nobody
    """Somebody else has the work by now, and will note what comes of it."""


class Part(StrEnum):
    """What there is to do of a scan."""

    PLAN = "plan"
    CHUNK = "chunk"
    FINISH = "finish"


@dataclass(frozen=True, slots=True)
class Lease:
    """The right of one worker to do one piece of work, for the time being."""

    part: Part
    scan_id: uuid.UUID
    worker: str
    attempt: int
    """Which attempt it is, from 1; with the worker's name it tells this lease from any other."""
    chunk_id: int = 0
    number: int | None = None
    """The chunk's; of a scan there is none, and no ``chunk_id``."""

    def __str__(self) -> str:
        return f"{self.part} {self.number}" if self.part is Part.CHUNK else str(self.part)


def claim(worker: str) -> Lease | None:
    """Something to do, or None.

    Scans are ended first, and those that somebody waits for are begun.  Others are begun only where
    no chunk is left to take, so that a thousand clusters that are due at once are not all planned
    before the first of them is judged.
    """
    if not Scan.objects.filter(state__in=Scan.OPEN).exists():
        return None
    return (
        _claim_scan(worker, scans_to_finish())
        or _claim_scan(worker, scans_to_plan().filter(trigger__in=_WAITED_FOR))
        or _claim_chunk(worker)
        or _claim_scan(worker, scans_to_plan())
    )


def renew(lease: Lease) -> bool:
    """Say that its worker is alive; False where it is somebody else's by now."""
    return bool(_held(lease).update(lease_until=moments.lease_until()))


def let_go(lease: Lease) -> None:
    """Note that a scan was planned or finished; what comes next begins with no attempts."""
    _held(lease).update(worker="", attempts=0, lease_until=None, error="")


def finish_chunk(lease: Lease, *, objects: int, changed: int) -> None:
    """Note a chunk as done; ``LeaseLost`` where another worker has it by now."""
    done = _held(lease).update(
        state=ScanChunk.State.DONE,
        finished_at=moments.now(),
        lease_until=None,
        objects_count=objects,
        changed=changed,
        error="",
    )
    if not done:
        raise LeaseLost


def give_back(lease: Lease) -> None:
    """Let others have it, as if this attempt had never been made."""
    values = {"lease_until": None, "attempts": F("attempts") - 1, "worker": ""}
    if lease.part is Part.CHUNK:
        values["state"] = ScanChunk.State.WAITING
    _held(lease).update(**values)


def _held(lease: Lease) -> QuerySet[Scan] | QuerySet[ScanChunk]:
    """The row, if this lease still stands."""
    mine = {"worker": lease.worker, "attempts": lease.attempt}
    if lease.part is Part.CHUNK:
        running = ScanChunk.State.RUNNING
        return ScanChunk.objects.filter(pk=lease.chunk_id, state=running, **mine)
    return Scan.objects.filter(pk=lease.scan_id, **mine)


def _free() -> Q:
    """Rows that nobody works on, and that are not told to rest."""
    return Q(lease_until=None) | Q(lease_until__lt=moments.now())


def scans_to_plan() -> QuerySet[Scan]:
    """The scans whose chunks are still to be made."""
    return Scan.objects.filter(state__in=Scan.OPEN, planned=False, cancelled=False)


def scans_to_finish() -> QuerySet[Scan]:
    """The scans of which nothing is left to judge, or nothing must be judged any more."""
    chunks = ScanChunk.objects.filter(scan=OuterRef("pk"))
    running = Exists(chunks.filter(state=ScanChunk.State.RUNNING))
    waiting = Exists(chunks.filter(state=ScanChunk.State.WAITING))
    judged = Q(planned=True) & ~running & ~waiting
    return Scan.objects.filter(state__in=Scan.OPEN).filter(judged | (Q(cancelled=True) & ~running))


def chunks_to_judge() -> QuerySet[ScanChunk]:
    """The chunks that any worker may take."""
    return ScanChunk.objects.filter(
        state=ScanChunk.State.WAITING,
        scan__state=Scan.State.RUNNING,
        scan__planned=True,
        scan__cancelled=False,
    )


def _claim_scan(worker: str, among: QuerySet[Scan]) -> Lease | None:
    for scan in among.filter(_free()).order_by("requested_at")[:_LOOKED_AT]:
        part = Part.PLAN if not scan.planned and not scan.cancelled else Part.FINISH
        taken = Scan.objects.filter(
            _free(), pk=scan.pk, attempts=scan.attempts, state=scan.state, planned=scan.planned
        ).update(
            worker=worker,
            attempts=scan.attempts + 1,
            lease_until=moments.lease_until(),
            state=Scan.State.RUNNING,
            started_at=Coalesce("started_at", moments.now()),
        )
        if taken:
            return Lease(part, scan.pk, worker, scan.attempts + 1)
    return None


def _claim_chunk(worker: str) -> Lease | None:
    for scan_id in _fairly():
        with transaction.atomic():
            chunk = _first_free(scan_id)
            lease = _take(chunk, worker) if chunk is not None else None
        if lease is not None:
            return lease
    return None


def _fairly() -> list[uuid.UUID]:
    """The scans with chunks to take, those first that the fewest workers are on.

    Among equals, those come first that somebody waits for.
    """
    running = Count("chunks", filter=Q(chunks__state=ScanChunk.State.RUNNING))
    to_take = Exists(chunks_to_judge().filter(_free(), scan=OuterRef("pk")))
    found = Scan.objects.filter(to_take, state=Scan.State.RUNNING).annotate(running=running)
    urgency = Case(When(trigger__in=_WAITED_FOR, then=0), default=1)
    ordered = found.order_by("running", urgency, "requested_at")
    return list(ordered.values_list("pk", flat=True)[:_LOOKED_AT])


def _first_free(scan_id: uuid.UUID) -> ScanChunk | None:
    """A chunk to take; those that failed already, or killed their worker, come last."""
    chunks = chunks_to_judge().filter(_free(), scan_id=scan_id).order_by("attempts", "number")
    if connection.features.has_select_for_update_skip_locked:
        chunks = chunks.select_for_update(skip_locked=True, of=("self",))
    return chunks.first()


def _take(chunk: ScanChunk, worker: str) -> Lease | None:
    taken = ScanChunk.objects.filter(
        pk=chunk.pk, state=ScanChunk.State.WAITING, attempts=chunk.attempts
    ).update(
        state=ScanChunk.State.RUNNING,
        worker=worker,
        attempts=chunk.attempts + 1,
        lease_until=moments.lease_until(),
        started_at=moments.now(),
    )
    if not taken:
        return None
    return Lease(Part.CHUNK, chunk.scan_id, worker, chunk.attempts + 1, chunk.pk, chunk.number)
