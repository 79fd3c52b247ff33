"""PodDisruptionBudgets: how many of the Pods that one protects may go."""

from __future__ import annotations

import math
from typing import Any

from policy_app.apimachinery.objects import Object, is_going, metadata_of, timestamp
from policy_app.evaluation.gatekeeper.labels import LabelSelector, SelectorError, labels_of
from policy_app.models import KubeObject
from policy_app.services.cluster.controllers import making
from policy_app.services.cluster.store import Writer, rows


def count(writer: Writer, namespaces: list[str]) -> None:
    """Report for each budget of a namespace what its Pods allow."""
    kind = making.kind_of(writer, "policy/v1", "PodDisruptionBudget")
    for namespace in namespaces:
        budgets = list(rows(writer.cluster, kind, namespace))
        if not budgets:
            continue
        found = rows(writer.cluster, making.kind_of(writer, "v1", "Pod"), namespace)
        pods = [row.body for row in found if not is_going(row.body)]
        for row in budgets:
            _count(writer, row, pods)


def _count(writer: Writer, row: KubeObject, pods: list[Object]) -> None:
    try:
        selector = LabelSelector.parse((row.body.get("spec") or {}).get("selector") or {})
    except SelectorError:
        return
    chosen = [pod for pod in pods if selector.failing(labels_of(pod)) is None]
    healthy = sum(1 for pod in chosen if making.is_ready(pod))
    desired = _desired((row.body.get("spec") or {}), len(chosen))
    allowed = max(healthy - desired, 0)
    reason = "SufficientPods" if allowed else "InsufficientPods"
    at, generation = timestamp(writer.now), metadata_of(row.body).get("generation")
    told = making.condition(row.body, "DisruptionAllowed", bool(allowed), reason, "", at)
    told["observedGeneration"] = generation
    status = {
        "conditions": [told],
        "currentHealthy": healthy,
        "desiredHealthy": desired,
        "disruptionsAllowed": allowed,
        "expectedPods": len(chosen),
        "observedGeneration": generation,
    }
    making.set_status(writer, row, status)


def _desired(spec: Any, expected: int) -> int:
    if spec.get("maxUnavailable") is not None:
        return max(expected - _number(spec["maxUnavailable"], expected), 0)
    least = spec.get("minAvailable")
    return _number(1 if least is None else least, expected)


def _number(given: Any, expected: int) -> int:
    """A number, or a share of the Pods, which is rounded up."""
    if isinstance(given, str) and given.endswith("%"):
        return math.ceil(int(given[:-1] or 0) * expected / 100)
    return int(given)
