"""Containers: names, images, ports, variables, mounts, probes, resources, security."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from policy_app.apimachinery import quantities
from policy_app.apimachinery.validation import names
from policy_app.apimachinery.validation.reports import (
    AT_LEAST_ZERO,
    GoValue,
    Report,
    mapping,
    members,
    whole,
)

_HANDLERS = ("exec", "httpGet", "tcpSocket", "grpc", "sleep")
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_STANDARD = ("cpu", "memory", "ephemeral-storage")
_HUGE_PAGES = "hugepages-"
_SOURCES = ("fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef")
_MOST_ID = 2**31 - 1
_PORT_RANGE = "must be between 1 and 65535, inclusive"


def check(containers: Any, path: str, volumes: set[str], seen: set[str], to: Report) -> None:
    """A list of containers; ``seen`` are the names of containers so far, which it adds to."""
    for index, container in enumerate(members(containers)):
        here = f"{path}[{index}]"
        _check_name(container, here, seen, to)
        if not str(container.get("image") or "").strip():
            to.required(f"{here}.image")
        elif container["image"] != container["image"].strip():
            text = "must not have leading or trailing whitespace"
            to.invalid(f"{here}.image", container["image"], text)
        _check_ports(container.get("ports"), f"{here}.ports", to)
        _check_variables(container, here, to)
        _check_mounts(container, here, volumes, to)
        for name in _PROBES:
            if isinstance(container.get(name), dict):
                _check_probe(container[name], name, f"{here}.{name}", to)
        for name, hook in mapping(container.get("lifecycle")).items():
            if isinstance(hook, dict):
                _check_handler(hook, f"{here}.lifecycle.{name}", to)
        check_resources(container.get("resources"), f"{here}.resources", to)
        _check_security(container.get("securityContext"), f"{here}.securityContext", to)


def check_port(value: Any, path: str, to: Report) -> None:
    """A port's number, or a name for one."""
    number = whole(value)
    if number is not None and not 1 <= number <= 65_535:
        to.invalid(path, number, _PORT_RANGE)
    elif isinstance(value, str):
        for fault in names.port_name(value):
            to.invalid(path, value, fault)


def check_resources(given: Any, path: str, to: Report) -> None:
    """Limits and requests: known names, amounts from zero up, no more asked for than allowed."""
    resources = mapping(given)
    limits, requests = mapping(resources.get("limits")), mapping(resources.get("requests"))
    for field, amounts in (("limits", limits), ("requests", requests)):
        for name, amount in amounts.items():
            _check_amount(name, amount, f"{path}.{field}[{name}]", to)
    for name, asked in requests.items():
        most, wanted = quantities.number(limits.get(name)), quantities.number(asked)
        if most is None or wanted is None:
            continue
        if name not in _STANDARD and most != wanted:
            text = f"must be equal to {name} limit of {limits[name]}"
            to.invalid(f"{path}.requests", str(asked), text)
        elif wanted > most:
            text = f"must be less than or equal to {name} limit of {limits[name]}"
            to.invalid(f"{path}.requests", str(asked), text)


def _check_amount(name: str, amount: Any, path: str, to: Report) -> None:
    for fault in names.qualified(name):
        to.invalid(path, name, fault)
    if "/" not in name and name not in _STANDARD and not name.startswith(_HUGE_PAGES):
        to.invalid(path, name, "must be a standard resource type or fully qualified")
        to.invalid(path, name, "must be a standard resource for containers")
    number = quantities.number(amount)
    if number is not None and number < 0:
        to.invalid(path, str(amount), AT_LEAST_ZERO)
    elif number is not None and "/" in name and number % 1:
        to.invalid(path, str(amount), "must be an integer")


def _check_name(container: Mapping[str, Any], here: str, seen: set[str], to: Report) -> None:
    name = str(container.get("name") or "")
    if not name:
        to.required(f"{here}.name")
        return
    for fault in names.label(name):
        to.invalid(f"{here}.name", name, fault)
    if name in seen:
        to.duplicate(f"{here}.name", name)
    seen.add(name)


def _check_ports(given: Any, path: str, to: Report) -> None:
    seen: set[str] = set()
    for index, port in enumerate(members(given)):
        here, name = f"{path}[{index}]", port.get("name")
        if name:
            for fault in names.port_name(str(name)):
                to.invalid(f"{here}.name", name, fault)
            if name in seen:
                to.duplicate(f"{here}.name", name)
            seen.add(name)
        if not port.get("containerPort"):
            to.required(f"{here}.containerPort")
        else:
            check_port(port["containerPort"], f"{here}.containerPort", to)
        if port.get("hostPort"):
            check_port(port["hostPort"], f"{here}.hostPort", to)


def _check_variables(container: Mapping[str, Any], here: str, to: Report) -> None:
    for index, variable in enumerate(members(container.get("env"))):
        path, name = f"{here}.env[{index}]", str(variable.get("name") or "")
        if not name:
            to.required(f"{path}.name")
        else:
            for fault in names.environment(name):
                to.invalid(f"{path}.name", name, fault)
        source = variable.get("valueFrom")
        if isinstance(source, dict):
            _check_source(source, variable, f"{path}.valueFrom", to)
    for index, source in enumerate(members(container.get("envFrom"))):
        if not source.keys() & {"configMapRef", "secretRef"}:
            text = "must specify one of: `configMapRef` or `secretRef`"
            to.invalid(f"{here}.envFrom[{index}]", "", text)


def _check_source(
    source: Mapping[str, Any], variable: Mapping[str, Any], path: str, to: Report
) -> None:
    given = [name for name in _SOURCES if source.get(name) is not None]
    told = ", ".join(f"`{one}`" for one in _SOURCES[:3])
    if not given:
        to.invalid(path, "", f"must specify one of: {told} or `{_SOURCES[3]}`")
    elif variable.get("value"):
        to.invalid(path, "", "may not be specified when `value` is not empty")
    elif len(given) > 1:
        to.invalid(path, "", "may not have more than one field specified at a time")


def _check_mounts(container: Mapping[str, Any], here: str, volumes: set[str], to: Report) -> None:
    seen: set[str] = set()
    for index, mount in enumerate(members(container.get("volumeMounts"))):
        path, name = f"{here}.volumeMounts[{index}]", str(mount.get("name") or "")
        if not name:
            to.required(f"{path}.name")
        elif name not in volumes:
            to.not_found(f"{path}.name", name)
        place = str(mount.get("mountPath") or "")
        if not place:
            to.required(f"{path}.mountPath")
        elif place in seen:
            to.invalid(f"{path}.mountPath", place, "must be unique")
        seen.add(place)
        if mount.get("subPath") and ".." in str(mount["subPath"]).split("/"):
            to.invalid(f"{path}.subPath", mount["subPath"], "must not contain '..'")


def _check_probe(probe: Mapping[str, Any], name: str, path: str, to: Report) -> None:
    _check_handler(probe, path, to)
    for field in ("initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold"):
        number = whole(probe.get(field))
        if number is not None and number < 0:
            to.invalid(f"{path}.{field}", number, AT_LEAST_ZERO)
    if name != "readinessProbe" and probe.get("successThreshold", 1) != 1:
        to.invalid(f"{path}.successThreshold", probe["successThreshold"], "must be 1")


def _check_handler(handler: Mapping[str, Any], path: str, to: Report) -> None:
    given = [name for name in _HANDLERS if handler.get(name) is not None]
    if not given:
        to.required(path, "must specify a handler type")
    for name in given[1:]:
        to.forbidden(f"{path}.{name}", "may not specify more than 1 handler type")
    for name in ("httpGet", "tcpSocket", "grpc"):
        if isinstance(handler.get(name), dict):
            check_port(handler[name].get("port"), f"{path}.{name}.port", to)
    command = handler.get("exec")
    if isinstance(command, dict) and not command.get("command"):
        to.required(f"{path}.exec.command")


def _check_security(given: Any, path: str, to: Report) -> None:
    context = mapping(given)
    check_ids(context, path, to)
    if context.get("allowPrivilegeEscalation") is not False:
        return
    value = GoValue("core.SecurityContext{...}")
    told = "cannot set `allowPrivilegeEscalation` to false and"
    if context.get("privileged") is True:
        to.invalid(path, value, f"{told} `privileged` to true")
    added = mapping(context.get("capabilities")).get("add") or []
    if "CAP_SYS_ADMIN" in added:
        to.invalid(path, value, f"{told} `capabilities.Add` CAP_SYS_ADMIN")


def check_ids(context: Mapping[str, Any], path: str, to: Report) -> None:
    """Users and groups are numbers of 31 bits."""
    for name in ("runAsUser", "runAsGroup", "fsGroup"):
        number = whole(context.get(name))
        if number is not None and not 0 <= number <= _MOST_ID:
            to.invalid(f"{path}.{name}", number, f"must be between 0 and {_MOST_ID}, inclusive")
