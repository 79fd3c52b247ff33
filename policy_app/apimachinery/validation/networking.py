"""Ingresses, their classes, and network policies."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_network
from typing import Any

from policy_app.apimachinery.objects import Object
from policy_app.apimachinery.validation import containers, names, selection
from policy_app.apimachinery.validation.reports import GoValue, Report, mapping, members
from policy_app.apimachinery.validation.services import is_address

_NEEDS_PATH = ("Exact", "Prefix")
_BAD_SEQUENCES = ("//", "/./", "/../", "%2f", "%2F")
_BAD_ENDINGS = ("/..", "/.")


def _ingress(thing: Object, old: Mapping[str, Any] | None, to: Report) -> None:
    spec = mapping(thing.get("spec"))
    rules = members(spec.get("rules"))
    backend = spec.get("defaultBackend")
    if not rules and backend is None:
        text = "either `defaultBackend` or `rules` must be specified"
        to.invalid("spec", GoValue("[]networking.IngressRule(nil)"), text)
    if isinstance(backend, dict):
        _check_backend(backend, "spec.defaultBackend", to)
    for index, rule in enumerate(rules):
        _check_rule(rule, f"spec.rules[{index}]", to)
    for index, tls in enumerate(members(spec.get("tls"))):
        for at, host in enumerate(tls.get("hosts") or []):
            check = names.wildcard if "*" in str(host) else names.subdomain
            for fault in check(str(host)):
                to.invalid(f"spec.tls[{index}].hosts[{at}]", host, fault)
    for fault in names.subdomain(spec["ingressClassName"]) if spec.get("ingressClassName") else ():
        to.invalid("spec.ingressClassName", spec["ingressClassName"], fault)


def _check_rule(rule: Mapping[str, Any], path: str, to: Report) -> None:
    host = str(rule.get("host") or "")
    if is_address(host):
        to.invalid(f"{path}.host", host, "must be a DNS name, not an IP address")
    elif host:
        check = names.wildcard if "*" in host else names.subdomain
        for fault in check(host):
            to.invalid(f"{path}.host", host, fault)
    http = rule.get("http")
    if not isinstance(http, dict):
        return
    if not members(http.get("paths")):
        to.required(f"{path}.http.paths")
    for index, one in enumerate(members(http.get("paths"))):
        here = f"{path}.http.paths[{index}]"
        _check_path(one, here, to)
        _check_backend(mapping(one.get("backend")), f"{here}.backend", to)


def _check_path(given: Mapping[str, Any], here: str, to: Report) -> None:
    kind, path = given.get("pathType"), str(given.get("path") or "")
    if not kind:
        to.required(f"{here}.pathType", "pathType must be specified")
    if kind in _NEEDS_PATH:
        if not path.startswith("/"):
            to.invalid(f"{here}.path", path, "must be an absolute path")
        for one in _BAD_SEQUENCES:
            if one in path:
                to.invalid(f"{here}.path", path, f"must not contain '{one}'")
        for one in _BAD_ENDINGS:
            if path.endswith(one):
                to.invalid(f"{here}.path", path, f"cannot end with '{one}'")
    elif path and not path.startswith("/"):
        to.invalid(f"{here}.path", path, "must be an absolute path")


def _check_backend(backend: Mapping[str, Any], path: str, to: Report) -> None:
    service, resource = backend.get("service"), backend.get("resource")
    if service is not None and resource is not None:
        to.invalid(path, "", "cannot set both resource and service backends")
    elif service is None and resource is None:
        to.required(path, "must specify a service or a resource backend")
    elif isinstance(service, dict):
        _check_service(service, f"{path}.service", to)


def _check_service(service: Mapping[str, Any], path: str, to: Report) -> None:
    name = str(service.get("name") or "")
    if not name:
        to.required(f"{path}.name")
    for fault in names.old_label(name) if name else ():
        to.invalid(f"{path}.name", name, fault)
    port = mapping(service.get("port"))
    if port.get("name") and port.get("number"):
        to.invalid(path, "", "cannot set both port name & port number")
    elif not port.get("name") and not port.get("number"):
        to.required(path, "port name or number is required")
    containers.check_port(port.get("name"), f"{path}.port.name", to)
    containers.check_port(port.get("number"), f"{path}.port.number", to)


def _ingress_class(thing: Object, old: Mapping[str, Any] | None, to: Report) -> None:
    controller = str(mapping(thing.get("spec")).get("controller") or "")
    if not controller:
        to.required("spec.controller")
    elif "/" not in controller:
        text = 'must be a domain-prefixed path (such as "acme.io/foo")'
        to.invalid("spec.controller", controller, text)
    before = mapping(mapping(old).get("spec")).get("controller") if old is not None else controller
    if before != controller:
        to.invalid("spec.controller", controller, "field is immutable")


def _network_policy(thing: Object, old: Mapping[str, Any] | None, to: Report) -> None:
    spec = mapping(thing.get("spec"))
    selection.check(spec.get("podSelector"), "spec.podSelector", to)
    types = spec.get("policyTypes") or []
    for index, one in enumerate(types):
        if one not in ("Ingress", "Egress"):
            to.unsupported(f"spec.policyTypes[{index}]", one, ["Egress", "Ingress"])
    if len(types) > 2:
        to.invalid("spec.policyTypes", types, "may not specify more than two policyTypes")
    for direction, peers in (("ingress", "from"), ("egress", "to")):
        for index, rule in enumerate(members(spec.get(direction))):
            path = f"spec.{direction}[{index}]"
            for at, port in enumerate(members(rule.get("ports"))):
                _check_policy_port(port, f"{path}.ports[{at}]", to)
            for at, peer in enumerate(members(rule.get(peers))):
                _check_peer(peer, f"{path}.{peers}[{at}]", to)


def _check_policy_port(port: Mapping[str, Any], path: str, to: Report) -> None:
    containers.check_port(port.get("port"), f"{path}.port", to)
    end, first = port.get("endPort"), port.get("port")
    if end is None:
        return
    if not isinstance(first, int):
        to.required(f"{path}.port", "must be specified with endPort")
    elif end < first:
        to.invalid(f"{path}.endPort", end, "must be greater than or equal to `port`")


def _check_peer(peer: Mapping[str, Any], path: str, to: Report) -> None:
    block = peer.get("ipBlock")
    selects = [name for name in ("podSelector", "namespaceSelector") if peer.get(name) is not None]
    if block is None and not selects:
        to.required(path, "must specify a peer")
    elif block is not None and selects:
        to.forbidden(path, "may not specify both ipBlock and another peer")
    for name in selects:
        selection.check(peer[name], f"{path}.{name}", to)
    if isinstance(block, dict):
        _check_block(block, f"{path}.ipBlock", to)


def _check_block(block: Mapping[str, Any], path: str, to: Report) -> None:
    if not block.get("cidr"):
        to.required(f"{path}.cidr")
        return
    try:
        whole = ip_network(str(block["cidr"]), strict=False)
    except ValueError:
        text = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"
        to.invalid(f"{path}.cidr", block["cidr"], text)
        return
    for index, one in enumerate(block.get("except") or []):
        try:
            part = ip_network(str(one), strict=False)
            inside = part.version == whole.version and part.subnet_of(whole)  # type: ignore[arg-type]
        except ValueError:
            inside = False
        if not inside:
            text = "must be a strict subset of `cidr`"
            to.invalid(f"{path}.except[{index}]", one, text)


RULES = {
    ("networking.k8s.io", "Ingress"): _ingress,
    ("networking.k8s.io", "IngressClass"): _ingress_class,
    ("networking.k8s.io", "NetworkPolicy"): _network_policy,
}
