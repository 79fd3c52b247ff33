"""Work that did not end well: what failed is tried again, and set aside when that does not help.

A chunk fails by raising, or by taking its worker with it.  Either way the row counts how often it
was begun; after the third time it is set aside with the reason, and the rest of its scan goes on.
"""

from __future__ import annotations

import os
import socket
from datetime import timedelta
from functools import lru_cache
from pathlib import Path

import structlog
from django.db.models import QuerySet

from policy_app.models import Scan, ScanChunk, WorkerProcess
from policy_app.services.work import moments
from policy_app.services.work.leases import MOST_ATTEMPTS, Lease, Part

_REST_SECONDS = 1
_LONGEST_ERROR = 2_000
_log = structlog.get_logger("work")


def failed(lease: Lease, error: Exception) -> None:
    """Note that an attempt failed; ``error`` is kept, without the objects that it was about."""
    why = describe(error)
    if lease.part is not Part.CHUNK:
        _scan_failed(lease, why)
        return
    rows = ScanChunk.objects.filter(
        pk=lease.chunk_id,
        state=ScanChunk.State.RUNNING,
        worker=lease.worker,
        attempts=lease.attempt,
    )
    if lease.attempt >= MOST_ATTEMPTS:
        _set_aside(rows, why)
        return
    rest = moments.now() + timedelta(seconds=_REST_SECONDS * lease.attempt)
    rows.update(state=ScanChunk.State.WAITING, worker="", lease_until=rest, error=why)


def recover() -> int:
    """Have done again what dead workers left; the number of pieces of work that became free."""
    bury()
    over = {"lease_until__lt": moments.now()}
    begun = ScanChunk.objects.filter(state=ScanChunk.State.RUNNING, scan__state__in=Scan.OPEN)
    lost = begun.filter(**over)
    _set_aside(lost.filter(attempts__gte=MOST_ATTEMPTS), _killed("it was judged"))
    freed = lost.update(state=ScanChunk.State.WAITING, worker="", lease_until=None)
    hopeless = Scan.objects.filter(
        state=Scan.State.RUNNING, attempts__gte=MOST_ATTEMPTS, **over
    ).exclude(worker="")
    hopeless.update(
        state=Scan.State.FAILED,
        finished_at=moments.now(),
        worker="",
        lease_until=None,
        error=_killed("it was planned or finished"),
    )
    return freed


def bury() -> None:
    """End the leases of workers of this machine that are gone, without waiting for their end."""
    here = host()
    for row in WorkerProcess.objects.filter(host=here):
        if not _alive(row.pid):
            _log.warning("worker is gone", worker=row.name, pid=row.pid)
            release(row.name)
            row.delete()


def release(worker: str) -> None:
    """End the leases of a worker that is known to be gone; its attempts count."""
    past = moments.now() - timedelta(seconds=1)
    ScanChunk.objects.filter(state=ScanChunk.State.RUNNING, worker=worker).update(lease_until=past)
    Scan.objects.filter(state__in=Scan.OPEN, worker=worker).update(lease_until=past)


def describe(error: BaseException) -> str:
    """What went wrong in a line, for the rows; the whole trace is in the log."""
    return f"{type(error).__name__}: {error}".strip()[:_LONGEST_ERROR].replace("\x00", "�")


@lru_cache(maxsize=1)
def host() -> str:
    """This machine, as far as process ids go: containers on one host have ids of their own."""
    try:
        space = Path("/proc/self/ns/pid").readlink().name
    except OSError:
        space = ""
    return f"{socket.gethostname()[:60]} {space}".strip()


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _scan_failed(lease: Lease, why: str) -> None:
    rows = Scan.objects.filter(
        pk=lease.scan_id, state__in=Scan.OPEN, worker=lease.worker, attempts=lease.attempt
    )
    if lease.attempt < MOST_ATTEMPTS:
        rest = moments.now() + timedelta(seconds=_REST_SECONDS * lease.attempt)
        rows.update(worker="", lease_until=rest, error=why)
        return
    rows.update(
        state=Scan.State.FAILED,
        finished_at=moments.now(),
        worker="",
        lease_until=None,
        error=why,
    )


def _set_aside(rows: QuerySet[ScanChunk], why: str) -> None:
    numbers = list(rows.values_list("number", flat=True))
    if numbers:
        _log.error("chunk set aside", chunks=numbers, why=why)
        rows.update(
            state=ScanChunk.State.SET_ASIDE,
            finished_at=moments.now(),
            lease_until=None,
            error=why,
        )


def _killed(while_: str) -> str:
    return f"Its worker ended {MOST_ATTEMPTS} times while {while_}: killed, or out of memory."
