"""Services: the addresses of the Pods that each one selects, and a load balancer's own."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from policy_app.apimachinery.objects import (
    Object,
    is_going,
    metadata_of,
    name_of,
    namespace_of,
    uid_of,
)
from policy_app.evaluation.gatekeeper.labels import LabelSelector, labels_of
from policy_app.models import KubeChange
from policy_app.services.cluster import events, noting
from policy_app.services.cluster.controllers import looking, making
from policy_app.services.cluster.store import Writer, rows

_MOMENT = timedelta(seconds=2)
_SOURCE = "service-controller"
_MANAGED_BY = "endpointslice-controller.k8s.io"


def look(writer: Writer, change: KubeChange) -> None:
    """Look at a Service that was changed, which may want a load balancer."""
    if change.type == KubeChange.Type.DELETED:
        writer.soon(forget, f"{change.namespace}/{change.name}")
        return
    writer.soon(publish, change.namespace)
    if _waits_for_address(change.object):
        writer.soon(ask_for_address, uid_of(change.object))


def publish(writer: Writer, namespaces: list[str]) -> None:
    """Bring Endpoints and EndpointSlices up to date with the Pods that are ready."""
    kind = making.kind_of(writer, "v1", "Service")
    for namespace in namespaces:
        selecting = [
            row for row in rows(writer.cluster, kind, namespace) if row.body["spec"].get("selector")
        ]
        if not selecting:
            continue
        pods = [row.body for row in rows(writer.cluster, _pods(writer), namespace)]
        for row in selecting:
            if not is_going(row.body):
                _publish(writer, row.body, pods)


def forget(writer: Writer, names: list[str]) -> None:
    """Endpoints, which nobody owns, go with their Services; slices are owned by them."""
    kind = making.kind_of(writer, "v1", "Endpoints")
    found = (writer.find(kind, *name.split("/")) for name in names)
    writer.remove_all([row for row in found if row is not None])


def ask_for_address(writer: Writer, uids: list[str]) -> None:
    """A cloud takes a moment to make a load balancer."""
    for row in looking.staying(writer, uids):
        if row.due_at is None and _waits_for_address(row.body):
            told = "Ensuring load balancer"
            events.record(writer, row.body, events.NORMAL, "EnsuringLoadBalancer", told, _SOURCE)
            writer.wake_at(row, writer.now + _MOMENT)


def give_address(writer: Writer, uids: list[str]) -> None:
    """The load balancer of a Service, or of an Ingress, is there."""
    for row in looking.staying(writer, uids):
        if not _waits_for_address(row.body):
            continue
        address = public_address(row.body)
        wanted = {**(row.body.get("status") or {}), "loadBalancer": {"ingress": [address]}}
        noting.change(writer, row, {**row.body, "status": wanted})
        if row.plural == "services":
            told = "Ensured load balancer"
            events.record(writer, row.body, events.NORMAL, "EnsuredLoadBalancer", told, _SOURCE)


def public_address(thing: Mapping[str, Any]) -> Object:
    """An address kept for documentation (RFC 5737), always the same for the same object."""
    given = (thing.get("spec") or {}).get("loadBalancerIP")
    digest = hashlib.sha256(uid_of(thing).encode()).digest()
    address: Object = {"ip": given or f"203.0.113.{digest[0] % 254 + 1}"}
    if thing.get("kind") == "Service":
        address["ipMode"] = "VIP"
    return address


def _waits_for_address(thing: Mapping[str, Any]) -> bool:
    has = ((thing.get("status") or {}).get("loadBalancer") or {}).get("ingress")
    if thing.get("kind") == "Ingress":
        return not has
    return (thing.get("spec") or {}).get("type") == "LoadBalancer" and not has


def _publish(writer: Writer, service: Object, pods: list[Object]) -> None:
    labels = {"matchLabels": service["spec"]["selector"]}
    selector = LabelSelector.parse(labels)
    chosen = [
        pod
        for pod in pods
        if selector.failing(labels_of(pod)) is None and (pod.get("status") or {}).get("podIP")
    ]
    chosen = [one for one in chosen if making.is_ready(one) or _takes_unready(service)]
    _put(writer, "v1", "Endpoints", name_of(service), _endpoints(service, chosen))
    name = f"{name_of(service)}-{_suffix(service)}"
    _put(writer, "discovery.k8s.io/v1", "EndpointSlice", name, _slice(service, chosen, name))


def _takes_unready(service: Object) -> bool:
    return bool(service["spec"].get("publishNotReadyAddresses"))


def _put(writer: Writer, api_version: str, kind: str, name: str, wanted: Object) -> None:
    found = making.kind_of(writer, api_version, kind)
    row = writer.find(found, namespace_of(wanted), name)
    head = {"apiVersion": api_version, "kind": kind}
    if row is None:
        noting.add(writer, found, {**head, **wanted})
    elif not is_going(row.body):
        noting.change(writer, row, {**row.body, **wanted, "metadata": row.body["metadata"]})


def _endpoints(service: Object, pods: list[Object]) -> Object:
    metadata = {"name": name_of(service), "namespace": namespace_of(service)}
    ports = [
        {key: value for key, value in one.items() if value is not None}
        for one in _ports(service, pods)
    ]
    addresses = [
        {
            "ip": pod["status"]["podIP"],
            "nodeName": pod["spec"].get("nodeName"),
            "targetRef": _target(pod),
        }
        for pod in pods
    ]
    subset: Object = {"addresses": addresses, "ports": ports}
    labels = metadata_of(service).get("labels")
    if labels:
        metadata["labels"] = labels
    return {"metadata": metadata, "subsets": [subset] if addresses else []}


def _slice(service: Object, pods: list[Object], name: str) -> Object:
    metadata = {
        "name": name,
        "generateName": f"{name_of(service)}-",
        "namespace": namespace_of(service),
        "labels": {
            **(metadata_of(service).get("labels") or {}),
            "kubernetes.io/service-name": name_of(service),
            "endpointslice.kubernetes.io/managed-by": _MANAGED_BY,
        },
        "ownerReferences": [making.owner_reference(service)],
    }
    endpoints = [
        {
            "addresses": [pod["status"]["podIP"]],
            "conditions": {"ready": making.is_ready(pod), "serving": True, "terminating": False},
            "nodeName": pod["spec"].get("nodeName"),
            "targetRef": _target(pod),
        }
        for pod in pods
    ]
    ports = _ports(service, pods)
    shape = {"addressType": "IPv4", "endpoints": endpoints, "ports": ports}
    return {"metadata": metadata, **shape}


def _ports(service: Object, pods: list[Object]) -> list[Object]:
    return [
        {
            "name": one.get("name") or "",
            "port": _number(one, pods),
            "protocol": one.get("protocol") or "TCP",
        }
        for one in service["spec"].get("ports") or []
    ]


def _number(port: Mapping[str, Any], pods: list[Object]) -> Any:
    """The Pods' port: a number, or the number of the container port of that name."""
    target = port.get("targetPort") or port.get("port")
    if not isinstance(target, str) or target.isdigit():
        return int(target or 0)
    named = (
        one.get("containerPort")
        for pod in pods
        for container in pod["spec"].get("containers") or []
        for one in container.get("ports") or []
        if one.get("name") == target
    )
    return next(named, port.get("port"))


def _target(pod: Object) -> Object:
    about = events.reference(pod)
    return {key: about[key] for key in ("kind", "name", "namespace", "uid") if key in about}


def _suffix(service: Object) -> str:
    return hashlib.sha256(uid_of(service).encode()).hexdigest()[:5]


def _pods(writer: Writer) -> Any:
    return making.kind_of(writer, "v1", "Pod")
