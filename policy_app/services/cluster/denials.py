"""What was refused: a record for the portal's pages, and an Event where kubectl looks.

Neither holds the object that was refused, which may be a Secret: its kind, its name, its namespace
and what the policy said have to do.  Source of the Event's form: the admission events of Gatekeeper
(``--emit-admission-events``, in the namespace of the object).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Lock, Timer
from typing import Any

import structlog
from django.db import DatabaseError, connection, connections
from django.utils import timezone

from policy_app.evaluation.gatekeeper.exemptions import OWN_NAMESPACE
from policy_app.evaluation.gatekeeper.review import Review
from policy_app.evaluation.gatekeeper.webhook import Answer
from policy_app.evaluation.results import WEBHOOK
from policy_app.models import Cluster, Refusal
from policy_app.services.cluster import events
from policy_app.services.cluster.store import Writer, writing

KEPT = 1_000
"""Refusals of one cluster that are kept; the oldest go."""
_THINNED_EVERY = 200
_GATHER_SECONDS = 0.3
_MOST_WAITING = 5_000
_MOST_EVENTS = 100
_LONGEST_MESSAGE = 10_000
_REASON = "FailedAdmission"
_SOURCE = "gatekeeper-webhook"
_log = structlog.get_logger("refusals")

_lock = Lock()
_waiting: dict[tuple[Any, ...], tuple[Cluster, Refused]] = {}


@dataclass(frozen=True, slots=True)
class Refused:
    """A request with the answer that refused it."""

    review: Review
    answer: Answer
    dry_run: bool = False
    at: datetime = field(default_factory=timezone.now)
    door: str = Refusal.Door.CLUSTER
    times: int = 1
    """How often the same was asked."""

    @property
    def identity(self) -> tuple[Any, ...]:
        """What a record tells of it, but for the time."""
        review = self.review
        kind = review.kind.get("group"), review.kind.get("kind")
        about = review.operation, *kind, review.namespace, _name(review)
        return (*about, review.user_info.get("username"), self.message, self.dry_run, self.door)

    @property
    def message(self) -> str:
        """What the policies said, however old Gatekeeper is."""
        return self.answer.message or self.answer.reason


def keep(cluster: Cluster, *refused: Refused) -> None:
    """Remember refusals.  Where that fails it is logged: the client has its answer anyway."""
    try:
        Refusal.objects.bulk_create([_record(cluster, one) for one in refused])
        _thin(cluster)
        # A dry run leaves nothing behind in its cluster.
        told = [one for one in refused if not one.dry_run]
        if told:
            with writing(cluster) as writer:
                _tell(writer, told)
    except DatabaseError:
        _log.exception("refusals not kept", cluster=cluster.scope.name, count=len(refused))


def keep_later(cluster: Cluster, refused: Refused) -> None:
    """Remember a refusal a moment later, together with those that come meanwhile.

    Who calls has an answer to give, and a thousand refusals a second would be a thousand
    transactions.
    """
    key = cluster.pk, refused.identity
    with _lock:
        first, known = not _waiting, _waiting.get(key)
        if known is not None:
            _waiting[key] = cluster, replace(refused, times=known[1].times + 1)
        elif len(_waiting) < _MOST_WAITING:
            _waiting[key] = cluster, refused
        else:
            _log.warning("refusal not kept", cluster=cluster.scope.name, why="too many at once")
    if first:
        timer = Timer(_GATHER_SECONDS, flush)
        timer.daemon = True
        timer.start()


def flush() -> None:
    """Write down what waits."""
    with _lock:
        gathered = list(_waiting.values())
        _waiting.clear()
    clusters = {cluster.pk: cluster for cluster, _ in gathered}
    try:
        for cluster in clusters.values():
            keep(cluster, *(refused for one, refused in gathered if one.pk == cluster.pk))
    finally:
        if not connection.in_atomic_block:
            connections.close_all()


def latest(cluster: Cluster, most: int = 50) -> list[Refusal]:
    """The newest refusals first."""
    return list(Refusal.objects.filter(cluster=cluster)[:most])


def _record(cluster: Cluster, refused: Refused) -> Refusal:
    review = refused.review
    return Refusal(
        cluster=cluster,
        at=refused.at,
        door=refused.door,
        operation=review.operation[:10],
        group=_storable(review.kind.get("group", ""))[:253],
        kind=_storable(review.kind.get("kind", ""))[:253],
        namespace=_storable(review.namespace)[:253],
        name=_storable(_name(review))[:253],
        username=_storable(str(review.user_info.get("username") or ""))[:253],
        constraints=sorted({one.constraint for one in refused.answer.decision.denials}),
        message=_storable(refused.message)[:_LONGEST_MESSAGE],
        dry_run=refused.dry_run,
        times=refused.times,
    )


def _thin(cluster: Cluster) -> None:
    """Now and then, forget the oldest."""
    found = Refusal.objects.filter(cluster=cluster)
    if found.count() >= KEPT + _THINNED_EVERY:
        last = found.order_by("-pk").values_list("pk", flat=True)[KEPT]
        found.filter(pk__lte=last).delete()


def _tell(writer: Writer, refused: Iterable[Refused]) -> None:
    """An Event a message; what is refused many times within a moment is told once."""
    told: dict[tuple[str, str], Mapping[str, Any]] = {}
    for one in refused:
        thing = _about(writer, one.review)
        for message in _messages(one):
            told.setdefault((thing["metadata"]["uid"], _storable(message)), thing)
    for (_, message), thing in list(told.items())[:_MOST_EVENTS]:
        events.record(writer, thing, events.WARNING, _REASON, message, _SOURCE)


def _messages(refused: Refused) -> Iterable[str]:
    """A message a violation, as Gatekeeper words it; what failed as a whole has one."""
    head = f'Admission webhook "{WEBHOOK}" denied request'
    home = f"{head}, Resource Namespace: {refused.review.namespace}"
    denials = refused.answer.decision.denials
    for one in denials:
        yield f"{home}, Constraint: {one.constraint}, Message: {one.message}"
    if not denials:
        yield f"{home}, Message: {refused.message}"


def _about(writer: Writer, review: Review) -> Mapping[str, Any]:
    """What the Event is about: an object that was never stored, so the uid is made of its name."""
    kind, name = review.kind, _name(review)
    told = "/".join((kind.get("group", ""), kind.get("kind", ""), review.namespace, name))
    home = review.namespace if _has_namespace(writer, review.namespace) else OWN_NAMESPACE
    group, version = kind.get("group", ""), kind.get("version", "")
    return {
        "apiVersion": f"{group}/{version}" if group else version,
        "kind": kind.get("kind", ""),
        "metadata": {
            "name": name,
            "namespace": home,
            "uid": hashlib.sha256(told.encode("utf-8", "replace")).hexdigest()[:32],
        },
    }


def _has_namespace(writer: Writer, name: str) -> bool:
    return bool(name) and writer.namespace(name) is not None


def _name(review: Review) -> str:
    """The object's name; what is still to be named goes by its ``generateName``."""
    if review.name:
        return review.name
    metadata = (review.object or {}).get("metadata")
    given = metadata.get("generateName") if isinstance(metadata, Mapping) else ""
    return str(given or "unnamed")


def _storable(text: str) -> str:
    """PostgreSQL takes no NUL, and neither database half a surrogate pair."""
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()
