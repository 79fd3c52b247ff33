"""What was refused: a record for the portal's pages, and an Event where kubectl looks.

Neither holds the object that was refused, which may be a Secret: its kind, its name, its namespace
and what the policy said have to do.  Source of the Event's form: the admission events of Gatekeeper
(``--emit-admission-events``, in the namespace of the object).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from django.db import DatabaseError
from django.utils import timezone

from policy_app.evaluation.gatekeeper.exemptions import OWN_NAMESPACE
from policy_app.evaluation.gatekeeper.review import Review
from policy_app.evaluation.gatekeeper.webhook import Answer
from policy_app.evaluation.results import WEBHOOK
from policy_app.models import Cluster, KubeObject, Refusal
from policy_app.services.cluster import events
from policy_app.services.cluster.store import Writer, writing

KEPT = 1_000
"""Refusals of one cluster that are kept; the oldest go."""
_THINNED_EVERY = 100
_LONGEST_MESSAGE = 10_000
_REASON = "FailedAdmission"
_SOURCE = "gatekeeper-webhook"
_log = structlog.get_logger("refusals")


@dataclass(frozen=True, slots=True)
class Refused:
    """A request with the answer that refused it."""

    review: Review
    answer: Answer
    dry_run: bool = False
    door: str = Refusal.Door.CLUSTER

    @property
    def message(self) -> str:
        """What the policies said, however old Gatekeeper is."""
        return self.answer.message or self.answer.reason


def keep(cluster: Cluster, refused: Refused) -> None:
    """Remember a refusal.  Where that fails it is logged: the client has its answer anyway."""
    try:
        _record(cluster, refused)
        # A dry run leaves nothing behind in its cluster.
        if not refused.dry_run:
            with writing(cluster) as writer:
                _tell(writer, refused)
    except DatabaseError:
        _log.exception("refusal not kept", cluster=cluster.scope.name)


def latest(cluster: Cluster, most: int = 50) -> list[Refusal]:
    """The newest refusals first."""
    return list(Refusal.objects.filter(cluster=cluster)[:most])


def _record(cluster: Cluster, refused: Refused) -> None:
    review = refused.review
    row = Refusal.objects.create(
        cluster=cluster,
        at=timezone.now(),
        door=refused.door,
        operation=review.operation[:10],
        group=review.kind.get("group", "")[:253],
        kind=review.kind.get("kind", "")[:253],
        namespace=review.namespace[:253],
        name=_name(review)[:253],
        username=str(review.user_info.get("username") or "")[:253],
        constraints=sorted({one.constraint for one in refused.answer.decision.denials}),
        message=_storable(refused.message)[:_LONGEST_MESSAGE],
        dry_run=refused.dry_run,
    )
    if row.pk % _THINNED_EVERY == 0:
        kept = Refusal.objects.filter(cluster=cluster).values_list("pk", flat=True)[:KEPT]
        Refusal.objects.filter(cluster=cluster).exclude(pk__in=list(kept)).delete()


def _tell(writer: Writer, refused: Refused) -> None:
    about = _about(writer, refused.review)
    for message in _messages(refused):
        events.record(writer, about, events.WARNING, _REASON, message, _SOURCE)


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
    found = KubeObject.objects.filter(cluster=writer.cluster, group="", plural="namespaces")
    return bool(name) and found.filter(name=name).exists()


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
