"""PersistentVolumeClaims: each gets a volume of its class, made for it, when it is wanted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from policy_app.apimachinery.objects import Object, is_going, metadata_of, name_of, uid_of
from policy_app.models import KubeChange, KubeObject
from policy_app.services.cluster import changes, events, noting
from policy_app.services.cluster.caller import Caller, DeleteOptions
from policy_app.services.cluster.controllers import looking, making
from policy_app.services.cluster.store import Writer, rows

_CONTROLLER = "persistentvolume-controller"
_DEFAULT = "storageclass.kubernetes.io/is-default-class"
_ANNOTATIONS = {
    "pv.kubernetes.io/bind-completed": "yes",
    "pv.kubernetes.io/bound-by-controller": "yes",
}


def look(writer: Writer, change: KubeChange) -> None:
    """A claim came, or went with its volume."""
    if change.type == KubeChange.Type.DELETED:
        _let_go(writer, change)
    elif not _is_bound(change.object):
        writer.soon(bind, uid_of(change.object))


def pod_changed(writer: Writer, change: KubeChange) -> None:
    """A new Pod is what a claim may wait for."""
    if change.type == KubeChange.Type.ADDED and any(_claims(change.object)):
        writer.soon(bind_for, change.namespace)


def bind_for(writer: Writer, namespaces: list[str]) -> None:
    """Bind the claims of namespaces in which Pods came."""
    kind = making.kind_of(writer, "v1", "PersistentVolumeClaim")
    for namespace in namespaces:
        found = rows(writer.cluster, kind, namespace)
        bind(writer, [row.uid for row in found if not _is_bound(row.body)])


def bind(writer: Writer, uids: list[str]) -> None:
    """Give each claim its volume, or say what it waits for."""
    for row in looking.staying(writer, uids):
        if not _is_bound(row.body):
            _bind(writer, row)


def _bind(writer: Writer, row: KubeObject) -> None:
    spec = row.body["spec"]
    name = spec.get("storageClassName")
    classes = {one.name: one.body for one in rows(writer.cluster, _class_kind(writer))}
    chosen = classes.get(name) if name is not None else _default(classes)
    if chosen is None or name == "":
        _wait(writer, row, name)
        return
    if not name:
        spec = {**spec, "storageClassName": name_of(chosen)}
    waits = chosen.get("volumeBindingMode") == "WaitForFirstConsumer"
    if waits and not _is_used(writer, row):
        told = "waiting for first consumer to be created before binding"
        events.record(writer, row.body, events.NORMAL, "WaitForFirstConsumer", told, _CONTROLLER)
        noting.change(writer, row, {**row.body, "spec": spec, "status": {"phase": "Pending"}})
        return
    volume = f"pvc-{row.uid}"
    noting.add(writer, making.kind_of(writer, "v1", "PersistentVolume"), _volume(row, spec, chosen))
    metadata = metadata_of(row.body)
    annotations = {**(metadata.get("annotations") or {}), **_ANNOTATIONS}
    status = {
        "phase": "Bound",
        "accessModes": spec.get("accessModes"),
        "capacity": {"storage": _size(spec)},
    }
    bound = {**spec, "volumeName": volume}
    fresh = {"metadata": {**metadata, "annotations": annotations}, "spec": bound, "status": status}
    noting.change(writer, row, {**row.body, **fresh})
    told = f"Successfully provisioned volume {volume}"
    events.record(
        writer, row.body, events.NORMAL, "ProvisioningSucceeded", told, str(chosen["provisioner"])
    )


def _wait(writer: Writer, row: KubeObject, name: Any) -> None:
    if name:
        told = f'storageclass.storage.k8s.io "{name}" not found'
        events.record(writer, row.body, events.WARNING, "ProvisioningFailed", told, _CONTROLLER)
    else:
        told = "no persistent volumes available for this claim and no storage class is set"
        events.record(writer, row.body, events.NORMAL, "FailedBinding", told, _CONTROLLER)
    noting.change(writer, row, {**row.body, "status": {"phase": "Pending"}})


def _volume(row: KubeObject, spec: Mapping[str, Any], chosen: Mapping[str, Any]) -> Object:
    provisioner = chosen["provisioner"]
    claim = events.reference(row.body)
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {
            "name": f"pvc-{row.uid}",
            "annotations": {"pv.kubernetes.io/provisioned-by": provisioner},
        },
        "spec": {
            "accessModes": spec.get("accessModes"),
            "capacity": {"storage": _size(spec)},
            "claimRef": claim,
            "csi": {"driver": provisioner, "volumeHandle": f"pvc-{row.uid}"},
            "persistentVolumeReclaimPolicy": chosen.get("reclaimPolicy") or "Delete",
            "storageClassName": name_of(chosen),
            "volumeMode": spec.get("volumeMode") or "Filesystem",
        },
        "status": {"phase": "Bound"},
    }


def _let_go(writer: Writer, change: KubeChange) -> None:
    name = (change.object.get("spec") or {}).get("volumeName")
    if name:
        writer.soon(release, str(name))


def release(writer: Writer, names: list[str]) -> None:
    """Volumes whose claims are gone: deleted, or kept for somebody to look after."""
    kind = making.kind_of(writer, "v1", "PersistentVolume")
    for row in rows(writer.cluster, kind).filter(name__in=names):
        if row.body["spec"].get("persistentVolumeReclaimPolicy") == "Delete":
            caller = Caller.controller(_CONTROLLER)
            changes.delete_row(writer, kind, row, caller, DeleteOptions())
        else:
            noting.change(writer, row, {**row.body, "status": {"phase": "Released"}})


def _is_used(writer: Writer, row: KubeObject) -> bool:
    pods = rows(writer.cluster, making.kind_of(writer, "v1", "Pod"), row.namespace)
    return any(row.name in _claims(pod.body) for pod in pods if not is_going(pod.body))


def _claims(pod: Mapping[str, Any]) -> Iterator[str]:
    for volume in (pod.get("spec") or {}).get("volumes") or []:
        claim = (volume.get("persistentVolumeClaim") or {}).get("claimName")
        if claim:
            yield str(claim)


def _is_bound(claim: Mapping[str, Any]) -> bool:
    return bool((claim.get("spec") or {}).get("volumeName"))


def _size(spec: Mapping[str, Any]) -> Any:
    return ((spec.get("resources") or {}).get("requests") or {}).get("storage")


def _default(classes: Mapping[str, Object]) -> Object | None:
    for one in classes.values():
        if (metadata_of(one).get("annotations") or {}).get(_DEFAULT) == "true":
            return one
    return None


def _class_kind(writer: Writer) -> Any:
    return making.kind_of(writer, "storage.k8s.io/v1", "StorageClass")
