"""ReplicaSets: as many Pods as are wanted.  ReplicationControllers are kept alike."""

from __future__ import annotations

from policy_app.apimachinery.objects import Object, timestamp
from policy_app.models import KubeChange, KubeObject
from policy_app.services.cluster.controllers import making
from policy_app.services.cluster.store import Writer

_MOST_AT_ONCE = 500
"""Pods of one set: a simulated cluster has no machines that would set the limit."""
_NAMES = {"ReplicaSet": "replicaset-controller", "ReplicationController": "replication-controller"}


def changed(writer: Writer, change: KubeChange) -> None:
    """A set was changed."""
    row = making.current(writer, change)
    if row is not None:
        _reconcile(writer, row)


def pod_changed(writer: Writer, change: KubeChange) -> None:
    """A Pod was changed: its set counts again."""
    for kind in _NAMES:
        row = making.controller_of(writer, change.object, kind)
        if row is not None and making.current(writer, _as_change(row)) is not None:
            _reconcile(writer, row)


def _as_change(row: KubeObject) -> KubeChange:
    return KubeChange(body=row.body)


def _reconcile(writer: Writer, row: KubeObject) -> None:
    body: Object = row.body
    spec, controller = body.get("spec") or {}, _NAMES[str(body["kind"])]
    wanted = min(int(spec.get("replicas", 1)), _MOST_AT_ONCE)
    pods = making.controlled(writer, row, "pods")
    kind = making.kind_of(writer, "v1", "Pod")
    failed = False
    for _ in range(wanted - len(pods)):
        pod = making.from_template(spec.get("template") or {}, body, kind)
        if not making.create(writer, kind, pod, body, controller):
            # A real controller tries again and again; what refuses this one refuses the next.
            failed = True
            break
    if len(pods) > wanted:
        making.delete(writer, kind, pods[wanted:], controller)
    _report(writer, row, failed)


def _report(writer: Writer, row: KubeObject, failed: bool) -> None:
    row.refresh_from_db()
    pods = making.controlled(writer, row, "pods")
    ready = sum(1 for pod in pods if making.is_ready(pod.body))
    conditions = []
    if failed:
        told = "the cluster's policies or limits refuse its Pods; see the events"
        at = timestamp(writer.now)
        conditions = [making.condition(row.body, "ReplicaFailure", True, "FailedCreate", told, at)]
    status = {
        "replicas": len(pods),
        "fullyLabeledReplicas": len(pods),
        "readyReplicas": ready or None,
        "availableReplicas": ready or None,
        "observedGeneration": row.body["metadata"].get("generation"),
        "conditions": conditions,
    }
    making.set_status(writer, row, status)
