"""What comes with a Service's type: targets, affinity, and how traffic goes.

Addresses are not among it: whoever keeps the cluster's objects knows which are free.
"""

from __future__ import annotations

from typing import Any

from policy_app.apimachinery.objects import Object

_ON_NODES = ("NodePort", "LoadBalancer")
_EXTERNAL = "ExternalName"
_HOURS = 10_800


def fill(service: Object) -> None:
    """Complete a Service's spec."""
    if not isinstance(service.get("spec"), dict):
        return
    spec = service["spec"] = dict(service["spec"])
    spec.setdefault("type", "ClusterIP")
    spec.setdefault("sessionAffinity", "None")
    if spec["sessionAffinity"] == "ClientIP":
        spec.setdefault("sessionAffinityConfig", {"clientIP": {"timeoutSeconds": _HOURS}})
    if isinstance(spec.get("ports"), list):
        spec["ports"] = [_port(one) for one in spec["ports"]]
    if spec["type"] != _EXTERNAL:
        _fill_addresses(spec)
    _fill_traffic(spec)


def _fill_addresses(spec: Object) -> None:
    """An address that is there says which family it is of."""
    given = spec.get("clusterIP") or next(iter(spec.get("clusterIPs") or []), None)
    if not given:
        return
    spec.setdefault("clusterIP", given)
    spec.setdefault("clusterIPs", [given])
    spec.setdefault("ipFamilies", ["IPv6" if ":" in str(given) else "IPv4"])
    spec.setdefault("ipFamilyPolicy", "SingleStack")


def _port(port: Any) -> Any:
    if not isinstance(port, dict):
        return port
    made = {"protocol": "TCP", **port}
    if not made.get("targetPort") and "port" in made:
        made["targetPort"] = made["port"]
    return made


def _fill_traffic(spec: Object) -> None:
    """How traffic goes on nodes; what a former type has left is taken away."""
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
