"""DaemonSets: one Pod on each node that the template's node selector takes."""

from __future__ import annotations

from typing import Any

from policy_app.apimachinery.objects import Object, metadata_of
from policy_app.models import KubeChange, KubeObject
from policy_app.services.cluster.controllers import making
from policy_app.services.cluster.store import Writer, rows

_CONTROLLER = "daemonset-controller"


def changed(writer: Writer, change: KubeChange) -> None:
    """A DaemonSet was changed."""
    row = making.current(writer, change)
    if row is not None:
        _reconcile(writer, row)


def pod_changed(writer: Writer, change: KubeChange) -> None:
    """A Pod was changed: its DaemonSet counts again."""
    row = making.controller_of(writer, change.object, "DaemonSet")
    if row is not None and not metadata_of(row.body).get("deletionTimestamp"):
        _reconcile(writer, row)


def _reconcile(writer: Writer, row: KubeObject) -> None:
    body: Object = row.body
    template = dict((body.get("spec") or {}).get("template") or {})
    mark = making.template_hash(template)
    kind = making.kind_of(writer, "v1", "Pod")
    pods = making.controlled(writer, row, "pods")
    stale = [one for one in pods if _mark(one) != mark]
    making.delete(writer, kind, stale, _CONTROLLER)
    placed = {one.body["spec"].get("nodeName") for one in pods if _mark(one) == mark}
    nodes = _nodes(writer, template)
    for node in nodes:
        if node in placed:
            continue
        metadata = dict(template.get("metadata") or {})
        labels = {**(metadata.get("labels") or {}), "controller-revision-hash": mark}
        spec = {**(template.get("spec") or {}), "nodeName": node}
        made = {**template, "metadata": {**metadata, "labels": labels}, "spec": spec}
        pod = making.from_template(made, body, kind)
        if not making.create(writer, kind, pod, body, _CONTROLLER):
            break
    _report(writer, row, len(nodes), mark)


def _mark(pod: KubeObject) -> Any:
    return (metadata_of(pod.body).get("labels") or {}).get("controller-revision-hash")


def _nodes(writer: Writer, template: Object) -> list[str]:
    wanted = ((template.get("spec") or {}).get("nodeSelector") or {}).items()
    found = rows(writer.cluster, making.kind_of(writer, "v1", "Node")).order_by("name")
    return [
        one.name
        for one in found
        if wanted <= ((metadata_of(one.body).get("labels") or {}) or {}).items()
    ]


def _report(writer: Writer, row: KubeObject, desired: int, mark: str) -> None:
    row.refresh_from_db()
    pods = making.controlled(writer, row, "pods")
    ready = sum(1 for one in pods if making.is_ready(one.body))
    status = {
        "currentNumberScheduled": len(pods),
        "desiredNumberScheduled": desired,
        "numberAvailable": ready or None,
        "numberMisscheduled": 0,
        "numberReady": ready,
        "numberUnavailable": (desired - ready) or None,
        "observedGeneration": metadata_of(row.body).get("generation"),
        "updatedNumberScheduled": sum(1 for one in pods if _mark(one) == mark) or None,
    }
    making.set_status(writer, row, status)
