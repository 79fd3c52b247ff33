"""Count what stands after a scan: by policy, for the cluster, and for the day.

A handful of statements, however many components there are.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, Q

from policy_app.models import (
    AppliedSet,
    ComplianceSample,
    ComplianceState,
    Component,
    ComponentState,
    PolicyState,
)
from policy_app.services.compliance import rollup


@dataclass(slots=True)
class Tally:
    """What some policies have found, in components: each counts once."""

    components: int = 0
    non_compliant: int = 0
    blocked: int = 0


@dataclass(slots=True)
class Counts:
    """Everything that is counted of one cluster."""

    whole: Tally
    judged: Mapping[int, int]
    """How many components each policy judged."""
    faults: Mapping[int, Mapping[str, int]]
    """How many components of each policy are in which bad state."""
    assignments: Mapping[str, Tally] = field(default_factory=dict)


def count(cluster_id: int) -> Counts:
    """Count one cluster's verdicts as they are now."""
    components = Component.objects.filter(cluster=cluster_id)
    told = components.aggregate(
        components=Count("pk"),
        non_compliant=Count("pk", filter=Q(non_compliant__gt=0)),
        blocked=Count("pk", filter=Q(blocking__gt=0)),
    )
    sizes = dict(components.order_by().values_list("applied").annotate(Count("pk")))
    judged: Counter[int] = Counter()
    assignments: dict[str, Tally] = defaultdict(Tally)
    for key, members in _members(cluster_id).items():
        size = sizes.get(key, 0)
        judged.update({policy: size for policy, _ in members})
        for name in {name for _, name in members}:
            assignments[name].components += size
    faults: dict[int, dict[str, int]] = defaultdict(dict)
    states = ComponentState.objects.filter(cluster=cluster_id).order_by()
    for policy, state, number in states.values_list("policy", "state").annotate(Count("pk")):
        faults[policy][state] = number
    for name, bad, blocked in _bad_by_assignment(cluster_id):
        assignments[name].non_compliant, assignments[name].blocked = bad, blocked
    return Counts(Tally(**told), judged, faults, assignments)


def write_policies(
    rows: Sequence[PolicyState], counts: Counts, now: datetime, *, complete: bool
) -> None:
    """Write the numbers and the state of each policy; ``complete`` where all was judged."""
    changed = [row for row in rows if _write(row, counts, now, complete=complete)]
    fields = ["compliant", "non_compliant", "errors", "state", "since", "judged", "evaluated_at"]
    PolicyState.objects.bulk_update(changed, fields, batch_size=100)


def write_samples(
    cluster_id: int, rows: Iterable[PolicyState], counts: Counts, now: datetime
) -> None:
    """Write how the day stands, for the cluster and for each of its assignments."""
    by_assignment: dict[str, list[str]] = {"": []}
    for row in rows:
        by_assignment[""].append(row.state)
        by_assignment.setdefault(row.assignment_key, []).append(row.state)
    tallies = {**counts.assignments, "": counts.whole}
    samples = [
        _sample(cluster_id, key, states, tallies.get(key, Tally()), now)
        for key, states in sorted(by_assignment.items())
    ]
    ComplianceSample.objects.bulk_create(
        samples,
        update_conflicts=True,
        unique_fields=["cluster", "assignment_key", "day"],
        update_fields=["state", "components", "non_compliant", "blocked", "policies"],
        batch_size=500,
    )


def _members(cluster_id: int) -> dict[int, list[tuple[int, str]]]:
    """The policies in each applied set, with their assignments."""
    through = AppliedSet.policies.through.objects.filter(appliedset__cluster=cluster_id)
    found: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for key, policy, assignment in through.values_list(
        "appliedset_id", "policystate_id", "policystate__assignment_key"
    ):
        found[key].append((policy, assignment))
    return found


def _bad_by_assignment(cluster_id: int) -> Iterator[tuple[str, int, int]]:
    """Assignment, components that it finds fault with, and those of them that it would refuse."""
    blocking = Q(severity=ComponentState.Severity.BLOCKING)
    rows = ComponentState.objects.filter(cluster=cluster_id, state=ComplianceState.NON_COMPLIANT)
    yield from (
        rows.order_by()
        .values_list("policy__assignment_key")
        .annotate(
            bad=Count("component", distinct=True),
            blocked=Count("component", distinct=True, filter=blocking),
        )
    )


def _write(row: PolicyState, counts: Counts, now: datetime, *, complete: bool) -> bool:
    faults = counts.faults.get(row.pk, {})
    bad, errors = (faults.get(one, 0) for one in (rollup.NON_COMPLIANT, rollup.ERROR))
    good = counts.judged.get(row.pk, 0) - bad - errors
    before = (row.compliant, row.non_compliant, row.errors)
    row.compliant, row.non_compliant, row.errors = good, bad, errors
    changed = before != (good, bad, errors)
    if not row.constraint_name or not row.active:
        return changed
    if complete:
        row.judged, row.evaluated_at = row.brings, now
    if row.evaluated_at is not None:
        state = rollup.of_policy(good, bad, errors)
        row.state, row.since = state, row.since if row.state == state else now
    return True


def _sample(
    cluster_id: int, key: str, states: Sequence[str], tally: Tally, now: datetime
) -> ComplianceSample:
    return ComplianceSample(
        cluster_id=cluster_id,
        assignment_key=key,
        day=now.date(),
        state=rollup.worst(states),
        components=tally.components,
        non_compliant=tally.non_compliant,
        blocked=tally.blocked,
        policies=dict(Counter(states)),
    )
