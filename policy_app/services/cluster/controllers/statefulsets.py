"""StatefulSets: Pods with names that stay, numbered from their first ordinal, and their claims."""

from __future__ import annotations

from typing import Any

from policy_app.apimachinery.objects import Object, metadata_of, name_of, namespace_of
from policy_app.models import KubeChange, KubeObject
from policy_app.services.cluster.controllers import making
from policy_app.services.cluster.store import Writer

_CONTROLLER = "statefulset-controller"
_HASH = "controller-revision-hash"


def changed(writer: Writer, change: KubeChange) -> None:
    """A StatefulSet was changed."""
    row = making.current(writer, change)
    if row is not None:
        _reconcile(writer, row)


def pod_changed(writer: Writer, change: KubeChange) -> None:
    """A Pod was changed: its set counts again."""
    row = making.controller_of(writer, change.object, "StatefulSet")
    if row is not None and not metadata_of(row.body).get("deletionTimestamp"):
        _reconcile(writer, row)


def _reconcile(writer: Writer, row: KubeObject) -> None:
    body: Object = row.body
    spec = body.get("spec") or {}
    first = int((spec.get("ordinals") or {}).get("start", 0))
    wanted = range(first, first + int(spec.get("replicas", 1)))
    revision = _revision(body)
    kind = making.kind_of(writer, "v1", "Pod")
    pods = {one.name: one for one in making.controlled(writer, row, "pods")}
    names = [f"{name_of(body)}-{ordinal}" for ordinal in wanted]
    surplus = [one for name, one in pods.items() if name not in names or _mark(one) != revision]
    making.delete(writer, kind, surplus, _CONTROLLER)
    gone = {one.name for one in surplus}
    for name in names:
        if name in pods and name not in gone:
            continue
        if not _make(writer, body, name, revision):
            # In order: the next Pod waits for the one before it.
            break
    _report(writer, row, revision)


def _make(writer: Writer, body: Object, name: str, revision: str) -> bool:
    spec = body["spec"]
    template = dict(spec.get("template") or {})
    metadata = dict(template.get("metadata") or {})
    labels = {
        **(metadata.get("labels") or {}),
        _HASH: revision,
        "apps.kubernetes.io/pod-index": name.rpartition("-")[2],
        "statefulset.kubernetes.io/pod-name": name,
    }
    volumes = _claims(writer, body, name)
    pod_spec = {**(template.get("spec") or {}), "hostname": name}
    if spec.get("serviceName"):
        pod_spec["subdomain"] = spec["serviceName"]
    if volumes:
        pod_spec["volumes"] = [*(pod_spec.get("volumes") or []), *volumes]
    made = {**template, "metadata": {**metadata, "labels": labels}, "spec": pod_spec}
    kind = making.kind_of(writer, "v1", "Pod")
    pod = making.from_template(made, body, kind, name)
    return making.create(writer, kind, pod, body, _CONTROLLER)


def _claims(writer: Writer, body: Object, pod: str) -> list[dict[str, Any]]:
    """The Pod's own claims, made where they are not there yet; they outlive the Pod."""
    kind = making.kind_of(writer, "v1", "PersistentVolumeClaim")
    volumes = []
    for template in body["spec"].get("volumeClaimTemplates") or []:
        volume = name_of(template)
        name = f"{volume}-{pod}"
        if writer.find(kind, namespace_of(body), name) is None:
            claim = making.from_template(template, body, kind, name)
            claim["metadata"].pop("ownerReferences")
            making.create(writer, kind, claim, body, _CONTROLLER)
        volumes.append({"name": volume, "persistentVolumeClaim": {"claimName": name}})
    return volumes


def _revision(body: Object) -> str:
    return f"{name_of(body)}-{making.template_hash(body['spec'].get('template') or {})}"


def _mark(pod: KubeObject) -> Any:
    return (metadata_of(pod.body).get("labels") or {}).get(_HASH)


def _report(writer: Writer, row: KubeObject, revision: str) -> None:
    row.refresh_from_db()
    pods = making.controlled(writer, row, "pods")
    ready = sum(1 for one in pods if making.is_ready(one.body))
    status = {
        "availableReplicas": ready,
        "collisionCount": 0,
        "currentReplicas": len(pods) or None,
        "currentRevision": revision,
        "observedGeneration": metadata_of(row.body).get("generation"),
        "readyReplicas": ready or None,
        "replicas": len(pods),
        "updateRevision": revision,
        "updatedReplicas": sum(1 for one in pods if _mark(one) == revision) or None,
    }
    making.set_status(writer, row, status)
