"""Pods, and the Pods that templates describe."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from policy_app.apimachinery import enums
from policy_app.apimachinery.objects import Object, metadata_of
from policy_app.apimachinery.validation import containers, metadata, names
from policy_app.apimachinery.validation.reports import (
    AT_LEAST_ZERO,
    Report,
    mapping,
    members,
    whole,
)

_UPDATABLE = (
    "pod updates may not change fields other than `spec.containers[*].image`,"
    "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations`"
    " (only additions to existing tolerations),`spec.terminationGracePeriodSeconds`"
    " (allow it to be set to 1 if it was previously negative)"
)
_SET_BY_SERVERS = {"nodeName", "ephemeralContainers"}
_RESTARTS = enums.values("PodSpec", "restartPolicy")


def check_spec(
    spec: Any, path: str, to: Report, *, restarts: bool = True, claims: Iterable[str] = ()
) -> None:
    """A Pod's spec at its path; ``restarts`` is whether any restart policy will do.

    ``claims`` are names of volumes that the Pod gets although its spec lacks them.
    """
    given = mapping(spec)
    volumes = _check_volumes(given.get("volumes"), f"{path}.volumes", to) | {*claims}
    if not members(given.get("containers")):
        to.required(f"{path}.containers")
    seen: set[str] = set()
    for field in ("containers", "initContainers", "ephemeralContainers"):
        containers.check(given.get(field), f"{path}.{field}", volumes, seen, to)
    if restarts and given.get("restartPolicy") not in (None, *_RESTARTS):
        to.unsupported(f"{path}.restartPolicy", given["restartPolicy"], _RESTARTS)
    _check_host_ports(given, path, to)
    _check_numbers(given, path, to)
    _check_tolerations(given, path, to)
    _check_references(given, path, to)
    containers.check_ids(mapping(given.get("securityContext")), f"{path}.securityContext", to)


def check_template(
    template: Any, path: str, to: Report, *, restarts: bool = True, claims: Iterable[str] = ()
) -> None:
    """A Pod template: its labels and annotations, and its spec."""
    given = mapping(template)
    labels = metadata_of(given)
    metadata.check_labels(labels.get("labels"), f"{path}.metadata.labels", to)
    metadata.check_annotations(labels.get("annotations"), f"{path}.metadata.annotations", to)
    check_spec(given.get("spec"), f"{path}.spec", to, restarts=restarts, claims=claims)


def _pod(thing: Object, old: Mapping[str, Any] | None, to: Report) -> None:
    check_spec(thing.get("spec"), "spec", to)
    if old is not None and _fixed(thing) != _fixed(old):
        to.forbidden("spec", _UPDATABLE)
    before = mapping(old.get("spec") if old is not None else None).get("tolerations") or []
    now = mapping(thing.get("spec")).get("tolerations") or []
    if old is not None and any(one not in now for one in before):
        to.forbidden(
            "spec.tolerations",
            "existing toleration can not be modified except its tolerationSeconds",
        )


def _template(thing: Object, old: Mapping[str, Any] | None, to: Report) -> None:
    check_template(thing.get("template"), "template", to)


def _fixed(pod: Mapping[str, Any]) -> Object:
    """What of a Pod's spec no update may change."""
    spec = mapping(pod.get("spec"))
    changeable = {"activeDeadlineSeconds", "tolerations", *_SET_BY_SERVERS}
    if whole(spec.get("terminationGracePeriodSeconds")) in (1, None):
        changeable.add("terminationGracePeriodSeconds")
    kept = {name: value for name, value in spec.items() if name not in changeable}
    for field in ("containers", "initContainers"):
        kept[field] = [
            {name: value for name, value in one.items() if name != "image"}
            for one in members(spec.get(field))
        ]
    return kept


def _check_volumes(given: Any, path: str, to: Report) -> set[str]:
    """The names of the volumes."""
    seen: set[str] = set()
    for index, volume in enumerate(members(given)):
        here, name = f"{path}[{index}]", str(volume.get("name") or "")
        if not name:
            to.required(f"{here}.name")
        for fault in names.label(name) if name else ():
            to.invalid(f"{here}.name", name, fault)
        if name in seen:
            to.duplicate(f"{here}.name", name)
        seen.add(name)
        for more in sorted(volume.keys() - {"name"})[1:]:
            to.forbidden(f"{here}.{more}", "may not specify more than 1 volume type")
        _check_source(volume, here, to)
    return seen


def _check_source(volume: Mapping[str, Any], here: str, to: Report) -> None:
    needed = (
        ("secret", "secretName"),
        ("configMap", "name"),
        ("persistentVolumeClaim", "claimName"),
        ("hostPath", "path"),
        ("nfs", "server"),
        ("nfs", "path"),
        ("csi", "driver"),
    )
    for source, field in needed:
        if isinstance(volume.get(source), dict) and not volume[source].get(field):
            to.required(f"{here}.{source}.{field}")
    path = str(mapping(volume.get("hostPath")).get("path") or "")
    if ".." in path.split("/"):
        to.invalid(f"{here}.hostPath.path", path, "must not contain '..'")


def _check_host_ports(spec: Mapping[str, Any], path: str, to: Report) -> None:
    """On the host's network, a container's port is the host's; each is taken once."""
    taken: set[tuple[Any, Any, Any]] = set()
    for index, container in enumerate(members(spec.get("containers"))):
        for at, port in enumerate(members(container.get("ports"))):
            here, host = f"{path}.containers[{index}].ports[{at}]", port.get("hostPort")
            if not host:
                continue
            if spec.get("hostNetwork") and host != port.get("containerPort"):
                text = "must match `hostPort` when `hostNetwork` is true"
                to.invalid(f"{here}.containerPort", port.get("containerPort"), text)
            place = port.get("protocol"), port.get("hostIP"), host
            if place in taken:
                shown = f"{port.get('protocol')}/{port.get('hostIP') or ''}/{host}"
                to.duplicate(f"{here}.hostPort", shown)
            taken.add(place)


def _check_numbers(spec: Mapping[str, Any], path: str, to: Report) -> None:
    grace = whole(spec.get("terminationGracePeriodSeconds"))
    if grace is not None and grace < 0:
        to.invalid(f"{path}.terminationGracePeriodSeconds", grace, AT_LEAST_ZERO)
    deadline = whole(spec.get("activeDeadlineSeconds"))
    if deadline is not None and not 1 <= deadline < 2**31:
        text = f"must be between 1 and {2**31 - 1}, inclusive"
        to.invalid(f"{path}.activeDeadlineSeconds", deadline, text)


def _check_tolerations(spec: Mapping[str, Any], path: str, to: Report) -> None:
    for index, one in enumerate(members(spec.get("tolerations"))):
        here, operator = f"{path}.tolerations[{index}]", one.get("operator") or "Equal"
        if not one.get("key") and operator != "Exists":
            text = 'operator must be Exists when `key` is empty, which means "match all values and'
            to.invalid(f"{here}.operator", operator, f'{text} all keys"')
        if operator == "Exists" and one.get("value"):
            text = "value must be empty when `operator` is 'Exists'"
            to.invalid(f"{here}.operator", one["value"], text)
        if one.get("tolerationSeconds") is not None and one.get("effect") != "NoExecute":
            text = "effect must be 'NoExecute' when `tolerationSeconds` is set"
            to.invalid(f"{here}.effect", str(one.get("effect") or ""), text)


def _check_references(spec: Mapping[str, Any], path: str, to: Report) -> None:
    for field in ("serviceAccountName", "nodeName", "priorityClassName", "hostname"):
        value = spec.get(field)
        check = names.label if field == "hostname" else names.subdomain
        for fault in check(str(value)) if value else ():
            to.invalid(f"{path}.{field}", value, fault)
    metadata.check_labels(spec.get("nodeSelector"), f"{path}.nodeSelector", to)
    if spec.get("dnsPolicy") == "None" and not mapping(spec.get("dnsConfig")).get("nameservers"):
        text = "must provide at least one DNS nameserver when `dnsPolicy` is None"
        to.required(f"{path}.dnsConfig.nameservers", text)


RULES = {
    ("", "Pod"): _pod,
    ("", "PodTemplate"): _template,
}
