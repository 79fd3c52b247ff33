"""CustomResourceDefinitions: the kinds that one adds, and what the server says about it.

Source: ``apiextensions.k8s.io/v1``.  Its versions differ in their schemas alone (conversion
strategy ``None``); webhooks that convert are not called.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from policy_app.apimachinery.kinds import Column, Kind, ScalePaths, Subresource
from policy_app.apimachinery.objects import Object, timestamp

_VERSION = re.compile(r"v(\d+)(?:(alpha|beta)(\d+))?")
_WRITES = ("get", "patch", "update")
_NAME = Column("Name", ".metadata.name", format="name")
_AGE = Column("Age", "age", type="date")
_NO_CONFLICTS = "NoConflicts"


def kinds_of(crd: Mapping[str, Any]) -> list[Kind]:
    """A kind for each served version, the one that clients should use first."""
    spec = crd["spec"]
    served = [one for one in _ordered(spec["versions"]) if one.get("served")]
    made = [_kind(spec, one) for one in served]
    if made and not any(one.stored for one in made):
        # The stored version is none that clients see: what they see first is kept instead.
        made[0] = replace(made[0], stored=True)
    return made


def with_status(crd: Mapping[str, Any], now: datetime) -> Object:
    """The definition as a server has accepted it: names, conditions, versions stored so far."""
    spec, before = crd["spec"], crd.get("status") or {}
    stored = [one["name"] for one in spec["versions"] if one.get("storage")]
    kept = [one for one in before.get("storedVersions") or [] if one not in stored]
    status = {
        "acceptedNames": dict(spec["names"]),
        "conditions": _conditions(before, now),
        "storedVersions": [*kept, *stored],
    }
    return {**crd, "status": status}


def _conditions(before: Mapping[str, Any], now: datetime) -> list[Object]:
    """``NamesAccepted`` and ``Established``; what was true before keeps its time."""
    wanted = (
        ("NamesAccepted", _NO_CONFLICTS, "no conflicts found"),
        ("Established", "InitialNamesAccepted", "the initial names have been accepted"),
    )
    held = {one.get("type"): one for one in before.get("conditions") or []}
    return [
        held[type_]
        if held.get(type_, {}).get("status") == "True"
        else {
            "type": type_,
            "status": "True",
            "reason": reason,
            "message": message,
            "lastTransitionTime": timestamp(now),
        }
        for type_, reason, message in wanted
    ]


def _kind(spec: Mapping[str, Any], version: Mapping[str, Any]) -> Kind:
    names = spec["names"]
    head = names["kind"], spec["group"], version["name"]
    return Kind(
        group=spec["group"],
        version=version["name"],
        kind=names["kind"],
        plural=names["plural"],
        singular=names.get("singular") or names["kind"].lower(),
        namespaced=spec["scope"] == "Namespaced",
        short_names=tuple(names.get("shortNames") or ()),
        categories=tuple(names.get("categories") or ()),
        subresources=_subresources(version.get("subresources") or {}, *head),
        columns=_columns(version),
        stored=bool(version.get("storage")),
        schema=(version.get("schema") or {}).get("openAPIV3Schema") or {},
        custom=True,
    )


def _subresources(
    given: Mapping[str, Any], kind: str, group: str, version: str
) -> tuple[Subresource, ...]:
    found = []
    if "status" in given:
        found.append(Subresource("status", kind, group, version, _WRITES))
    if "scale" in given:
        paths = _scale_paths(given["scale"])
        found.append(Subresource("scale", "Scale", "autoscaling", "v1", _WRITES, paths))
    return tuple(found)


def _scale_paths(given: Mapping[str, Any]) -> ScalePaths:
    return ScalePaths(
        given["specReplicasPath"],
        given["statusReplicasPath"],
        given.get("labelSelectorPath") or "",
    )


def _columns(version: Mapping[str, Any]) -> tuple[Column, ...]:
    """The name, and the columns asked for; the age where none is."""
    asked = tuple(
        Column(
            one["name"],
            one["jsonPath"],
            one.get("type", "string"),
            one.get("format", ""),
            one.get("priority", 0),
            one.get("description", ""),
            custom=True,
        )
        for one in version.get("additionalPrinterColumns") or ()
    )
    return (_NAME, *asked) if asked else (_NAME, _AGE)


def _ordered(versions: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The version that clients should use first: general ones, then betas, then alphas."""
    return sorted(versions, key=lambda one: version_priority(one["name"]))


def version_priority(name: str) -> tuple[Any, ...]:
    """Where ``v1beta2`` stands. Source: ``util/version`` of apimachinery, KubeAwareCompare."""
    match = _VERSION.fullmatch(name)
    if match is None:
        return (1, 0, 0, 0, name)
    level = {None: 0, "beta": 1, "alpha": 2}[match[2]]
    return (0, level, -int(match[1]), -int(match[3] or 0), "")
