"""What pages ask beside ``records``: whom somebody may see, choices of filters, names, refusals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import reduce
from operator import or_

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone

from policy_app import wall_clock
from policy_app.evaluation.gatekeeper.constraints import GROUP as CONSTRAINTS
from policy_app.models import (
    Assignment,
    Cluster,
    ClusterAudit,
    Component,
    ComponentState,
    KubeObject,
    PolicyState,
    Refusal,
)
from policy_app.services import authorization
from policy_app.services.authorization import Actor, Principal, actions
from policy_app.services.compliance.filters import Filters, Fleet, Where, at
from policy_app.services.compliance.lists import components
from policy_app.services.errors import NotFound

_MOST_CHOICES = 300


@dataclass(frozen=True, slots=True)
class Seen:
    """A cluster that somebody may see."""

    pk: int
    name: str
    """The shortest that finds it."""
    path: str
    """Of its scope."""


@dataclass(frozen=True, slots=True)
class Origin:
    """The policy that a constraint's name stands for."""

    assignment_id: str
    definition_id: str
    display_name: str
    policy: PolicyState | None
    """What audits know of it; None before the first one."""


def seen(by: Principal) -> list[Seen]:
    """The clusters whose compliance somebody may read, by name."""
    rows = authorization.visible(Cluster.objects.all(), by, actions.STATES)
    told = list(rows.values_list("pk", "scope__name", "scope__path", "scope__parent__name"))
    taken = Counter(str(name).lower() for _, name, _, _ in told)
    found = [
        Seen(pk, name if taken[name.lower()] == 1 else f"{group}.{name}", path)
        for pk, name, path, group in told
    ]
    return sorted(found, key=lambda one: one.name.lower())


def cluster_of(by: Principal, name: str) -> Cluster:
    """The cluster of this name, as ``seen`` has it.  Raises ``NotFound``."""
    wanted = name.lower()
    for one in seen(by):
        if one.name.lower() == wanted:
            return Cluster.objects.select_related("scope__parent", "audit").get(pk=one.pk)
    raise NotFound(
        "ResourceNotFound",
        f"There is no cluster {name!r} whose compliance you may read.",
        target="cluster",
    )


def namespaces(where: Where) -> list[str]:
    """The namespaces with components; the first ones of a great many."""
    rows = Component.objects.filter(at(where)).exclude(namespace="").order_by("namespace")
    return list(rows.values_list("namespace", flat=True).distinct()[:_MOST_CHOICES])


def kinds(where: Where) -> list[str]:
    """The kinds of components."""
    rows = Component.objects.filter(at(where)).order_by("kind")
    return list(rows.values_list("kind", flat=True).distinct()[:_MOST_CHOICES])


def definitions(where: Where) -> list[tuple[str, str]]:
    """The policies by the ids of their definitions, with their names."""
    rows = PolicyState.objects.filter(at(where), active=True).order_by("display_name")
    told = rows.values_list("definition_arm_id", "display_name").distinct()[:_MOST_CHOICES]
    return list(dict(told).items())


def policy_states(assignment: str, definition: str, reference: str) -> QuerySet[PolicyState]:
    """One policy of one assignment, in every cluster; those of the past too."""
    return PolicyState.objects.filter(
        assignment_key=assignment.lower(),
        definition_key=definition.lower(),
        reference_id=reference,
    ).select_related("cluster__scope")


def assignment_names(ids: Iterable[str], by: Actor) -> Mapping[str, Assignment]:
    """The assignments that are there still, by their ids in lower case; one query.

    Anybody who may write to a cluster can put any id on a constraint.  So only assignments that
    could decide where the principal has a role are told: those there, below and above.
    """
    keys = {one.rpartition("/")[2].lower() for one in ids}
    rows = Assignment.objects.filter(key__in=keys).select_related("scope", "definition")
    return {one.arm_id.lower(): one for one in rows if authorization.in_line(by, one.scope)}


def gone(arm_id: str, by: Actor) -> str:
    """What an assignment is called that ``assignment_names`` does not tell of."""
    why = "deleted" if authorization.principal_of(by).is_owner else "deleted, or not shown to you"
    return f"{arm_id.rpartition('/')[2]} ({why})"


def matching_by_assignment(where: Where, filters: Filters) -> Mapping[str, int]:
    """How many verdicts of each assignment the filters leave, by its key."""
    rows = components(where, filters).select_related(None).order_by()
    return dict(rows.values_list("policy__assignment_key").annotate(Count("pk")))


def audits(where: Where) -> QuerySet[ClusterAudit]:
    """How far the audits of clusters have come, those that wait longest first."""
    return ClusterAudit.objects.filter(at(where)).select_related("cluster__scope")


def worst_policies(where: Where, most: int) -> QuerySet[PolicyState]:
    """The policies that most components break."""
    rows = PolicyState.objects.filter(at(where), active=True, non_compliant__gt=0)
    return rows.select_related("cluster__scope").order_by("-non_compliant", "display_name")[:most]


def worst_namespaces(where: Where, most: int) -> list[tuple[int, str, int]]:
    """``(cluster, namespace, verdicts)`` of those with the most that is wrong."""
    rows = ComponentState.objects.filter(at(where)).order_by()
    told = rows.values_list("cluster_id", "namespace").annotate(n=Count("pk"))
    return list(told.order_by("-n", "namespace")[:most])


def refusals(where: Where, newest_first: bool = True) -> QuerySet[Refusal]:
    """The requests that policies refused."""
    rows = Refusal.objects.filter(at(where)).select_related("cluster__scope")
    return rows.order_by("-at", "-pk") if newest_first else rows.order_by("at", "pk")


def refusals_by_day(where: Where, days: int, today: date | None = None) -> dict[date, int]:
    """How many requests were refused on each of the last days, those without any too."""
    last = today or wall_clock.now().date()
    first = last - timedelta(days=days - 1)
    begin = timezone.make_aware(datetime.combine(first, datetime.min.time()))
    rows = Refusal.objects.filter(at(where), at__gte=begin, dry_run=False).order_by()
    told = dict(rows.annotate(day=TruncDate("at")).values_list("day").annotate(Count("pk")))
    return {day: told.get(day, 0) for day in (first + timedelta(n) for n in range(days))}


def saying(constraint: str, message: str = "") -> Q:
    """The refusals in which a constraint says something, in the words of either generation."""
    if not constraint:
        return Q(message__contains=message)
    return Q(message__contains=f"[{constraint}] {message}") | Q(
        message__contains=f"[denied by {constraint}] {message}"
    )


def of_constraints(names: Sequence[str]) -> Q:
    """The refusals in which any of some constraints says something."""
    return reduce(or_, map(saying, names), Q(pk__in=[]))


def origins(where: Where, names: Iterable[str]) -> dict[tuple[int, str], Origin]:
    """The policies behind some constraints, by cluster and the constraint's name.

    Audits tell it, and before the first one what the add-on noted on the constraint.
    """
    wanted = set(names)
    if not wanted:
        return {}
    rows = PolicyState.objects.filter(at(where), constraint_name__in=wanted)
    found = {
        (one.cluster_id, one.constraint_name): Origin(
            one.assignment_arm_id, one.definition_arm_id, one.display_name, one
        )
        for one in rows.order_by("active", "pk")
    }
    missing = wanted - {name for _, name in found}
    noted = KubeObject.objects.filter(at(where), group=CONSTRAINTS, name__in=missing)
    for row in noted if missing else ():
        notes = (row.body.get("metadata") or {}).get("annotations") or {}
        assignment = str(notes.get("azure-policy-assignment-id") or "")
        if assignment:
            definition = str(notes.get("azure-policy-definition-id") or "")
            name = str(row.body.get("kind"))
            found[row.cluster_id, row.name] = Origin(assignment, definition, name, None)
    return found


def fleet_of(found: Sequence[Seen], by: Principal, *, whole: bool) -> Fleet:
    """Some clusters; ``whole`` where nothing was chosen among those that somebody may see."""
    return Fleet(frozenset(one.pk for one in found), everything=whole and by.is_owner)
