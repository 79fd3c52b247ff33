"""ConfigMaps, Secrets, resource quotas and limit ranges."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from policy_app.apimachinery import quantities
from policy_app.apimachinery.objects import Object
from policy_app.apimachinery.validation import names
from policy_app.apimachinery.validation.reports import (
    AT_LEAST_ZERO,
    IMMUTABLE,
    Report,
    mapping,
    members,
)

_MOST = 1024 * 1024
_FROZEN = "field is immutable when `immutable` is set"
_NEEDED: Mapping[str, tuple[str, ...]] = {
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/dockercfg": (".dockercfg",),
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
}
_ACCOUNT_TOKEN = "kubernetes.io/service-account-token"  # noqa: S105 - the name of a type
_ACCOUNT = "kubernetes.io/service-account.name"


def _config_map(thing: Object, old: Mapping[str, Any] | None, to: Report) -> None:
    data, binary = mapping(thing.get("data")), mapping(thing.get("binaryData"))
    for field, pairs in (("data", data), ("binaryData", binary)):
        for key in sorted(pairs):
            for fault in names.config_key(key):
                to.invalid(f"{field}[{key}]", key, fault)
    for key in sorted(data.keys() & binary.keys()):
        to.invalid(f"data[{key}]", key, "duplicate of key present in binaryData")
    size = sum(len(str(one).encode()) for one in data.values()) + _decoded_size(binary)
    if size > _MOST:
        # A whole object has no path; servers show an empty one like this.
        to.too_long("[]", _MOST)
    _check_frozen(thing, old, ("data", "binaryData"), to)


def _secret(thing: Object, old: Mapping[str, Any] | None, to: Report) -> None:
    data, kind = mapping(thing.get("data")), str(thing.get("type") or "")
    for key in sorted(data):
        for fault in names.config_key(key):
            to.invalid(f"data[{key}]", key, fault)
    if _decoded_size(data) > _MOST:
        to.too_long("data", _MOST)
    for key in _NEEDED.get(kind, ()):
        if key not in data:
            to.required(f"data[{key}]")
    annotations = mapping(mapping(thing.get("metadata")).get("annotations"))
    if kind == _ACCOUNT_TOKEN and not annotations.get(_ACCOUNT):
        to.required(f"metadata.annotations[{_ACCOUNT}]")
    if old is not None and old.get("type") != kind:
        to.invalid("type", kind, IMMUTABLE)
    _check_frozen(thing, old, ("data",), to)


def _check_frozen(
    thing: Object, old: Mapping[str, Any] | None, fields: tuple[str, ...], to: Report
) -> None:
    if old is None or not old.get("immutable"):
        return
    if not thing.get("immutable"):
        to.forbidden("immutable", _FROZEN)
    for field in fields:
        if mapping(thing.get(field)) != mapping(old.get(field)):
            to.forbidden(field, _FROZEN)


def _decoded_size(pairs: Mapping[str, Any]) -> int:
    return sum(len(str(one).rstrip("=")) * 3 // 4 for one in pairs.values())


def _quota(thing: Object, old: Mapping[str, Any] | None, to: Report) -> None:
    for name, amount in mapping(mapping(thing.get("spec")).get("hard")).items():
        path = f"spec.hard[{name}]"
        for fault in names.qualified(name.partition("/")[2] if name.startswith("count/") else name):
            to.invalid(path, name, fault)
        number = quantities.number(amount)
        if number is not None and number < 0:
            to.invalid(path, str(amount), AT_LEAST_ZERO)


def _limit_range(thing: Object, old: Mapping[str, Any] | None, to: Report) -> None:
    for index, limit in enumerate(members(mapping(thing.get("spec")).get("limits"))):
        for name, least in mapping(limit.get("min")).items():
            most = mapping(limit.get("max")).get(name)
            low, high = quantities.number(least), quantities.number(most)
            if low is not None and high is not None and low > high:
                text = f"min value {least} is greater than max value {most}"
                to.invalid(f"spec.limits[{index}].min[{name}]", str(least), text)


RULES = {
    ("", "ConfigMap"): _config_map,
    ("", "Secret"): _secret,
    ("", "ResourceQuota"): _quota,
    ("", "LimitRange"): _limit_range,
}
