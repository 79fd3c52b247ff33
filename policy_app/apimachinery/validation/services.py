"""Services."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any

from policy_app.apimachinery.objects import Object
from policy_app.apimachinery.validation import containers, metadata, names
from policy_app.apimachinery.validation.reports import GoValue, Report, mapping, members, whole

_HEADLESS = "None"
_EXTERNAL = "ExternalName"
_ON_NODES = ("NodePort", "LoadBalancer")
_FIRST, _LAST = 30_000, 32_767


def is_address(text: object) -> bool:
    """Whether a text is an IP address."""
    try:
        ip_address(str(text))
    except ValueError:
        return False
    return True


def _service(thing: Object, old: Mapping[str, Any] | None, to: Report) -> None:
    spec = mapping(thing.get("spec"))
    kind = spec.get("type")
    metadata.check_labels(spec.get("selector"), "spec.selector", to)
    if kind == _EXTERNAL:
        _check_external_name(spec, to)
    elif not members(spec.get("ports")) and spec.get("clusterIP") != _HEADLESS:
        to.required("spec.ports")
    _check_ports(spec, to)
    _check_addresses(spec, to)
    if kind in _ON_NODES and spec.get("clusterIP") == _HEADLESS:
        to.invalid("spec.clusterIPs[0]", _HEADLESS, f"may not be set to 'None' for {kind} services")
    if old is not None:
        _check_unchanged(spec, mapping(old.get("spec")), to)


def _check_external_name(spec: Mapping[str, Any], to: Report) -> None:
    name = str(spec.get("externalName") or "").removesuffix(".")
    if not name:
        to.required("spec.externalName")
    for fault in names.subdomain(name) if name else ():
        to.invalid("spec.externalName", name, fault)
    if spec.get("clusterIP"):
        to.forbidden("spec.clusterIPs", "may not be set for ExternalName services")


def _check_ports(spec: Mapping[str, Any], to: Report) -> None:
    ports = members(spec.get("ports"))
    seen: set[str] = set()
    taken: set[tuple[Any, Any]] = set()
    for index, port in enumerate(ports):
        path = f"spec.ports[{index}]"
        _check_port_name(port, path, seen, len(ports) > 1, to)
        if port.get("port") is None:
            to.required(f"{path}.port")
        containers.check_port(port.get("port"), f"{path}.port", to)
        containers.check_port(port.get("targetPort"), f"{path}.targetPort", to)
        place = port.get("protocol"), port.get("port")
        if place in taken:
            to.duplicate(path, _shown(port))
        taken.add(place)
        _check_node_port(port, path, str(spec.get("type")), to)


def _check_port_name(
    port: Mapping[str, Any], path: str, seen: set[str], needed: bool, to: Report
) -> None:
    name = str(port.get("name") or "")
    if not name:
        if needed:
            to.required(f"{path}.name")
        return
    for fault in names.label(name):
        to.invalid(f"{path}.name", name, fault)
    if name in seen:
        to.duplicate(f"{path}.name", name)
    seen.add(name)


def _check_node_port(port: Mapping[str, Any], path: str, kind: str, to: Report) -> None:
    number = whole(port.get("nodePort"))
    if not number:
        return
    if kind not in _ON_NODES:
        to.forbidden(f"{path}.nodePort", f"may not be used when `type` is '{kind}'")
    elif not _FIRST <= number <= _LAST:
        text = (
            f"provided port is not in the valid range. The range of valid ports is {_FIRST}-{_LAST}"
        )
        to.invalid(f"{path}.nodePort", number, text)


def _check_addresses(spec: Mapping[str, Any], to: Report) -> None:
    text = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
    for field in ("clusterIPs", "externalIPs"):
        for index, one in enumerate(spec.get(field) or []):
            if not is_address(one) and not (field == "clusterIPs" and one == _HEADLESS):
                to.invalid(f"spec.{field}[{index}]", one, text)
    given, all_given = spec.get("clusterIP"), spec.get("clusterIPs")
    if given and all_given and given != all_given[0]:
        to.invalid("spec.clusterIPs", all_given, "first value must match `clusterIP`")
    if spec.get("loadBalancerSourceRanges") and spec.get("type") != "LoadBalancer":
        why = "may only be used when `type` is 'LoadBalancer'"
        to.forbidden("spec.loadBalancerSourceRanges", why)
    if spec.get("externalTrafficPolicy") == "Local" and spec.get("type") not in _ON_NODES:
        why = "may only be set for externally-accessible services"
        to.invalid("spec.externalTrafficPolicy", "Local", why)


def _check_unchanged(spec: Mapping[str, Any], before: Mapping[str, Any], to: Report) -> None:
    if _EXTERNAL in (spec.get("type"), before.get("type")):
        return
    if before.get("clusterIP") and spec.get("clusterIP") != before["clusterIP"]:
        shown = spec.get("clusterIPs") or [str(spec.get("clusterIP") or "")]
        to.invalid("spec.clusterIPs[0]", shown, "may not change once set")


def _shown(port: Mapping[str, Any]) -> GoValue:
    name, protocol = port.get("name") or "", port.get("protocol")
    text = f'Name:"{name}", Protocol:"{protocol}", AppProtocol:(*string)(nil), Port:{port["port"]}'
    return GoValue(f"core.ServicePort{{{text}}}")


RULES = {("", "Service"): _service}
