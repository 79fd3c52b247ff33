"""Events: what happened to an object, as ``kubectl describe`` and ``get events`` show it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from policy_app.apimachinery.objects import Object, metadata_of, name_of, namespace_of, timestamp
from policy_app.services.cluster import kinds
from policy_app.services.cluster.store import Writer

NORMAL = "Normal"
WARNING = "Warning"
_LONGEST = 1024
_CLUSTERS_OWN = "default"


def record(
    writer: Writer, about: Mapping[str, Any], type_: str, reason: str, message: str, source: str
) -> None:
    """Note what happened; the same again is counted and not repeated."""
    kind = kinds.builtins_of(writer.cluster).of("v1", "Event")
    assert kind is not None
    namespace = namespace_of(about) or _CLUSTERS_OWN
    name = _name(about, reason, message, source)
    at = timestamp(writer.now)
    row = writer.find(kind, namespace, name)
    if row is not None:
        count = int(row.body.get("count") or 1) + 1
        writer.change(row, {**row.body, "count": count, "lastTimestamp": at})
        return
    event: Object = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": name, "namespace": namespace},
        "involvedObject": reference(about),
        "reason": reason,
        "message": message[:_LONGEST],
        "source": {"component": source},
        "reportingComponent": source,
        "reportingInstance": "",
        "firstTimestamp": at,
        "lastTimestamp": at,
        "count": 1,
        "type": type_,
    }
    writer.add(kind, event)


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


def _name(about: Mapping[str, Any], reason: str, message: str, source: str) -> str:
    """``<object>.<hash>``: the same event has the same name, so that it is found and counted."""
    text = "\0".join((str(metadata_of(about).get("uid")), reason, message, source))
    return f"{name_of(about)[:200]}.{hashlib.sha256(text.encode()).hexdigest()[:16]}"
