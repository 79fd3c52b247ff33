"""One object in several versions of its kind.

Versions that a cluster serves side by side share their shape, so that ``apiVersion`` alone tells
them apart.  The exception is the HorizontalPodAutoscaler: ``autoscaling/v1`` knows one metric.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from policy_app.apimachinery.kinds import Kind
from policy_app.apimachinery.objects import Object

_CPU = "targetCPUUtilizationPercentage"


def to(kind: Kind, thing: Mapping[str, Any]) -> Object:
    """The object in the version of ``kind``; itself where it is in that version already."""
    given = thing.get("apiVersion")
    if given == kind.api_version:
        return dict(thing)
    convert = _CONVERSIONS.get((str(given), kind.api_version))
    moved = convert(thing) if convert is not None else thing
    return {**moved, "apiVersion": kind.api_version}


def _scaler_to_v1(thing: Mapping[str, Any]) -> Object:
    spec = dict(thing.get("spec") or {})
    cpu = next((one for one in spec.pop("metrics", None) or [] if _is_cpu(one)), None)
    spec.pop("behavior", None)
    if cpu is not None:
        spec[_CPU] = cpu["resource"]["target"]["averageUtilization"]
    status = dict(thing.get("status") or {})
    status.pop("currentMetrics", None)
    status.pop("conditions", None)
    moved = {**thing, "spec": spec}
    return {**moved, "status": status} if "status" in thing else moved


def _scaler_to_v2(thing: Mapping[str, Any]) -> Object:
    spec = dict(thing.get("spec") or {})
    percent = spec.pop(_CPU, None)
    if percent is not None:
        target = {"type": "Utilization", "averageUtilization": percent}
        spec["metrics"] = [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]
    return {**thing, "spec": spec}


def _is_cpu(metric: Any) -> bool:
    if not isinstance(metric, Mapping) or metric.get("type") != "Resource":
        return False
    resource = metric.get("resource") or {}
    target = resource.get("target") or {}
    return resource.get("name") == "cpu" and "averageUtilization" in target


_CONVERSIONS: Mapping[tuple[str, str], Callable[[Mapping[str, Any]], Object]] = {
    ("autoscaling/v2", "autoscaling/v1"): _scaler_to_v1,
    ("autoscaling/v1", "autoscaling/v2"): _scaler_to_v2,
}
