"""Volumes, claims, storage classes; and priority classes, which are as simple."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from policy_app.apimachinery import quantities
from policy_app.apimachinery.objects import Object, name_of
from policy_app.apimachinery.validation.reports import GoValue, Report, mapping, whole

_MODES = ("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod")
_CLAIM_FIXED = (
    "spec is immutable after creation except resources.requests and volumeAttributesClassName for"
    " bound claims"
)
_CLASS_FIXED = ("provisioner", "reclaimPolicy", "volumeBindingMode")
_HIGHEST = 1_000_000_000
_SYSTEM = ("system-cluster-critical", "system-node-critical")
_NOT_SOURCES = {
    "capacity",
    "accessModes",
    "claimRef",
    "mountOptions",
    "nodeAffinity",
    "persistentVolumeReclaimPolicy",
    "storageClassName",
    "volumeAttributesClassName",
    "volumeMode",
}


def _claim(thing: Object, old: Mapping[str, Any] | None, to: Report) -> None:
    spec = mapping(thing.get("spec"))
    _check_modes(spec, to)
    path = "spec.resources[storage]"
    asked = mapping(mapping(spec.get("resources")).get("requests")).get("storage")
    if asked is None:
        to.required(path)
    else:
        _check_positive(asked, path, to)
    if old is not None and _fixed(spec) != _fixed(mapping(old.get("spec"))):
        to.forbidden("spec", _CLAIM_FIXED)


def _fixed(spec: Mapping[str, Any]) -> Object:
    """What of a claim never changes: not its size, nor what binding it fills in."""
    changeable = ("resources", "volumeAttributesClassName", "volumeName", "storageClassName")
    return {name: value for name, value in spec.items() if name not in changeable}


def _volume(thing: Object, old: Mapping[str, Any] | None, to: Report) -> None:
    spec = mapping(thing.get("spec"))
    _check_modes(spec, to)
    size = mapping(spec.get("capacity")).get("storage")
    if not spec.get("capacity"):
        to.required("spec.capacity")
    elif size is None:
        to.unsupported("spec.capacity", GoValue("core.ResourceList{...}"), ["storage"])
    else:
        _check_positive(size, "spec.capacity[storage]", to)
    sources = sorted(spec.keys() - _NOT_SOURCES)
    if not sources:
        to.required("spec", "must specify a volume type")
    for more in sources[1:]:
        to.forbidden(f"spec.{more}", "may not specify more than 1 volume type")


def _check_modes(spec: Mapping[str, Any], to: Report) -> None:
    modes = spec.get("accessModes") or []
    if not modes:
        to.required("spec.accessModes", "at least 1 access mode is required")
    for one in modes:
        if one not in _MODES:
            to.unsupported("spec.accessModes", one, _MODES)
    if "ReadWriteOncePod" in modes and len(modes) > 1:
        text = "may not use ReadWriteOncePod with other access modes"
        to.forbidden("spec.accessModes", text)


def _check_positive(amount: Any, path: str, to: Report) -> None:
    number = quantities.number(amount)
    if number is not None and number <= 0:
        to.invalid(path, str(amount), "must be greater than zero")


def _class(thing: Object, old: Mapping[str, Any] | None, to: Report) -> None:
    if not thing.get("provisioner"):
        to.required("provisioner")
    if old is None:
        return
    if mapping(thing.get("parameters")) != mapping(old.get("parameters")):
        to.forbidden("parameters", "updates to parameters are forbidden.")
    for name in _CLASS_FIXED:
        if thing.get(name) != old.get(name):
            to.forbidden(name, f"updates to {name} are forbidden.")


def _priority(thing: Object, old: Mapping[str, Any] | None, to: Report) -> None:
    value, name = whole(thing.get("value")) or 0, name_of(thing)
    if value > _HIGHEST and name not in _SYSTEM:
        text = f"maximum allowed value of a user defined priority is {_HIGHEST}"
        to.forbidden("value", text)
    if name.startswith("system-") and name not in _SYSTEM and old is None:
        text = "priority class names with 'system-' prefix are reserved for system use only"
        to.invalid("metadata.name", name, text)
    if old is not None and (whole(old.get("value")) or 0) != value:
        to.invalid("value", value, "field is immutable")


RULES = {
    ("", "PersistentVolumeClaim"): _claim,
    ("", "PersistentVolume"): _volume,
    ("storage.k8s.io", "StorageClass"): _class,
    ("scheduling.k8s.io", "PriorityClass"): _priority,
}
