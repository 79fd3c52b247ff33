"""Events: what happened to an object, as ``kubectl describe`` and ``get events`` show it.

They are kept for an hour, as an API server does by itself (``--event-ttl``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from policy_app.apimachinery.kinds import Kind
from policy_app.apimachinery.objects import Object, metadata_of, name_of, namespace_of, timestamp
from policy_app.models import KubeObject
from policy_app.services.cluster import kinds
from policy_app.services.cluster.store import Writer, rows

NORMAL = "Normal"
WARNING = "Warning"
KEPT_FOR = timedelta(hours=1)
_LONGEST = 1024
_CLUSTERS_OWN = "default"
_NAMED_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Happening:
    """What happened to an object, and who says so."""

    about: Mapping[str, Any]
    type: str
    reason: str
    message: str
    source: str

    @property
    def namespace(self) -> str:
        """The Event's namespace: the object's own, or ``default`` for the whole cluster's."""
        return namespace_of(self.about) or _CLUSTERS_OWN

    @property
    def name(self) -> str:
        """``<object>.<hash>``: the same again has the same name, so that it is found."""
        uid = str(metadata_of(self.about).get("uid"))
        text = "\0".join((uid, self.reason, self.message, self.source))
        return f"{name_of(self.about)[:200]}.{hashlib.sha256(text.encode()).hexdigest()[:16]}"

    def to_object(self, at: str) -> Object:
        """The Event, as it is noted first."""
        return {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": self.name, "namespace": self.namespace},
            "involvedObject": reference(self.about),
            "reason": self.reason,
            "message": self.message[:_LONGEST],
            "source": {"component": self.source},
            "reportingComponent": self.source,
            "reportingInstance": "",
            "firstTimestamp": at,
            "lastTimestamp": at,
            "count": 1,
            "type": self.type,
        }


def record(
    writer: Writer, about: Mapping[str, Any], type_: str, reason: str, message: str, source: str
) -> None:
    """Note what happened; the same again is counted and not repeated."""
    record_all(writer, [Happening(about, type_, reason, message, source)])


def record_all(writer: Writer, happened: Iterable[Happening]) -> None:
    """Note what happened to several objects, with few statements."""
    kind = kinds.builtins_of(writer.cluster).of("v1", "Event")
    assert kind is not None
    by_name = {(one.namespace, one.name): one for one in happened}
    known = _known(writer, kind, by_name)
    at, ends_at = timestamp(writer.now), writer.now + KEPT_FOR
    for row in known.values():
        count = int(row.body.get("count") or 1) + 1
        writer.change(row, {**row.body, "count": count, "lastTimestamp": at})
        writer.wake_at(row, ends_at)
    fresh = [one.to_object(at) for key, one in by_name.items() if key not in known]
    writer.add_all(kind, fresh, ends_at)


def forget(writer: Writer, uids: list[str]) -> None:
    """Remove Events whose time is over."""
    found = KubeObject.objects.filter(cluster=writer.cluster, uid__in=uids, plural="events")
    writer.remove_all(list(found))


def reference(thing: Mapping[str, Any]) -> Object:
    """An ObjectReference: what an event, or another object, points at."""
    metadata = metadata_of(thing)
    about = {
        "kind": thing.get("kind"),
        "namespace": metadata.get("namespace"),
        "name": metadata.get("name"),
        "uid": metadata.get("uid"),
        "apiVersion": thing.get("apiVersion"),
        "resourceVersion": metadata.get("resourceVersion"),
    }
    return {key: value for key, value in about.items() if value}


def _known(
    writer: Writer, kind: Kind, wanted: Mapping[tuple[str, str], Happening]
) -> dict[tuple[str, str], KubeObject]:
    found: dict[tuple[str, str], KubeObject] = {}
    every = sorted({name for _, name in wanted})
    for start in range(0, len(every), _NAMED_AT_ONCE):
        names = every[start : start + _NAMED_AT_ONCE]
        for row in rows(writer.cluster, kind).filter(name__in=names):
            if (row.namespace, row.name) in wanted:
                found[row.namespace, row.name] = row
    return found
