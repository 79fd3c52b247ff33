"""What a kubelet says about Pods that nobody runs: they are running, and some come to their end."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from policy_app.apimachinery.objects import Object, metadata_of

_CONDITIONS = (
    "PodReadyToStartContainers",
    "Initialized",
    "Ready",
    "ContainersReady",
    "PodScheduled",
)


def running(pod: Object, node: str, host_ip: str, at: str) -> Object:
    """The Pod on its node, with every container started."""
    spec: Mapping[str, Any] = pod.get("spec") or {}
    address = host_ip if spec.get("hostNetwork") else _address(pod)
    status = {
        "phase": "Running",
        "conditions": [
            {"type": one, "status": "True", "lastProbeTime": None, "lastTransitionTime": at}
            for one in _CONDITIONS
        ],
        "hostIP": host_ip,
        "hostIPs": [{"ip": host_ip}],
        "podIP": address,
        "podIPs": [{"ip": address}],
        "startTime": at,
        "containerStatuses": [_container(one, at) for one in spec.get("containers") or []],
        "qosClass": quality(spec),
    }
    inits = spec.get("initContainers") or []
    if inits:
        status["initContainerStatuses"] = [_finished(one, at) for one in inits]
    return {**pod, "spec": {**spec, "nodeName": node}, "status": status}


def pending(pod: Object, why: str, at: str) -> Object:
    """The Pod for which there is no node."""
    condition = {
        "type": "PodScheduled",
        "status": "False",
        "lastProbeTime": None,
        "lastTransitionTime": at,
        "reason": "Unschedulable",
        "message": why,
    }
    held = (pod.get("status") or {}).get("conditions") or []
    if held and held[0].get("message") == why:
        condition = held[0]
    quality_class = quality(pod.get("spec") or {})
    status = {"phase": "Pending", "conditions": [condition], "qosClass": quality_class}
    return {**pod, "status": status}


def succeeded(pod: Object, at: str) -> Object:
    """The Pod whose containers have all done their work."""
    status = dict(pod.get("status") or {})
    status["phase"] = "Succeeded"
    status["conditions"] = [_after_the_end(one, at) for one in status.get("conditions") or []]
    status["containerStatuses"] = [_ended(one, at) for one in status.get("containerStatuses") or []]
    return {**pod, "status": status}


def _after_the_end(condition: Object, at: str) -> Object:
    if condition["type"] not in ("Ready", "ContainersReady", "Initialized"):
        return condition
    over = {**condition, "reason": "PodCompleted"}
    if condition["type"] != "Initialized":
        over |= {"status": "False", "lastTransitionTime": at}
    return over


def _ended(status: Object, at: str) -> Object:
    started = ((status.get("state") or {}).get("running") or {}).get("startedAt", at)
    ended = {"exitCode": 0, "reason": "Completed", "startedAt": started, "finishedAt": at}
    ended["containerID"] = status["containerID"]
    return {**status, "ready": False, "started": False, "state": {"terminated": ended}}


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
