"""The ``scale`` of a workload: how many replicas are wanted, and how many there are.

Source: ``autoscaling/v1`` Scale, whose selector is written as text.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from policy_app.apimachinery import errors
from policy_app.apimachinery.json_paths import value_at
from policy_app.apimachinery.kinds import Kind, ScalePaths
from policy_app.apimachinery.objects import Object, metadata_of

KIND = Kind("autoscaling", "v1", "Scale", "scales", "scale", namespaced=True, verbs=())
_TAKEN_OVER = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
_WORDS = {"In": "in", "NotIn": "notin"}


def of(kind: Kind, thing: Mapping[str, Any]) -> Object:
    """The Scale of a workload, or of a custom resource that says where it has its replicas.

    Raises ``ApiError`` 500, as a real server, for a custom resource that has none there.
    """
    metadata = metadata_of(thing)
    paths = _paths_of(kind)
    wanted, status = _built_in(thing) if paths is None else _custom(paths, thing)
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {key: metadata[key] for key in _TAKEN_OVER if key in metadata},
        "spec": {"replicas": wanted},
        "status": status,
    }


def change_to(kind: Kind, replicas: int) -> Object:
    """The merge patch of a workload that makes it want so many replicas."""
    paths = _paths_of(kind)
    path = paths.wanted if paths is not None else ".spec.replicas"
    change: Any = replicas
    for name in reversed(path.strip(".").split(".")):
        change = {name: change}
    found: Object = change
    return found


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


def _paths_of(kind: Kind) -> ScalePaths | None:
    found = kind.subresource("scale")
    return found.scale if found is not None else None


def _built_in(thing: Mapping[str, Any]) -> tuple[Any, Object]:
    """The replicas that are wanted, and the Scale's status."""
    spec, status = thing.get("spec") or {}, thing.get("status") or {}
    selector = selector_text(spec.get("selector") or {})
    return spec.get("replicas", 1), {"replicas": status.get("replicas", 0), "selector": selector}


def _custom(paths: ScalePaths, thing: Mapping[str, Any]) -> tuple[Any, Object]:
    wanted = value_at(thing, paths.wanted)
    if wanted is None:
        raise errors.internal(f'the spec replicas field "{paths.wanted}" does not exist')
    status = {"replicas": value_at(thing, paths.there) or 0}
    selector = value_at(thing, paths.selector) if paths.selector else None
    return wanted, {**status, "selector": selector} if selector else status


def _expression(one: Mapping[str, Any]) -> str:
    key, operator = one.get("key"), one.get("operator")
    if operator in _WORDS:
        return f"{key} {_WORDS[operator]} ({','.join(sorted(one.get('values') or []))})"
    return f"!{key}" if operator == "DoesNotExist" else f"{key}"
