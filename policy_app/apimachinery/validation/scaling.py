"""Autoscalers and disruption budgets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from policy_app.apimachinery.objects import Object
from policy_app.apimachinery.validation import selection
from policy_app.apimachinery.validation.reports import GoValue, Report, mapping, members, whole
from policy_app.apimachinery.validation.workloads import check_amount

_SOURCES = {
    "Resource": "resource",
    "ContainerResource": "containerResource",
    "Pods": "pods",
    "Object": "object",
    "External": "external",
}


def _autoscaler(thing: Object, old: Mapping[str, Any] | None, to: Report) -> None:
    spec = mapping(thing.get("spec"))
    least, most = whole(spec.get("minReplicas")), whole(spec.get("maxReplicas"))
    if least is not None and least < 1:
        to.invalid("spec.minReplicas", least, "must be greater than or equal to 1")
    if most is None or most < 1:
        to.invalid("spec.maxReplicas", most or 0, "must be greater than 0")
    elif least is not None and most < least:
        to.invalid("spec.maxReplicas", most, "must be greater than or equal to `minReplicas`")
    target = mapping(spec.get("scaleTargetRef"))
    for name in ("kind", "name"):
        if not target.get(name):
            to.required(f"spec.scaleTargetRef.{name}")
    for index, metric in enumerate(members(spec.get("metrics"))):
        _check_metric(metric, f"spec.metrics[{index}]", to)
    percent = whole(spec.get("targetCPUUtilizationPercentage"))
    if percent is not None and percent < 1:
        to.invalid("spec.targetCPUUtilizationPercentage", percent, "must be greater than 0")


def _check_metric(metric: Mapping[str, Any], path: str, to: Report) -> None:
    kind = str(metric.get("type") or "")
    if not kind:
        to.required(f"{path}.type", "must specify a metric source type")
        return
    field = _SOURCES.get(kind)
    if field is None:
        return
    source = metric.get(field)
    if not isinstance(source, dict):
        to.required(f"{path}.{field}", "must populate information for the given metric source")
        return
    if "name" not in source and field in ("resource", "containerResource"):
        to.required(f"{path}.{field}.name", "must specify a resource name")
    target = mapping(source.get("target"))
    if not target.get("type"):
        to.required(f"{path}.{field}.target.type", "must specify a metric target type")
    utilization = whole(target.get("averageUtilization"))
    if utilization is not None and utilization < 1:
        to.invalid(
            f"{path}.{field}.target.averageUtilization", utilization, "must be greater than 0"
        )


def _budget(thing: Object, old: Mapping[str, Any] | None, to: Report) -> None:
    spec = mapping(thing.get("spec"))
    least, most = spec.get("minAvailable"), spec.get("maxUnavailable")
    if least is not None and most is not None:
        shown = GoValue("policy.PodDisruptionBudgetSpec{...}")
        to.invalid("spec", shown, "minAvailable and maxUnavailable cannot be both set")
    check_amount(least, "spec.minAvailable", to)
    check_amount(most, "spec.maxUnavailable", to)
    selection.check(spec.get("selector"), "spec.selector", to)


RULES = {
    ("autoscaling", "HorizontalPodAutoscaler"): _autoscaler,
    ("policy", "PodDisruptionBudget"): _budget,
}
