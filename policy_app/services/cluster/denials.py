"""What was refused is kept: at once, or a moment after the answer, and never lost in between."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from threading import Lock, Timer
from typing import Any

import structlog
from django.db import DatabaseError, InterfaceError, OperationalError, connection, connections

from policy_app.models import Cluster, Refusal
from policy_app.services.cluster import refused, spool
from policy_app.services.cluster.refused import Note, Refused
from policy_app.services.cluster.store import writing

__all__ = ["KEPT", "Refused", "flush", "keep", "keep_later", "latest", "recover"]

KEPT = 1_000
"""Refusals of one cluster that are kept; the oldest go."""
_THINNED_EVERY = 200
_GATHER_SECONDS = 1.0
_RETRY_SECONDS = 5.0
_MOST_WAITING = 5_000
_log = structlog.get_logger("refusals")


@dataclass(slots=True)
class _Waiting:
    """What waits for the database, and the files in which it waits as well."""

    notes: dict[tuple[Any, ...], tuple[int, Note]]
    """The cluster's key and the note."""
    files: list[spool.Spool]
    timed: bool = False


_lock = Lock()
_flushing = Lock()
_waiting = _Waiting({}, [])


def keep(cluster: Cluster, *several: Refused) -> None:
    """Remember refusals.  Where that fails it is logged: the client has its answer anyway."""
    try:
        _store(cluster, [one.note for one in several])
    except DatabaseError:
        _log.exception("refusals not kept", cluster=cluster.scope.name, count=len(several))


def keep_later(cluster: Cluster, one: Refused) -> None:
    """Remember a refusal a moment later, together with those that come meanwhile.

    Who calls has an answer to give, and a thousand refusals a second would be a thousand
    transactions.  Until then a line in a file has it.
    """
    note = one.note
    key = cluster.pk, note.identity
    with _lock:
        known = _waiting.notes.get(key)
        if known is None and len(_waiting.notes) >= _MOST_WAITING:
            _log.warning("refusal not kept", cluster=cluster.scope.name, why="too many at once")
            return
        _waiting.notes[key] = cluster.pk, note if known is None else known[1].again()
        if known is None:
            # How often the same came within a second is all that a killed process takes along.
            _write(f"{cluster.pk} {note.to_line()}")
        _call_soon(_GATHER_SECONDS)


def flush() -> None:
    """Write down what waits; what the database does not take now waits on."""
    with _flushing:
        with _lock:
            gathered, files = list(_waiting.notes.values()), _waiting.files
            _waiting.notes, _waiting.files, _waiting.timed = {}, [], False
        try:
            _store_all(gathered)
        except (OperationalError, InterfaceError) as error:
            _log.warning("refusals wait for the database", error=type(error).__name__)
            _put_back(gathered, files)
        else:
            for one in files:
                one.done()
        finally:
            if not connection.in_atomic_block:
                connections.close_all()


def recover() -> None:
    """Write down what processes left behind that were killed."""
    try:
        for path in spool.left_behind():
            with spool.taken(path) as lines:
                if lines:
                    _store_all(_counted(one for line in lines for one in _read(line)))
    except DatabaseError as error:
        _log.warning("refusals wait for the database", error=type(error).__name__)
    finally:
        if not connection.in_atomic_block:
            connections.close_all()


def latest(cluster: Cluster, most: int = 50) -> list[Refusal]:
    """The newest refusals first."""
    return list(Refusal.objects.filter(cluster=cluster)[:most])


def _store_all(gathered: list[tuple[int, Note]]) -> None:
    """Write refusals of several clusters.  Raises where the database is away."""
    by_cluster: dict[int, list[Note]] = {}
    for key, note in gathered:
        by_cluster.setdefault(key, []).append(note)
    found = Cluster.objects.select_related("scope").filter(pk__in=by_cluster)
    for cluster in found:
        try:
            _store(cluster, by_cluster[cluster.pk])
        except (OperationalError, InterfaceError):
            raise
        except DatabaseError:
            _log.exception("refusals not kept", cluster=cluster.scope.name)


def _store(cluster: Cluster, notes: list[Note]) -> None:
    # A dry run leaves nothing behind in its cluster.
    told = [one for one in notes if not one.dry_run]
    Refusal.objects.bulk_create([one.record(cluster) for one in notes])
    _thin(cluster)
    if told:
        with writing(cluster) as writer:
            refused.tell(writer, told)


def _thin(cluster: Cluster) -> None:
    """Now and then, forget the oldest."""
    found = Refusal.objects.filter(cluster=cluster)
    if found.count() >= KEPT + _THINNED_EVERY:
        last = found.order_by("-pk").values_list("pk", flat=True)[KEPT]
        found.filter(pk__lte=last).delete()


def _write(line: str) -> None:
    """Append to this process's file; a new one where the last one is being seen to."""
    if not _waiting.files:
        made = spool.Spool.open()
        if made is None:
            return
        _waiting.files.append(made)
    _waiting.files[-1].append(line)


def _put_back(gathered: list[tuple[int, Note]], files: list[spool.Spool]) -> None:
    """What could not be written waits with what has come meanwhile, and in its files still."""
    with _lock:
        for key, note in gathered:
            _waiting.notes.setdefault((key, note.identity), (key, note))
        _waiting.files[:0] = files
        _call_soon(_RETRY_SECONDS)


def _call_soon(seconds: float) -> None:
    if _waiting.timed:
        return
    _waiting.timed = True
    timer = Timer(seconds, flush)
    timer.daemon = True
    timer.start()


def _counted(found: Iterable[tuple[int, Note]]) -> list[tuple[int, Note]]:
    """What was asked again and again as one note that counts."""
    notes: dict[tuple[Any, ...], tuple[int, Note]] = {}
    for key, note in found:
        known = notes.get((key, note.identity))
        notes[key, note.identity] = key, note if known is None else known[1].again()
    return list(notes.values())


def _read(line: str) -> list[tuple[int, Note]]:
    """A line's note; none for the half line with which a process ended."""
    key, _, text = line.partition(" ")
    try:
        return [(int(key), Note.from_line(text))]
    except ValueError:
        return []
