"""Scans without workers: planned, judged and finished here and now."""

from __future__ import annotations

from typing import Any

from policy_app.models import Cluster, Component, ComponentState, PolicyState, Scan
from policy_app.services.compliance import finishing, judging, planning, scanning, tasks


def scan(cluster: Cluster, reach: str = Scan.Reach.CHANGES, trigger: str = "schedule") -> Scan:
    """A whole scan; the chunks say what they came to."""
    planned = planning.plan(scanning.request(cluster, trigger, reach=reach))
    for chunk in planned.chunks.order_by("number"):
        done = judging.judge(chunk)
        chunk.objects_count, chunk.changed, chunk.state = done.objects, done.changed, "done"
        chunk.save()
    return finishing.finish(planned)


def judged(found: Scan) -> list[str]:
    """The names of the objects that a scan judged."""
    names: set[str] = set()
    for chunk in found.chunks.all():
        rows = tasks.extent_of(chunk.task).rows(found.cluster_id)
        rows = rows.filter(pk__gte=chunk.task["from"], pk__lte=chunk.task["to"])
        names |= set(rows.values_list("name", flat=True))
    return sorted(names)


def verdicts(cluster: Cluster) -> dict[tuple[str, ...], Any]:
    """Everything that the tables say of components, without times and keys of rows."""
    names = {row.pk: _name(row) for row in PolicyState.objects.filter(cluster=cluster)}
    found: dict[tuple[str, ...], Any] = {}
    for row in Component.objects.filter(cluster=cluster):
        applied = row.applied.policies.values_list("pk", flat=True) if row.applied else ()
        found[row.kind, row.namespace, row.name, row.uid] = {
            "applied": sorted(names[key] for key in applied),
            "workload": (row.workload_kind, row.workload_name),
            "counts": (row.non_compliant, row.blocking),
            "error": row.error,
            "revision": row.revision,
            "faults": {},
        }
    states = ComponentState.objects.filter(cluster=cluster).select_related("component")
    for one in states:
        row = one.component
        told = found[row.kind, row.namespace, row.name, row.uid]
        told["faults"][names[one.policy_id]] = (
            *(one.state, one.severity, one.message, one.violations),
            *(one.namespace, one.kind),
        )
    return found


def policies(cluster: Cluster) -> dict[str, tuple[Any, ...]]:
    """What the policies have come to, by name."""
    rows = PolicyState.objects.filter(cluster=cluster)
    return {
        _name(row): (
            *(row.state, row.code, row.action, row.compliant, row.non_compliant, row.errors),
            row.active,
        )
        for row in rows
    }


def _name(row: PolicyState) -> str:
    assignment = row.assignment_key.rpartition("/")[2]
    return f"{assignment}/{row.reference_id or row.definition_key.rpartition('/')[2]}"
