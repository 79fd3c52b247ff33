"""What a Service gets: an address, ports on nodes, and the fields that come with its type.

A real cluster hands out addresses as they are free; here they follow from the Service's name, so
that the same Service has the same address at every try.
"""

from __future__ import annotations

import hashlib
from typing import Any

from policy_app.apimachinery.objects import Object, name_of, namespace_of

_FIRST_NODE_PORT, _NODE_PORTS = 30_000, 2_768
_FIRST_HOST, _HOSTS = 20, 230
_ON_NODES = ("NodePort", "LoadBalancer")
_EXTERNAL = "ExternalName"


def fill(service: Object) -> None:
    """Complete a Service's spec."""
    if not isinstance(service.get("spec"), dict):
        return
    spec = service["spec"] = dict(service["spec"])
    spec.setdefault("type", "ClusterIP")
    spec.setdefault("sessionAffinity", "None")
    if spec["sessionAffinity"] == "ClientIP":
        spec.setdefault("sessionAffinityConfig", {"clientIP": {"timeoutSeconds": 10_800}})
    own = f"{namespace_of(service)}/{name_of(service)}"
    _fill_addresses(spec, own)
    if isinstance(spec.get("ports"), list):
        _fill_ports(spec, own)
    _fill_traffic(spec)


def _fill_addresses(spec: Object, own: str) -> None:
    address = _address(own)
    if spec["type"] == _EXTERNAL:
        if spec.get("clusterIP") == address:
            for name in ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"):
                spec.pop(name, None)
        return
    spec["clusterIP"] = spec.get("clusterIP") or (spec.get("clusterIPs") or [address])[0]
    spec.setdefault("clusterIPs", [spec["clusterIP"]])
    spec.setdefault("ipFamilies", ["IPv6" if ":" in str(spec["clusterIP"]) else "IPv4"])
    spec.setdefault("ipFamilyPolicy", "SingleStack")


def _fill_ports(spec: Object, own: str) -> None:
    on_nodes = spec["type"] in _ON_NODES and spec.get("allocateLoadBalancerNodePorts") is not False
    taken = {one.get("nodePort") for one in spec["ports"] if isinstance(one, dict)}
    spec["ports"] = [_port(one, own, on_nodes, taken) for one in spec["ports"]]


def _port(port: Any, own: str, on_nodes: bool, taken: set[Any]) -> Any:
    if not isinstance(port, dict):
        return port
    made = {"protocol": "TCP", **port}
    if not made.get("targetPort") and "port" in made:
        made["targetPort"] = made["port"]
    given = _number(f"{own}/{made.get('port')}/{made['protocol']}") % _NODE_PORTS
    if on_nodes and not made.get("nodePort"):
        while _FIRST_NODE_PORT + given in taken:
            given = (given + 1) % _NODE_PORTS
        made["nodePort"] = _FIRST_NODE_PORT + given
        taken.add(made["nodePort"])
    elif not on_nodes and made.get("nodePort") == _FIRST_NODE_PORT + given:
        # It was handed out when the Service was of another type.
        del made["nodePort"]
    return made


def _fill_traffic(spec: Object) -> None:
    if spec["type"] != _EXTERNAL:
        spec.setdefault("internalTrafficPolicy", "Cluster")
    if spec["type"] in _ON_NODES:
        spec.setdefault("externalTrafficPolicy", "Cluster")
    elif spec.get("externalTrafficPolicy") == "Cluster" and not spec.get("externalIPs"):
        del spec["externalTrafficPolicy"]
    if spec["type"] == "LoadBalancer":
        spec.setdefault("allocateLoadBalancerNodePorts", True)
    else:
        spec.pop("allocateLoadBalancerNodePorts", None)


def _address(own: str) -> str:
    number = _number(own)
    return f"10.0.{number >> 8 & 255}.{_FIRST_HOST + (number & 255) % _HOSTS}"


def _number(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")
