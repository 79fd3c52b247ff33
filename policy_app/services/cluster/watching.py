"""Watches: what changed after a revision, as it happens, until the client leaves or time is up."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection

from policy_app.apimachinery import errors, versions
from policy_app.apimachinery.kinds import Kind
from policy_app.apimachinery.objects import Object
from policy_app.apimachinery.selectors import Selection
from policy_app.models import Cluster, ClusterState, KubeChange
from policy_app.services.cluster import clock, reads, wakeups

ADDED = KubeChange.Type.ADDED.value
MODIFIED = KubeChange.Type.MODIFIED.value
DELETED = KubeChange.Type.DELETED.value
BOOKMARK = "BOOKMARK"
ERROR = "ERROR"
HEARTBEAT = ""
"""No event: a sign that the watch lives, so that the server notices a client that left."""

_LOOK_EVERY = 0.5
_HEARTBEAT_EVERY = 10.0
_BOOKMARK_EVERY = 50.0
_LONGEST = 3600.0
_READ_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Watch:
    """What a client watches: a kind, a namespace or all, a selection, from a revision on."""

    cluster: Cluster
    kind: Kind
    namespace: str = ""
    selection: Selection = Selection()  # noqa: RUF009 - it is frozen
    revision: int | None = None
    """The last revision that the client knows; None or 0 to be told first what is there."""
    bookmarks: bool = False
    seconds: float = _LONGEST


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a watch."""

    type: str
    object: Object


def watch(asked: Watch) -> Iterator[Event]:
    """The events, for at most ``asked.seconds``.

    A revision that is thinned gives one event of type ``ERROR`` with the Status 410.
    """
    ends_at = time.monotonic() + min(asked.seconds, _LONGEST)
    seen = asked.revision or 0
    if not seen:
        listed = reads.page(asked.cluster, asked.kind, asked.namespace, asked.selection)
        yield from (Event(ADDED, one) for one in listed.objects)
        seen = listed.revision
    pulse = _Pulse(asked.bookmarks)
    while True:
        clock.catch_up(asked.cluster)
        state = ClusterState.objects.filter(cluster=asked.cluster).first()
        if state is not None and seen < state.compacted:
            yield Event(ERROR, _too_old(seen, state.compacted).to_status())
            return
        newest = state.revision if state is not None else seen
        changes = _changes(asked, seen, newest)
        yield from filter(None, (_event(asked, change) for change in changes))
        if len(changes) == _READ_AT_ONCE:
            seen = changes[-1].revision
            continue
        # What others changed counts as seen, so that an idle watch does not grow too old.
        seen = max(seen, newest)
        yield from pulse.beat(asked.kind, seen)
        if not connection.in_atomic_block:
            # The thread waits; the database need not keep a connection for it meanwhile.
            connection.close()
        left = ends_at - time.monotonic()
        if left <= 0 or wakeups.stopping():
            return
        wakeups.wait(asked.cluster.pk, min(left, _LOOK_EVERY))


class _Pulse:
    """Bookmarks for clients that want them, and heartbeats for all."""

    def __init__(self, bookmarks: bool) -> None:
        self._bookmarks = bookmarks
        self._bookmark_at = time.monotonic() + _BOOKMARK_EVERY
        self._beat_at = time.monotonic() + _HEARTBEAT_EVERY

    def beat(self, kind: Kind, revision: int) -> Iterator[Event]:
        now = time.monotonic()
        if self._bookmarks and now >= self._bookmark_at:
            self._bookmark_at = now + _BOOKMARK_EVERY
            metadata = {"resourceVersion": str(revision)}
            head = {"kind": kind.kind, "apiVersion": kind.api_version}
            yield Event(BOOKMARK, {**head, "metadata": metadata})
        if now >= self._beat_at:
            self._beat_at = now + _HEARTBEAT_EVERY
            yield Event(HEARTBEAT, {})


def _changes(asked: Watch, after: int, upto: int) -> list[KubeChange]:
    """The next changes, all read: a client may leave while they are sent, with a cursor open."""
    if upto <= after:
        return []
    kind = asked.kind
    found = KubeChange.objects.filter(
        cluster=asked.cluster, revision__gt=after, revision__lte=upto
    ).filter(group=kind.group, plural=kind.plural)
    if asked.namespace:
        found = found.filter(namespace=asked.namespace)
    return list(found.order_by("revision")[:_READ_AT_ONCE])


def _event(asked: Watch, change: KubeChange) -> Event | None:
    """The change as this watch sees it: who leaves the selection is deleted, who joins is added."""
    thing = versions.to(asked.kind, change.body)
    takes: Any = asked.selection.takes
    if change.type != MODIFIED:
        return Event(change.type, thing) if takes(thing) else None
    before, after = takes(change.before or {}), takes(thing)
    if after:
        return Event(MODIFIED if before else ADDED, thing)
    return Event(DELETED, thing) if before else None


def _too_old(asked: int, oldest: int) -> errors.ApiError:
    return errors.expired(f"too old resource version: {asked} ({oldest})")
