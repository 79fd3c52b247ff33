"""Judge the objects of one chunk, and write what became another verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction

from policy_app.evaluation.gatekeeper.constraints import Constraint
from policy_app.models import Cluster, ClusterState, PolicyState, Scan, ScanChunk
from policy_app.services.cluster.store import namespaces
from policy_app.services.compliance import tasks, writing
from policy_app.services.compliance.deciding import Deciding, deciding
from policy_app.services.compliance.verdicts import Bench

_TRIES = 5


@dataclass(frozen=True, slots=True)
class Judged:
    """What a chunk came to."""

    objects: int
    """How many objects were judged."""
    changed: int
    """How many verdicts became others."""


def judge(chunk: ScanChunk) -> Judged:
    """Judge the chunk's objects and write the verdicts, the events among them, in one transaction.

    Done again, it writes nothing new.  Two processes may do it at once.  Where the scan is over by
    then nothing is written.  Must not be called inside of a transaction: objects are judged before
    the short one that writes begins, so that workers do not wait for each other.  The chunk's own
    row is the caller's to change.
    """
    scan = Scan.objects.select_related("cluster").get(pk=chunk.scan_id)
    cluster = scan.cluster
    found = deciding(cluster, ClusterState.objects.filter(cluster=cluster).first())
    rows = tasks.policies_of(_judging(cluster), chunk.task)
    bench = _bench(cluster, found, rows)
    verdicts = [bench.judge(*row) for row in _objects(cluster, chunk.task)]
    written = writing.Judgement(
        verdicts=verdicts,
        policies=frozenset(bench.constraints),
        stale=[row.pk for row in rows if not _stands(row, found)],
        mark=found.mark,
    )
    return Judged(len(verdicts), _written(chunk, written))


def _written(chunk: ScanChunk, judgement: writing.Judgement) -> int:
    """Write, and begin again where another worker was the first to see an object."""
    for attempt in range(_TRIES):
        try:
            with transaction.atomic():
                return writing.write(chunk, judgement)
        except IntegrityError:
            if attempt == _TRIES - 1:
                raise
    return 0


def _judging(cluster: Cluster) -> list[PolicyState]:
    """The policies that judge something, as the planner found them."""
    rows = PolicyState.objects.filter(cluster=cluster, active=True)
    return list(rows.exclude(constraint_name="").order_by("pk"))


def _stands(row: PolicyState, found: Deciding) -> bool:
    """Whether a policy is still what the planner saw; otherwise the next scan judges it anew."""
    judge = found.judges.get((row.constraint_kind, row.constraint_name))
    return judge is not None and judge.brings == row.brings


def _bench(cluster: Cluster, found: Deciding, rows: Sequence[PolicyState]) -> Bench:
    constraints: dict[int, Constraint] = {}
    names: dict[str, int] = {}
    for row in rows:
        judge = found.judges.get((row.constraint_kind, row.constraint_name))
        if judge is not None:
            constraints[row.pk], names[row.constraint_name] = judge.constraint, row.pk
    homes = {row.name: row.body for row in namespaces(cluster)}
    auditor = found.auditor([(one.kind, one.name) for one in constraints.values()], homes)
    return Bench(auditor, names, constraints)


def _objects(cluster: Cluster, task: tasks.Task) -> list[tuple[str, int, str, Mapping[str, Any]]]:
    """Uid, revision, namespace and body of the objects of a task."""
    rows = tasks.extent_of(task).rows(cluster.pk)
    rows = rows.filter(pk__gte=task["from"], pk__lte=task["to"])
    return list(rows.values_list("uid", "revision", "namespace", "body"))
