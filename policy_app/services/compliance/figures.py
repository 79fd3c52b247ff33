"""What audits found in numbers: a place, its assignments, and how it went from day to day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, QuerySet, Sum

from policy_app import wall_clock
from policy_app.models import ClusterAudit, ComplianceSample, ComplianceState, PolicyState
from policy_app.services.compliance import manual, rollup
from policy_app.services.compliance.filters import NO_FILTERS, Filters, Fleet, Where, at, clusters
from policy_app.services.compliance.lists import policies
from policy_app.services.compliance.manual import Verdict


@dataclass(frozen=True, slots=True)
class AssignmentSummary:
    """One assignment in one or more clusters, rolled up."""

    assignment_id: str
    assignment_key: str
    set_definition_id: str
    definition_id: str
    """The assigned definition, where it is no initiative."""
    state: str
    percentage: float | None
    """Of the clusters that it reaches; None where there are none."""
    clusters: Mapping[str, int]
    """How many resources are in each state: clusters, and what else manual policies are about."""
    policies: int
    non_compliant_policies: int
    components: int
    """Verdicts that are good or bad; a component counts once for each policy and cluster."""
    non_compliant: int


@dataclass(frozen=True, slots=True)
class Day:
    """What stood at the end of one day, over all the clusters."""

    day: date
    components: int
    non_compliant: int
    blocked: int
    clusters: int
    compliant_clusters: int

    @property
    def percentage(self) -> float | None:
        """The components that are compliant, of a hundred; None where there were none."""
        return rollup.share(self.components - self.non_compliant, self.components)


@dataclass(frozen=True, slots=True)
class Summary:
    """Everything at and below a place, in numbers."""

    state: str
    """The place's own state, rolled up."""
    percentage: float | None
    """Azure's: of clusters, by their states; None where there are none."""
    clusters: Mapping[str, int]
    """How many resources are in each state: clusters, and what else manual policies are about."""
    policies: Mapping[str, int]
    """How many policies, each in one cluster, are in each state."""
    components: int
    non_compliant: int
    blocked: int
    """Components whose next apply is refused."""
    audited_at: datetime | None
    """When the cluster that waits longest was audited; None where one never was."""
    non_compliant_assignments: int = 0
    exempt_policies: int = 0
    errors: int = 0

    @property
    def component_percentage(self) -> float | None:
        """The components that are compliant, of a hundred; None where there are none."""
        return rollup.share(self.components - self.non_compliant, self.components)


def assignments(
    where: Where, filters: Filters = NO_FILTERS, attested: Sequence[Verdict] = ()
) -> list[AssignmentSummary]:
    """Every assignment with something in force or meant to be, rolled up, the worst first.

    ``attested`` is what manual policies have come to there.
    """
    rows = policies(where, filters).order_by().select_related(None)
    columns = ("assignment_arm_id", "assignment_key", "set_definition_arm_id", "definition_arm_id")
    numbers = ("compliant", "non_compliant", "errors")
    found: dict[str, list[dict[str, object]]] = {}
    for row in rows.values(*columns, *numbers, "cluster_id", "state"):
        found.setdefault(str(row["assignment_key"]), []).append(row)
    for one in manual.narrowed(attested, filters):
        found.setdefault(one.assignment_key, []).append(_as_row(one))
    made = [_assignment(rows) for rows in found.values()]
    return sorted(made, key=lambda one: (-one.non_compliant, one.assignment_key))


def trend(
    where: Where, days: int = 30, assignment: str = "", today: date | None = None
) -> list[Day]:
    """The last days, today being the last one; days on which nothing was seen are left out.

    A cluster without a sample of its own on a day counts as it stood last.
    """
    last = today or wall_clock.now().date()
    rows = ComplianceSample.objects.filter(at(where), assignment_key=assignment.lower())
    rows = rows.filter(day__gt=last - timedelta(days=days), day__lte=last).order_by("day")
    standing: dict[int, ComplianceSample] = {}
    found: list[Day] = []
    by_day: dict[date, list[ComplianceSample]] = {}
    for row in rows:
        by_day.setdefault(row.day, []).append(row)
    for day, samples in by_day.items():
        standing |= {one.cluster_id: one for one in samples}
        found.append(_day(day, standing.values()))
    return found


def summary(where: Where, attested: Sequence[Verdict] = ()) -> Summary:
    """A place in numbers, in a handful of statements however much there is below it.

    ``attested`` is what manual policies have come to there.
    """
    audits = ClusterAudit.objects.filter(at(where))
    told = audits.aggregate(
        audited=Count("audited_at"),
        components=Sum("components", default=0),
        non_compliant=Sum("non_compliant", default=0),
        blocked=Sum("blocked", default=0),
    )
    states = dict(audits.order_by().values_list("state").annotate(Count("pk")))
    everywhere = len(where.keys) if isinstance(where, Fleet) else clusters(where).count()
    if everywhere > sum(states.values()):
        never = everywhere - sum(states.values())
        states[ComplianceState.NOT_STARTED] = states.get(ComplianceState.NOT_STARTED, 0) + never
    active = PolicyState.objects.filter(at(where), active=True).order_by()
    by_state = dict(active.values_list("state").annotate(Count("pk")))
    bad = active.filter(state=ComplianceState.NON_COMPLIANT)
    assigned = set(bad.values_list("assignment_key", flat=True).distinct())
    if attested:
        states = _with_attested(states, audits, attested)
        by_state = Counter(by_state) + Counter(one.state for one in attested)
        assigned |= {one.assignment_key for one in attested if one.state == rollup.NON_COMPLIANT}
    oldest = audits.order_by("audited_at").values_list("audited_at", flat=True)
    return Summary(
        state=rollup.worst(states),
        percentage=rollup.percentage(states),
        clusters=states,
        policies=by_state,
        components=told["components"],
        non_compliant=told["non_compliant"],
        blocked=told["blocked"],
        audited_at=oldest.first() if told["audited"] == everywhere else None,
        non_compliant_assignments=len(assigned),
        exempt_policies=by_state.get(ComplianceState.EXEMPT, 0),
        errors=by_state.get(ComplianceState.ERROR, 0),
    )


def _with_attested(
    states: Mapping[str, int], audits: QuerySet[ClusterAudit], attested: Iterable[Verdict]
) -> dict[str, int]:
    """The resources by state: clusters with what is attested of them, and those beside."""
    by_resource: dict[int, list[str]] = {}
    clusters: dict[int, int] = {}
    for one in attested:
        by_resource.setdefault(one.scope.pk, []).append(one.state)
        if one.cluster_id is not None:
            clusters[one.cluster_id] = one.scope.pk
    counts = Counter(states)
    known = dict(audits.filter(cluster__in=clusters).values_list("cluster_id", "state"))
    for cluster, scope in clusters.items():
        audited = known.get(cluster, str(ComplianceState.NOT_STARTED))
        counts[audited] -= 1
        by_resource[scope].append(audited)
    counts.update(map(rollup.worst, by_resource.values()))
    return {state: number for state, number in counts.items() if number > 0}


def _as_row(one: Verdict) -> dict[str, object]:
    """A manual policy for a resource, as the rows of audits are read; it judges no component."""
    initiative = one.policy.set_definition_id
    return {
        "assignment_arm_id": one.policy.assignment.id,
        "assignment_key": one.assignment_key,
        "set_definition_arm_id": initiative,
        "definition_arm_id": one.policy.definition.id,
        "compliant": 0,
        "non_compliant": 0,
        "errors": 0,
        "cluster_id": one.cluster_id if one.cluster_id is not None else one.scope.arm_id,
        "state": one.state,
    }


def _assignment(rows: list[dict[str, object]]) -> AssignmentSummary:
    first = rows[0]
    states = rollup.by_resource((row["cluster_id"], str(row["state"])) for row in rows)
    bad = [row for row in rows if row["state"] == ComplianceState.NON_COMPLIANT]
    numbers = {
        name: sum(int(str(row[name])) for row in rows)
        for name in ("compliant", "non_compliant", "errors")
    }
    initiative = str(first["set_definition_arm_id"])
    return AssignmentSummary(
        assignment_id=str(first["assignment_arm_id"]),
        assignment_key=str(first["assignment_key"]),
        set_definition_id=initiative,
        definition_id="" if initiative else str(first["definition_arm_id"]),
        state=rollup.worst(states),
        percentage=rollup.percentage(states),
        clusters=states,
        policies=len(rows),
        non_compliant_policies=len(bad),
        components=sum(numbers.values()),
        non_compliant=numbers["non_compliant"],
    )


def _day(day: date, samples: Iterable[ComplianceSample]) -> Day:
    rows = list(samples)
    return Day(
        day=day,
        components=sum(row.components for row in rows),
        non_compliant=sum(row.non_compliant for row in rows),
        blocked=sum(row.blocked for row in rows),
        clusters=len(rows),
        compliant_clusters=sum(row.state == ComplianceState.COMPLIANT for row in rows),
    )
