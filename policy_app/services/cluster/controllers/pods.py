"""Scheduler and kubelet of a cluster without machines: a Pod is placed, and runs at once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from policy_app.apimachinery.objects import Object, is_going, metadata_of, timestamp
from policy_app.models import KubeChange, KubeObject
from policy_app.services.cluster.store import Writer

_CONDITIONS = (
    "PodReadyToStartContainers",
    "Initialized",
    "Ready",
    "ContainersReady",
    "PodScheduled",
)
_HOST_IP = "10.224.0.4"
_FALLBACK_NODE = "aks-nodepool1-28993262-vmss000000"


def changed(writer: Writer, change: KubeChange) -> None:
    """Place a new Pod on a node, and report its containers as running."""
    if change.type == KubeChange.Type.DELETED:
        return
    row = KubeObject.objects.filter(
        cluster=writer.cluster, uid=metadata_of(change.object)["uid"]
    ).first()
    if (
        row is None
        or is_going(row.body)
        or (row.body.get("status") or {}).get("phase")
        not in (
            None,
            "Pending",
        )
    ):
        return
    writer.change(row, _running(writer, row.body))


def _running(writer: Writer, pod: Object) -> Object:
    spec: Mapping[str, Any] = pod.get("spec") or {}
    at = timestamp(writer.now)
    node = spec.get("nodeName") or _FALLBACK_NODE
    containers = spec.get("containers") or []
    status = {
        "phase": "Running",
        "conditions": [
            {"type": one, "status": "True", "lastProbeTime": None, "lastTransitionTime": at}
            for one in _CONDITIONS
        ],
        "hostIP": _HOST_IP,
        "hostIPs": [{"ip": _HOST_IP}],
        "podIP": _address(pod),
        "podIPs": [{"ip": _address(pod)}],
        "startTime": at,
        "containerStatuses": [_container(one, at) for one in containers],
        "qosClass": quality(spec),
    }
    inits = spec.get("initContainers") or []
    if inits:
        status["initContainerStatuses"] = [_finished(one, at) for one in inits]
    return {**pod, "spec": {**spec, "nodeName": node}, "status": status}


def quality(spec: Mapping[str, Any]) -> str:
    """The quality of service class: by what containers request and are limited to."""
    given = [one.get("resources") or {} for one in spec.get("containers") or []]
    if not any(one.get("requests") or one.get("limits") for one in given):
        return "BestEffort"
    for one in given:
        limits, requests = one.get("limits") or {}, one.get("requests") or one.get("limits") or {}
        for name in ("cpu", "memory"):
            if name not in limits or requests.get(name, limits[name]) != limits[name]:
                return "Burstable"
    return "Guaranteed"


def _container(container: Mapping[str, Any], at: str) -> Object:
    return {
        **_identity(container),
        "ready": True,
        "started": True,
        "restartCount": 0,
        "state": {"running": {"startedAt": at}},
        "lastState": {},
    }


def _finished(container: Mapping[str, Any], at: str) -> Object:
    if container.get("restartPolicy") == "Always":
        return _container(container, at)
    ended = {"exitCode": 0, "reason": "Completed", "startedAt": at, "finishedAt": at}
    rest = {"ready": True, "started": False, "restartCount": 0, "lastState": {}}
    return {**_identity(container), **rest, "state": {"terminated": ended}}


def _identity(container: Mapping[str, Any]) -> Object:
    image = str(container.get("image") or "")
    digest = hashlib.sha256(image.encode()).hexdigest()
    name = str(container.get("name") or "")
    own = hashlib.sha256(f"{name} {image}".encode()).hexdigest()
    return {
        "name": name,
        "image": image,
        "imageID": f"{image.partition('@')[0].partition(':')[0]}@sha256:{digest}",
        "containerID": f"containerd://{own}",
    }


def _address(pod: Mapping[str, Any]) -> str:
    """An address of the Pod network that stays the Pod's own."""
    digest = hashlib.sha256(str(metadata_of(pod).get("uid")).encode()).digest()
    return f"10.244.{digest[0] % 32}.{digest[1] % 253 + 2}"
