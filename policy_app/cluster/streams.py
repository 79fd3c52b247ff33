"""Watches as a stream of JSON lines, each sent as soon as it is known."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator

from django.http import HttpRequest, StreamingHttpResponse

from policy_app.apimachinery import errors
from policy_app.apimachinery.objects import Object
from policy_app.cluster import answers
from policy_app.cluster import requests as asked
from policy_app.models import Cluster
from policy_app.services.cluster import watching
from policy_app.services.cluster.caller import Caller, Target
from policy_app.services.cluster.limits import MOST_WATCHES

_open = threading.BoundedSemaphore(MOST_WATCHES)


def watch(
    request: HttpRequest, cluster: Cluster, caller: Caller, target: Target
) -> StreamingHttpResponse:
    """The events of a watch.  Raises ``ApiError`` 429 where too many watch already."""
    query = request.GET
    seconds = asked.whole(query, "timeoutSeconds")
    wanted = watching.Watch(
        cluster,
        target.kind,
        target.namespace,
        asked.selection_of(request, target),
        revision=asked.whole(query, "resourceVersion") or None,
        bookmarks=asked.is_true(query, "allowWatchBookmarks"),
        **({"seconds": float(seconds)} if seconds else {}),
    )
    if not _open.acquire(blocking=False):
        raise errors.too_many_requests(f"{MOST_WATCHES} watches are open already", 5)
    stream = _lines(wanted, answers.as_table(request))
    return StreamingHttpResponse(_Released(stream), content_type="application/json")


class _Released:
    """The lines; the place among the watches is given back when the server lets go of them."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self._lines = lines
        self._held = True

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._lines
        finally:
            self.close()

    def close(self) -> None:
        if self._held:
            self._held = False
            _open.release()


def _lines(wanted: watching.Watch, table: tuple[str, str] | None) -> Iterator[bytes]:
    for event in watching.watch(wanted):
        if event.type == watching.HEARTBEAT:
            yield b"\n"
            continue
        line = {"type": event.type, "object": _shown(wanted, event, table)}
        yield json.dumps(line, separators=(",", ":")).encode() + b"\n"


def _shown(wanted: watching.Watch, event: watching.Event, table: tuple[str, str] | None) -> Object:
    if table is None or event.type in (watching.ERROR, watching.BOOKMARK):
        return event.object
    return answers.table(wanted.kind, [event.object], table)
