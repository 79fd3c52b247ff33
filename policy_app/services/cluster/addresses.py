"""Addresses that an API server allots: a Service's cluster IP and its ports on nodes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from policy_app.apimachinery.kinds import Kind
from policy_app.apimachinery.objects import Object, name_of, namespace_of
from policy_app.services.cluster.store import Writer, rows

_NONE = "None"
_WITH_NODE_PORTS = ("NodePort", "LoadBalancer")
_FIRST_PORT, _PORTS = 30_000, 2_768
_MOST_TRIES = 1_000


def allotted(writer: Writer, kind: Kind, thing: Object, old: Object | None = None) -> Object:
    """A Service with the addresses that it needs and does not ask for; others as they are.

    An update that leaves out what was allotted before keeps it.
    """
    if (kind.group, kind.kind) != ("", "Service"):
        return thing
    spec = dict(thing.get("spec") or {})
    type_ = spec.setdefault("type", "ClusterIP")
    before: Mapping[str, Any] = (old or {}).get("spec") or {}
    if type_ != before.get("type"):
        _release(spec, before)
    if type_ == "ExternalName":
        return {**thing, "spec": spec}
    others = [one.body.get("spec") or {} for one in rows(writer.cluster, kind)]
    if not spec.get("clusterIP"):
        taken = {str(one.get("clusterIP")) for one in others}
        spec["clusterIP"] = before.get("clusterIP") or _free(_cluster_ips(thing), taken)
    spec["clusterIPs"] = spec.get("clusterIPs") or [spec["clusterIP"]]
    spec["ipFamilies"] = spec.get("ipFamilies") or ["IPv4"]
    spec["ipFamilyPolicy"] = spec.get("ipFamilyPolicy") or "SingleStack"
    if type_ in _WITH_NODE_PORTS:
        spec["ports"] = _with_node_ports(thing, spec.get("ports"), before.get("ports"), others)
    return {**thing, "spec": spec}


def _release(spec: Object, before: Mapping[str, Any]) -> None:
    """Take away what a former type was allotted and the new one has no use for."""
    if spec["type"] == "ExternalName":
        for name in ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"):
            if spec.get(name) == before.get(name):
                spec.pop(name, None)
    if spec["type"] not in _WITH_NODE_PORTS and isinstance(spec.get("ports"), list):
        held = [one.get("nodePort") for one in before.get("ports") or []]
        spec["ports"] = [
            {name: value for name, value in one.items() if name != "nodePort" or value not in held}
            for one in spec["ports"]
        ]


def _with_node_ports(thing: Object, ports: Any, before: Any, others: list[Any]) -> list[Any]:
    listed = [one for one in ports or [] if isinstance(one, Mapping)]
    held = {one.get("port"): one.get("nodePort") for one in before or []}
    taken = {str(port.get("nodePort")) for one in others for port in one.get("ports") or []}
    found = []
    for one in listed:
        number = one.get("nodePort") or held.get(one.get("port"))
        if not number:
            number = int(_free(_node_ports(thing, one), taken))
            taken.add(str(number))
        found.append({**one, "nodePort": number})
    return found


def _free(candidates: Iterator[str], taken: set[str]) -> str:
    return next(one for one in candidates if one not in taken)


def _cluster_ips(thing: Object) -> Iterator[str]:
    """Addresses of 10.0.0.0/16: those that a name leads to come first, so that they stay."""
    for attempt in range(_MOST_TRIES):
        number = _number(f"{namespace_of(thing)}/{name_of(thing)}/{attempt}")
        yield f"10.0.{number // 250 % 256}.{number % 250 + 2}"


def _node_ports(thing: Object, port: Mapping[str, Any]) -> Iterator[str]:
    for attempt in range(_MOST_TRIES):
        text = f"{namespace_of(thing)}/{name_of(thing)}/{port.get('port')}/{attempt}"
        yield str(_FIRST_PORT + _number(text) % _PORTS)


def _number(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")
