"""Deployments: a ReplicaSet for each template that there was; the newest one has the Pods."""

from __future__ import annotations

from typing import Any

from policy_app.apimachinery.objects import Object, metadata_of, name_of, namespace_of, timestamp
from policy_app.models import KubeChange, KubeObject
from policy_app.services.cluster import events
from policy_app.services.cluster.controllers import making
from policy_app.services.cluster.store import Writer

_CONTROLLER = "deployment-controller"
_HASH = "pod-template-hash"
_REVISION = "deployment.kubernetes.io/revision"


def changed(writer: Writer, change: KubeChange) -> None:
    """A Deployment was changed."""
    row = making.current(writer, change)
    if row is not None:
        _reconcile(writer, row)


def set_changed(writer: Writer, change: KubeChange) -> None:
    """A ReplicaSet was changed: its Deployment counts again."""
    row = making.controller_of(writer, change.object, "Deployment")
    if row is not None and not metadata_of(row.body).get("deletionTimestamp"):
        _reconcile(writer, row)


def _reconcile(writer: Writer, row: KubeObject) -> None:
    sets = making.controlled(writer, row, "replicasets")
    newest = next((one for one in sets if _is_of(one, row)), None)
    wanted = int((row.body.get("spec") or {}).get("replicas", 1))
    if newest is None:
        newest = _new_set(writer, row, sets, wanted)
    if newest is not None:
        for one in sets:
            if one.pk != newest.pk:
                _scale(writer, row, one, 0)
        _scale(writer, row, newest, wanted)
        _note_revision(writer, row, newest)
    _report(writer, row, newest)
    _forget_old(writer, row)


def _is_of(one: KubeObject, deployment: KubeObject) -> bool:
    labels = metadata_of(one.body).get("labels") or {}
    return bool(labels.get(_HASH) == making.template_hash(_template(deployment)))


def _template(deployment: KubeObject) -> Object:
    return dict((deployment.body.get("spec") or {}).get("template") or {})


def _new_set(
    writer: Writer, row: KubeObject, sets: list[KubeObject], wanted: int
) -> KubeObject | None:
    body: Object = row.body
    template, kind = _template(row), making.kind_of(writer, "apps/v1", "ReplicaSet")
    mark = making.template_hash(template)
    metadata = dict(template.get("metadata") or {})
    labels = {**(metadata.get("labels") or {}), _HASH: mark}
    selector = dict(body["spec"].get("selector") or {})
    selector["matchLabels"] = {**(selector.get("matchLabels") or {}), _HASH: mark}
    revision = max((_revision(one) for one in sets), default=0) + 1
    name = f"{name_of(body)}-{mark}"
    made = {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "name": name,
            "namespace": namespace_of(body),
            "labels": labels,
            "annotations": {_REVISION: str(revision)},
            "ownerReferences": [making.owner_reference(body)],
        },
        "spec": {
            "replicas": wanted,
            "selector": selector,
            "template": {**template, "metadata": {**metadata, "labels": labels}},
        },
    }
    if not making.create(writer, kind, made, body, _CONTROLLER):
        return None
    _tell_scaled(writer, body, "up", name, 0, wanted)
    return writer.find(kind, namespace_of(body), name)


def _scale(writer: Writer, deployment: KubeObject, one: KubeObject, wanted: int) -> None:
    spec = one.body.get("spec") or {}
    before = int(spec.get("replicas", 1))
    if before == wanted:
        return
    metadata = {**metadata_of(one.body)}
    metadata["generation"] = int(metadata.get("generation") or 1) + 1
    writer.change(one, {**one.body, "metadata": metadata, "spec": {**spec, "replicas": wanted}})
    way = "up" if wanted > before else "down"
    _tell_scaled(writer, deployment.body, way, one.name, before, wanted)


def _tell_scaled(
    writer: Writer, deployment: Object, way: str, name: str, before: int, wanted: int
) -> None:
    if before == wanted:
        return
    message = f"Scaled {way} replica set {name} from {before} to {wanted}"
    events.record(writer, deployment, events.NORMAL, "ScalingReplicaSet", message, _CONTROLLER)


def _note_revision(writer: Writer, row: KubeObject, newest: KubeObject) -> None:
    row.refresh_from_db()
    metadata = metadata_of(row.body)
    annotations = {**(metadata.get("annotations") or {}), _REVISION: str(_revision(newest))}
    writer.change(row, {**row.body, "metadata": {**metadata, "annotations": annotations}})


def _revision(one: KubeObject) -> int:
    annotations = metadata_of(one.body).get("annotations") or {}
    text = str(annotations.get(_REVISION, "0"))
    return int(text) if text.isdigit() else 0


def _report(writer: Writer, row: KubeObject, newest: KubeObject | None) -> None:
    row.refresh_from_db()
    body: Object = row.body
    sets = making.controlled(writer, row, "replicasets")
    total, ready = _sum(sets, "replicas"), _sum(sets, "readyReplicas")
    updated = _sum([one for one in sets if newest is not None and one.pk == newest.pk], "replicas")
    wanted = int((body.get("spec") or {}).get("replicas", 1))
    name = newest.name if newest is not None else ""
    status = {
        "observedGeneration": metadata_of(body).get("generation"),
        "replicas": total or None,
        "updatedReplicas": updated or None,
        "readyReplicas": ready or None,
        "availableReplicas": ready or None,
        "unavailableReplicas": max(wanted - ready, 0) or None,
        "conditions": _conditions(writer, body, sets, wanted, ready, name),
    }
    making.set_status(writer, row, status)


def _conditions(
    writer: Writer, body: Object, sets: list[KubeObject], wanted: int, ready: int, name: str
) -> list[Object]:
    at = timestamp(writer.now)
    available = ready >= wanted
    found = [
        making.condition(
            body,
            "Available",
            available,
            "MinimumReplicasAvailable" if available else "MinimumReplicasUnavailable",
            f"Deployment {'has' if available else 'does not have'} minimum availability.",
            at,
        )
    ]
    failure = _failure(sets)
    if failure is not None:
        told = str(failure.get("message"))
        found.append(making.condition(body, "ReplicaFailure", True, "FailedCreate", told, at))
    reason = "NewReplicaSetAvailable" if available else "ReplicaSetUpdated"
    state = "has successfully progressed" if available else "is progressing"
    told = f'ReplicaSet "{name}" {state}.'
    found.append(making.condition(body, "Progressing", True, reason, told, at))
    return found


def _failure(sets: list[KubeObject]) -> dict[str, Any] | None:
    for one in sets:
        for each in (one.body.get("status") or {}).get("conditions") or []:
            if each.get("type") == "ReplicaFailure" and each.get("status") == "True":
                return dict(each)
    return None


def _sum(sets: list[KubeObject], field: str) -> int:
    return sum(int((one.body.get("status") or {}).get(field) or 0) for one in sets)


def _forget_old(writer: Writer, row: KubeObject) -> None:
    """Old sets without Pods are kept for a rollback, up to the Deployment's limit."""
    kept = int((row.body.get("spec") or {}).get("revisionHistoryLimit", 10))
    sets = making.controlled(writer, row, "replicasets")
    idle = [
        one
        for one in sets
        if not (one.body["spec"].get("replicas") or (one.body.get("status") or {}).get("replicas"))
        and not _is_of(one, row)
    ]
    too_many = sorted(idle, key=_revision)[: max(len(idle) - kept, 0)]
    kind = making.kind_of(writer, "apps/v1", "ReplicaSet")
    making.delete(writer, kind, too_many, _CONTROLLER)
