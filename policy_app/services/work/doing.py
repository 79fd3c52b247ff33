"""One piece of work from its claim to its end: planning, judging or finishing.

What is done is in ``services.compliance``; here it is done under a lease, and its failures are
sorted into those of the work and those of the database.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from django.db import Error as DatabaseFailure
from django.db import connection

from policy_app.models import Scan, ScanChunk
from policy_app.services.work import failing, leases, metrics
from policy_app.services.work.leases import Lease, LeaseLost, Part

_log = structlog.get_logger("work")


class DatabaseGone(Exception):  # noqa: N818 - a state of the world, and no fault of the work
    """The database does not answer, so nothing can be said of the work."""


def do(lease: Lease) -> None:
    """Do what the lease is for, and note how it ended.

    Raises ``DatabaseGone`` where the database does not answer; the lease then runs out, and what
    was not committed was not done.
    """
    started = time.perf_counter()
    with _named(lease):
        try:
            _DOINGS[lease.part](lease)
            outcome = "done"
        except LeaseLost:
            _log.warning("somebody else has the work by now")
            outcome = "lost"
        except Exception as error:
            _sort_out(lease, error)
            outcome = "failed"
        seconds = time.perf_counter() - started
        metrics.worked(lease.part, outcome, seconds)
        _log.info("work", outcome=outcome, ms=round(seconds * 1000, 1))


def _plan(lease: Lease) -> None:
    from policy_app.services.compliance import planning

    planning.plan(_scan(lease))
    leases.let_go(lease)


def _judge(lease: Lease) -> None:
    from policy_app.services.compliance import judging

    chunk = ScanChunk.objects.select_related("scan__cluster__scope").get(pk=lease.chunk_id)
    judged = judging.judge(chunk)
    leases.finish_chunk(lease, objects=judged.objects, changed=judged.changed)


def _finish(lease: Lease) -> None:
    from policy_app.services.compliance import finishing

    finishing.finish(_scan(lease))
    leases.let_go(lease)


_DOINGS = {Part.PLAN: _plan, Part.CHUNK: _judge, Part.FINISH: _finish}


def _scan(lease: Lease) -> Scan:
    return Scan.objects.select_related("cluster__scope").get(pk=lease.scan_id)


def _sort_out(lease: Lease, error: Exception) -> None:
    """The fault of the work, which counts, or of a database that is away, which does not."""
    if isinstance(error, DatabaseFailure) and not database_answers():
        raise DatabaseGone(failing.describe(error)) from error
    _log.exception("work failed", attempt=lease.attempt)
    failing.failed(lease, error)


def database_answers() -> bool:
    """Whether a statement succeeds, on a new connection where the old one is broken."""
    try:
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseFailure:
        connection.close()
        return False
    return True


@contextmanager
def _named(lease: Lease) -> Iterator[None]:
    """Every line that is logged meanwhile names the scan and the chunk."""
    told = {"scan": str(lease.scan_id), "part": str(lease.part)}
    if lease.number is not None:
        told["chunk"] = str(lease.number)
    with structlog.contextvars.bound_contextvars(**told):
        yield
