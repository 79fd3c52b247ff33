"""The ``scale`` of a workload: how many replicas are wanted, and how many there are.

Source: ``autoscaling/v1`` Scale, whose selector is written as text.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from policy_app.apimachinery import errors
from policy_app.apimachinery.kinds import Kind
from policy_app.apimachinery.objects import Object, metadata_of

KIND = Kind("autoscaling", "v1", "Scale", "scales", "scale", namespaced=True, verbs=())
_TAKEN_OVER = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
_WORDS = {"In": "in", "NotIn": "notin"}


def of(thing: Mapping[str, Any]) -> Object:
    """The Scale of a Deployment, ReplicaSet, StatefulSet or ReplicationController."""
    metadata = metadata_of(thing)
    spec, status = thing.get("spec") or {}, thing.get("status") or {}
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {key: metadata[key] for key in _TAKEN_OVER if key in metadata},
        "spec": {"replicas": spec.get("replicas", 1)},
        "status": {
            "replicas": status.get("replicas", 0),
            "selector": selector_text(spec.get("selector") or {}),
        },
    }


def replicas(scale: Any) -> int:
    """The replicas that a Scale wants.  Raises ``ApiError`` 400, or 422 for a negative number."""
    spec = scale.get("spec") if isinstance(scale, Mapping) else None
    wanted = spec.get("replicas", 0) if isinstance(spec, Mapping) else None
    if isinstance(wanted, bool) or not isinstance(wanted, int):
        raise errors.bad_request("Scale: spec.replicas must be a whole number")
    if wanted < 0:
        message = f"Invalid value: {wanted}: must be greater than or equal to 0"
        name = str(metadata_of(scale).get("name") or "")
        raise errors.invalid(KIND, name, [errors.Cause("spec.replicas", message)])
    return wanted


def selector_text(selector: Mapping[str, Any]) -> str:
    """A label selector as text; a plain map of labels, as old kinds have it, is one as well."""
    labels = selector.get("matchLabels")
    expressions = selector.get("matchExpressions") or []
    if labels is None and not expressions:
        labels = selector
    parts = [f"{key}={value}" for key, value in sorted((labels or {}).items())]
    parts += [_expression(one) for one in expressions]
    return ",".join(parts)


def _expression(one: Mapping[str, Any]) -> str:
    key, operator = one.get("key"), one.get("operator")
    if operator in _WORDS:
        return f"{key} {_WORDS[operator]} ({','.join(sorted(one.get('values') or []))})"
    return f"!{key}" if operator == "DoesNotExist" else f"{key}"
