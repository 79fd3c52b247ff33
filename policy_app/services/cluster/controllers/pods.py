"""Scheduler and kubelet of a cluster without machines: a Pod is placed, and runs at once.

A Pod goes to a node that its node selector takes.  What a Job started ends well a moment later;
every other Pod goes on running, whatever its command is: nobody runs it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from policy_app.apimachinery.objects import Object, is_going, metadata_of, timestamp, uid_of
from policy_app.models import KubeChange, KubeObject
from policy_app.services.cluster import events, noting
from policy_app.services.cluster.controllers import looking, making, pod_status
from policy_app.services.cluster.events import Happening
from policy_app.services.cluster.store import Writer, rows

_WORK_TAKES = timedelta(seconds=1)
_SCHEDULER = "default-scheduler"
_KUBELET = "kubelet"
_NO_PREEMPTION = "Preemption is not helpful for scheduling."


def look(writer: Writer, change: KubeChange) -> None:
    """Look at a Pod that has not started yet."""
    if change.type != KubeChange.Type.DELETED and _is_new(change.object):
        writer.soon(start, uid_of(change.object))


def node_changed(writer: Writer, change: KubeChange) -> None:
    """With a node that came or was changed, Pods that had none may find one."""
    before: Mapping[str, Any] = change.before or {}
    if change.type == KubeChange.Type.DELETED or _placing(before) == _placing(change.object):
        return
    waiting = KubeObject.objects.filter(cluster=writer.cluster, group="", plural="pods")
    for row in waiting:
        if _is_new(row.body):
            writer.soon(start, row.uid)


def start(writer: Writer, uids: list[str]) -> None:
    """Place new Pods on nodes, and report their containers as running."""
    new = [row for row in looking.staying(writer, uids) if _is_new(row.body)]
    if not new:
        return
    nodes, at = _nodes(writer), timestamp(writer.now)
    happened: list[Happening] = []
    waiting: list[tuple[KubeObject, Object]] = []
    running: list[tuple[KubeObject, Object]] = []
    for row in new:
        node = _node_for(row.body, nodes)
        if node is None:
            why = _unschedulable(row.body, nodes)
            waiting.append((row, pod_status.pending(row.body, why, at)))
            happened.append(
                Happening(row.body, events.WARNING, "FailedScheduling", why, _SCHEDULER)
            )
            continue
        name = str(metadata_of(node)["name"])
        running.append((row, pod_status.running(row.body, name, _address_of(node), at)))
        happened += _told(row.body, name)
    noting.report_all(writer, waiting, noting.SCHEDULER)
    noting.report_all(writer, running, noting.KUBELET)
    events.record_all(writer, happened)
    for row, _ in running:
        if _ends(row.body):
            writer.wake_at(row, writer.now + _WORK_TAKES)


def end(writer: Writer, uids: list[str]) -> None:
    """The work of Pods is done."""
    at = timestamp(writer.now)
    over = [
        (row, pod_status.succeeded(row.body, at))
        for row in looking.staying(writer, uids)
        if (row.body.get("status") or {}).get("phase") == "Running"
    ]
    noting.report_all(writer, over, noting.KUBELET)


def _is_new(pod: Mapping[str, Any]) -> bool:
    phase = (pod.get("status") or {}).get("phase")
    return phase in (None, "Pending") and not is_going(pod)


def _ends(pod: Mapping[str, Any]) -> bool:
    return bool(looking.controller_uid(pod, "Job"))


def _told(pod: Object, node: str) -> list[Happening]:
    metadata = metadata_of(pod)
    placed = f"Successfully assigned {metadata.get('namespace')}/{metadata['name']} to {node}"
    started = "Started containers: " + ", ".join(
        str(one.get("name")) for one in (pod.get("spec") or {}).get("containers") or []
    )
    return [
        Happening(pod, events.NORMAL, "Scheduled", placed, _SCHEDULER),
        Happening(pod, events.NORMAL, "Started", started, _KUBELET),
    ]


def _nodes(writer: Writer) -> list[Object]:
    found = rows(writer.cluster, making.kind_of(writer, "v1", "Node")).order_by("name")
    return [row.body for row in found if not is_going(row.body)]


def _node_for(pod: Object, nodes: list[Object]) -> Object | None:
    """The node that the Pod names, or one that takes it: always the same for the same Pod."""
    named = (pod.get("spec") or {}).get("nodeName")
    if named:
        known = (one for one in nodes if metadata_of(one)["name"] == named)
        return next(known, {"metadata": {"name": named}})
    fitting = [one for one in nodes if _takes(one, pod) and not _is_cordoned(one)]
    if not fitting:
        return None
    digest = hashlib.sha256(uid_of(pod).encode()).digest()
    return fitting[int.from_bytes(digest[:4], "big") % len(fitting)]


def _takes(node: Mapping[str, Any], pod: Mapping[str, Any]) -> bool:
    wanted = (pod.get("spec") or {}).get("nodeSelector") or {}
    labels = metadata_of(node).get("labels") or {}
    return all(labels.get(key) == value for key, value in wanted.items())


def _is_cordoned(node: Mapping[str, Any]) -> bool:
    return bool((node.get("spec") or {}).get("unschedulable"))


def _placing(node: Mapping[str, Any]) -> tuple[Any, bool]:
    """What of a node says which Pods it takes."""
    return metadata_of(node).get("labels"), _is_cordoned(node)


def _unschedulable(pod: Object, nodes: list[Object]) -> str:
    if not nodes:
        return "no nodes available to schedule pods"
    count = len(nodes)
    cordoned = sum(_is_cordoned(one) for one in nodes)
    others = sum(not _takes(one, pod) and not _is_cordoned(one) for one in nodes)
    reasons = []
    if cordoned:
        reasons.append(f"{cordoned} node(s) were unschedulable")
    if others:
        reasons.append(f"{others} node(s) didn't match Pod's node affinity/selector")
    head = f"0/{count} nodes are available"
    return f"{head}: {', '.join(reasons)}. preemption: {head}: {count} {_NO_PREEMPTION}"


def _address_of(node: Mapping[str, Any]) -> str:
    addresses = (node.get("status") or {}).get("addresses") or []
    found = (one["address"] for one in addresses if one.get("type") == "InternalIP")
    return str(next(found, "10.224.0.4"))
