"""An examination as JSON, which REST and the command line answer with alike."""

from __future__ import annotations

from typing import Any

from policy_app.evaluation.gatekeeper.mutation import Change
from policy_app.models import KubeObject
from policy_app.services.whatif.lines import Manifest
from policy_app.services.whatif.results import (
    ClusterImpact,
    Finding,
    Impact,
    ObjectImpact,
    Outcome,
    Tally,
)

_WITH_LINES = 500
"""Objects whose manifests are read once more, to say which lines are meant."""


def to_object(impact: Impact, most: int | None = None) -> dict[str, Any]:
    """``{assignmentId, complete, summary, clustersNotShown, clusters: [{…, objects: […]}]}``.

    ``most`` cuts the list of objects of each cluster; ``objectsTotal`` says of how many.
    """
    return {
        "assignmentId": impact.draft.arm_id,
        "complete": impact.complete,
        "summary": _summary(impact.tallies),
        "clustersNotShown": impact.hidden,
        "clusters": [_cluster(one, most) for one in impact.clusters],
    }


def _summary(tallies: dict[Outcome, Tally]) -> dict[str, Any]:
    return {
        outcome.value: {"objects": found.objects, "workloads": found.workloads}
        for outcome, found in tallies.items()
    }


def _cluster(one: ClusterImpact, most: int | None) -> dict[str, Any]:
    shown = list(one.objects[:most])
    manifests = _manifests(shown[:_WITH_LINES])
    return {
        "resourceId": one.cluster.scope.arm_id,
        "name": one.cluster.scope.name,
        "examined": one.examined,
        "total": one.total,
        "summary": _summary(one.tallies),
        "namespaces": [
            {"namespace": name, "summary": _summary(found)} for name, found, _ in one.by_namespace
        ],
        "objectsTotal": len(one.objects),
        "objects": [_thing(each, manifests.get(each.pk)) for each in shown],
        "notInstalled": [
            {
                "policyDefinitionId": each.origin.definition_id,
                "policyDefinitionReferenceId": each.origin.definition_reference_id,
                "code": each.code,
                "reason": each.reason,
            }
            for each in one.not_installed
        ],
        "errors": list(one.errors),
    }


def _manifests(objects: list[ObjectImpact]) -> dict[int, Manifest]:
    rows = KubeObject.objects.in_bulk([one.pk for one in objects])
    return {pk: Manifest(row.body) for pk, row in rows.items()}


def _thing(one: ObjectImpact, manifest: Manifest | None) -> dict[str, Any]:
    return {
        "apiVersion": one.api_version,
        "kind": one.kind,
        "namespace": one.namespace,
        "name": one.name,
        "workload": one.workload,
        "outcome": one.outcome.value,
        "refusedBy": list(one.refused_by),
        "findings": [_finding(each, manifest) for each in one.findings],
        "changes": [_change(each) for each in one.changes],
    }


def _finding(one: Finding, manifest: Manifest | None) -> dict[str, Any]:
    return {
        "outcome": one.outcome.value,
        "message": one.message,
        "constraint": one.constraint,
        "policyDefinitionId": one.origin.definition_id,
        "policyDefinitionReferenceId": one.origin.definition_reference_id,
        "policyDefinitionName": one.origin.display_name,
        "container": one.container,
        "path": one.path,
        "line": manifest.line(one.path) if manifest else None,
        "generated": one.generated,
    }


def _change(one: Change) -> dict[str, Any]:
    return {
        "path": one.path,
        "change": one.kind,
        "before": one.before,
        "after": one.after,
        "mutator": str(one.mutator),
        "policyDefinitionId": one.origin.definition_id,
        "policyDefinitionReferenceId": one.origin.definition_reference_id,
    }
