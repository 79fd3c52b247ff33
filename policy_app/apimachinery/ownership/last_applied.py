"""Moving from client-side to server-side apply, which kubectl does with one annotation.

What ``kubectl apply`` last applied stands in an annotation.  The manager ``kubectl`` may take over
those fields without a conflict while they are as they were applied, and the annotation is kept true
for a way back.  Source: ``lastappliedmanager.go`` and ``lastappliedupdater.go`` of apimachinery.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from policy_app.apimachinery.kinds import Kind
from policy_app.apimachinery.objects import Object, metadata_of
from policy_app.apimachinery.ownership import fields, managers, walking
from policy_app.apimachinery.ownership.fields import FieldSet
from policy_app.apimachinery.ownership.shapes import Shape, UnkeyedError

_ANNOTATION = "kubectl.kubernetes.io/last-applied-configuration"
_MANAGER = "kubectl"
_LONGEST = 256 * 1024
"""Bytes of all annotations of an object."""


def movable(live: Mapping[str, Any] | None, manager: str, kind: Kind, shape: Shape) -> FieldSet:
    """The fields that ``kubectl`` may take from others, as it applied them itself before."""
    if live is None or manager != _MANAGER:
        return {}
    last = _read(_annotations(live).get(_ANNOTATION))
    if last.get("apiVersion") != kind.api_version:
        return {}
    try:
        claimed = walking.extracted(managers.bare(last), shape)
        difference = walking.compared(managers.bare(last), managers.bare(live), shape)
    except UnkeyedError:
        return {}
    return fields.difference(fields.difference(claimed, difference.changed), difference.gone)


def synced(merged: Object, applied: Mapping[str, Any], manager: str) -> Object:
    """The object with the annotation brought up to date, where it has one."""
    annotations = _annotations(merged)
    if manager != _MANAGER or not annotations.get(_ANNOTATION):
        return merged
    others = {key: value for key, value in annotations.items() if key != _ANNOTATION}
    text = json.dumps(_without_annotation(applied), sort_keys=True, separators=(",", ":")) + "\n"
    if sum(len(key) + len(str(value)) for key, value in others.items()) + len(text) <= _LONGEST:
        others[_ANNOTATION] = text
    return {**merged, "metadata": {**metadata_of(merged), "annotations": others}}


def _without_annotation(applied: Mapping[str, Any]) -> Object:
    plain = managers.bare(applied)
    metadata = dict(metadata_of(plain))
    if "annotations" in metadata:
        kept = {k: v for k, v in _annotations(plain).items() if k != _ANNOTATION}
        metadata["annotations"] = kept
        if not kept:
            metadata.pop("annotations")
    return {**plain, "metadata": metadata}


def _annotations(thing: Mapping[str, Any]) -> Mapping[str, Any]:
    found = metadata_of(thing).get("annotations")
    return found if isinstance(found, Mapping) else {}


def _read(text: Any) -> Object:
    """The object in an annotation; empty where the text is none."""
    try:
        value = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
