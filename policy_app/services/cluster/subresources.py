"""What stands below an object: its scale, its eviction, its log, a token for its account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from policy_app.apimachinery import errors, patches, scales
from policy_app.apimachinery.objects import Object, metadata_of
from policy_app.evaluation.gatekeeper.labels import LabelSelector, labels_of
from policy_app.models import Cluster
from policy_app.services.cluster import deletes, kinds, reads, steps, writes
from policy_app.services.cluster.caller import (
    Caller,
    DeleteOptions,
    Outcome,
    Target,
    WriteOptions,
)
from policy_app.services.cluster.writes import Patch


def scale(cluster: Cluster, target: Target) -> Object:
    """The ``autoscaling/v1`` Scale of a workload.  Raises ``ApiError`` 404."""
    thing = reads.get(cluster, target.kind, target.namespace, target.name)
    return scales.of(target.kind, thing)


def rescale(
    cluster: Cluster, target: Target, given: Any, caller: Caller, options: WriteOptions
) -> Outcome:
    """PUT of a Scale: the workload with that many replicas.  Raises ``ApiError``."""
    replicas = scales.replicas(given)
    wanted = scales.change_to(target.kind, replicas)
    version = metadata_of(given).get("resourceVersion") if isinstance(given, Mapping) else None
    if version:
        wanted["metadata"] = {"resourceVersion": version}
    outcome = writes.patch(cluster, target, Patch("merge", wanted), caller, options)
    return replace(outcome, object=scales.of(target.kind, outcome.object))


def patch_scale(
    cluster: Cluster, target: Target, asked: Patch, caller: Caller, options: WriteOptions
) -> Outcome:
    """PATCH of a Scale.  Raises ``ApiError``."""
    current = scale(cluster, target)
    form = "merge" if asked.form in ("strategic", "apply") else asked.form
    changed = patches.apply(scales.KIND, current, form, asked.content, steps.schemas_of(cluster))
    changed = {**changed, "metadata": {}}
    return rescale(cluster, target, changed, caller, options)


def evict(
    cluster: Cluster, target: Target, given: Any, caller: Caller, options: WriteOptions
) -> Object:
    """Delete a Pod unless a disruption budget forbids it.  Raises ``ApiError`` 404 or 429."""
    require_disruption(cluster, reads.get(cluster, target.kind, target.namespace, target.name))
    whole = replace(target, subresource=None)
    deletes.delete(cluster, whole, caller, DeleteOptions(dry_run=options.dry_run))
    return errors.success({})


def require_disruption(cluster: Cluster, pod: Object) -> None:
    """Let pass what no disruption budget forbids.  Raises ``ApiError`` 429."""
    budget = _budget_against(cluster, pod)
    if budget:
        raise errors.too_many_requests(
            "Cannot evict pod as it would violate the pod's disruption budget."
            f" The disruption budget {budget} does not allow another disruption.",
            10,
        )


def _budget_against(cluster: Cluster, pod: Object) -> str:
    """The name of a PodDisruptionBudget that allows no disruption of a Pod; empty for none."""
    kind = kinds.builtins_of(cluster).of("policy/v1", "PodDisruptionBudget")
    if kind is None:
        return ""
    namespace = str(metadata_of(pod).get("namespace") or "")
    for budget in reads.page(cluster, kind, namespace).objects:
        selector = LabelSelector.parse(budget.get("spec", {}).get("selector") or {})
        allowed = budget.get("status", {}).get("disruptionsAllowed", 0)
        if selector.failing(labels_of(pod)) is None and allowed < 1:
            return str(metadata_of(budget)["name"])
    return ""
