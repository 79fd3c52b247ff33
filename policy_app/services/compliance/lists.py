"""What audits found, as query sets over indexed columns.

The caller cuts them into pages, so that a page reads no more than it shows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum

from policy_app import wall_clock
from policy_app.models import (
    AppliedSet,
    ComplianceEvent,
    ComplianceState,
    Component,
    ComponentState,
    PolicyState,
)
from policy_app.services.compliance.filters import (
    NO_FILTERS,
    Filters,
    Where,
    at,
    narrowed,
    of_policies,
    only_policies,
)

AZURE_RECORDS = 500
"""Non-compliant records that Azure keeps of a policy and a cluster."""
AZURE_WINDOW = timedelta(minutes=45)
"""How old a violation may be that Azure's add-on still reports."""

_MOST_LOOKED_UP = 2_000
_SEVERITIES = {label: value for value, label in ComponentState.Severity.choices}


@dataclass(frozen=True, slots=True)
class Cut:
    """A list that may be shorter than what there is."""

    rows: QuerySet[ComponentState]
    shown: int
    total: int
    """How many there would be without Azure's limits."""

    @property
    def is_cut(self) -> bool:
        """Whether some are left out; a page then tells both numbers."""
        return self.shown < self.total


def policies(where: Where, filters: Filters = NO_FILTERS) -> QuerySet[PolicyState]:
    """The policies in force or meant to be, the worst first.

    ``text`` is looked for in their names; ``action`` is that of the constraint.
    """
    rows = PolicyState.objects.filter(at(where), of_policies(filters, ""), active=True)
    if filters.state:
        rows = rows.filter(state=filters.state)
    if filters.action:
        rows = rows.filter(action=filters.action)
    if filters.text:
        rows = rows.filter(
            Q(display_name__icontains=filters.text) | Q(constraint_name__icontains=filters.text)
        )
    rows = rows.select_related("cluster__scope")
    return rows.order_by("-non_compliant", "-errors", "display_name", "pk")


def components(where: Where, filters: Filters = NO_FILTERS) -> QuerySet[ComponentState]:
    """What is wrong, one row a component and policy, blocking first."""
    rows = ComponentState.objects.filter(at(where))
    if filters.about_policies:
        rows = _of(rows, where, filters)
    rows = narrowed(rows, filters, "component__")
    if filters.state:
        rows = rows.filter(state=filters.state)
    if filters.action:
        rows = rows.filter(severity=_SEVERITIES.get(filters.action, -1))
    if filters.text:
        rows = _telling(rows, where, filters.text)
    rows = rows.select_related("component", "policy", "cluster__scope")
    return rows.order_by("severity", "namespace", "kind", "pk")


def compliant(where: Where, filters: Filters = NO_FILTERS) -> QuerySet[Component]:
    """The components without a fault; with policies in the filters, without a fault of theirs."""
    rows = narrowed(Component.objects.filter(at(where)), filters, "").filter(error="")
    if filters.text:
        rows = rows.filter(name__icontains=filters.text)
    if not filters.about_policies:
        rows = rows.filter(non_compliant=0, applied__isnull=False)
    else:
        chosen = list(policies(where, only_policies(filters)).values_list("pk", flat=True))
        sets = AppliedSet.objects.filter(at(where), policies__in=chosen)
        faults = ComponentState.objects.filter(policy__in=chosen)
        rows = rows.filter(applied__in=list(sets.values_list("pk", flat=True).distinct()))
        rows = rows.exclude(pk__in=faults.values("component"))
    return rows.select_related("cluster__scope").order_by("namespace", "kind", "name", "pk")


def by_resource(where: Where, filters: Filters = NO_FILTERS) -> QuerySet[Component]:
    """The components with faults, the most blocking first; all of them with ``state`` Compliant."""
    if filters.state == ComplianceState.COMPLIANT:
        return compliant(where, filters)
    rows = narrowed(Component.objects.filter(at(where)), filters, "")
    if filters.about_policies or filters.action not in ("", "deny"):
        rows = rows.filter(Exists(_faults(filters)))
    elif filters.action:
        rows = rows.filter(blocking__gt=0)
    else:
        rows = rows.filter(Q(non_compliant__gt=0) | ~Q(error=""))
    if filters.text:
        rows = rows.filter(name__icontains=filters.text)
    order = ("-blocking", "-non_compliant", "namespace", "kind", "name", "pk")
    return rows.select_related("cluster__scope").order_by(*order)


def policies_of_sets(chosen: Iterable[int]) -> dict[int, list[int]]:
    """Of these policies, by primary key, those that each applied set has."""
    pairs = PolicyState.applied_sets.through.objects.filter(policystate__in=list(chosen))
    found: dict[int, list[int]] = {}
    for applied, policy in pairs.values_list("appliedset_id", "policystate_id"):
        found.setdefault(applied, []).append(policy)
    return found


def _of(rows: QuerySet[ComponentState], where: Where, filters: Filters) -> QuerySet[ComponentState]:
    """The rows of the chosen policies.

    Those of one are kept in order.  Of several the database would read all rows to sort them, so
    it is not told that there is an index of policies, and takes the one of the order.
    """
    chosen = PolicyState.objects.filter(at(where), of_policies(filters, ""))
    keys = list(chosen.values_list("pk", flat=True))
    if len(keys) == 1:
        return rows.filter(policy=keys[0])
    return rows.alias(chosen=F("policy_id") + 0).filter(chosen__in=keys)


def _faults(filters: Filters) -> QuerySet[ComponentState]:
    """What some policies, or those that act in some way, find wrong with an outer component."""
    rows = ComponentState.objects.filter(component=OuterRef("pk"))
    if filters.about_policies:
        chosen = PolicyState.objects.filter(of_policies(filters, ""))
        rows = rows.filter(policy__in=list(chosen.values_list("pk", flat=True)))
    if filters.action:
        rows = rows.filter(severity=_SEVERITIES.get(filters.action, -1))
    return rows


def _telling(rows: QuerySet[ComponentState], where: Where, text: str) -> QuerySet[ComponentState]:
    """Rows with the text in the message or in the component's name.

    Few of them are looked up beforehand: in the order of the list the database would read all.
    """
    named = Component.objects.filter(at(where), name__icontains=text).values("pk")
    rows = rows.filter(Q(message__icontains=text) | Q(component__in=named))
    keys = list(rows.order_by().values_list("pk", flat=True)[: _MOST_LOOKED_UP + 1])
    return rows if len(keys) > _MOST_LOOKED_UP else ComponentState.objects.filter(pk__in=keys)


def faults_of(component: Component) -> QuerySet[ComponentState]:
    """Everything wrong with one component, blocking first."""
    rows = ComponentState.objects.filter(component=component)
    return rows.select_related("policy", "component", "cluster__scope").order_by("severity", "pk")


def faults_among(found: Sequence[Component], filters: Filters) -> QuerySet[ComponentState]:
    """What policies find wrong with some components; those that the filters choose."""
    rows = ComponentState.objects.filter(component__in=found)
    rows = rows.filter(of_policies(filters, "policy__"))
    if filters.action:
        rows = rows.filter(severity=_SEVERITIES.get(filters.action, -1))
    return rows.select_related("policy").order_by("severity", "pk")


def policies_of(component: Component) -> QuerySet[PolicyState]:
    """Every policy that judged a component."""
    if component.applied_id is None:
        return PolicyState.objects.none()
    return PolicyState.objects.filter(applied_sets=component.applied_id, active=True)


def by_namespace(
    where: Where, filters: Filters = NO_FILTERS
) -> QuerySet[Component, dict[str, Any]]:
    """``{cluster_id, namespace, components, faulty, blocked, faults}``, the most blocked first.

    The namespace is empty for objects of the whole cluster.
    """
    rows = narrowed(Component.objects.filter(at(where)), filters, "")
    if filters.about_policies or filters.action or filters.text:
        rows = by_resource(where, filters).select_related(None)
    told = (
        rows.order_by()
        .values("cluster_id", "namespace")
        .annotate(
            components=Count("pk"),
            faulty=Count("pk", filter=Q(non_compliant__gt=0)),
            blocked=Count("pk", filter=Q(blocking__gt=0)),
            faults=Sum("non_compliant"),
        )
    )
    return told.order_by("-blocked", "-faults", "namespace")


def events(
    where: Where,
    filters: Filters = NO_FILTERS,
    since: datetime | None = None,
    until: datetime | None = None,
) -> QuerySet[ComplianceEvent]:
    """Who became what when, the newest first; ``since`` and ``until`` are inclusive."""
    rows = ComplianceEvent.objects.filter(at(where), of_policies(filters, "policy__"))
    for name in ("namespace", "kind"):
        if getattr(filters, name):
            rows = rows.filter(**{name: getattr(filters, name)})
    if filters.state:
        rows = rows.filter(after=filters.state)
    if filters.text:
        rows = rows.filter(Q(name__icontains=filters.text) | Q(message__icontains=filters.text))
    rows = rows.filter(at__gte=since) if since else rows
    rows = rows.filter(at__lte=until) if until else rows
    return rows.select_related("policy", "cluster__scope").order_by("-at", "-pk")


def history(component: Component) -> QuerySet[ComplianceEvent]:
    """What one component has become, the newest first; also of one that is long gone."""
    rows = ComplianceEvent.objects.filter(cluster=component.cluster_id, uid=component.uid)
    return rows.select_related("policy").order_by("-at", "-pk")


def cut(rows: QuerySet[ComponentState]) -> Cut:
    """The rows within Azure's limits, where the portal is set to keep to them.

    These are 500 records a policy and cluster, found within 45 minutes.
    """
    total = rows.count()
    if not settings.AZURE_LIMITS:
        return Cut(rows, total, total)
    recent = rows.filter(judged_at__gte=wall_clock.now() - AZURE_WINDOW)
    # The rows of a policy are numbered in the order of its list; only the first ones count.
    crowded = recent.order_by().values("policy").annotate(n=Count("pk")).filter(n__gt=AZURE_RECORDS)
    for key in list(crowded.values_list("policy", flat=True)):
        own = ComponentState.objects.filter(pk__in=recent.order_by().values("pk"), policy=key)
        kept = own.order_by("severity", "namespace", "kind", "pk")[:AZURE_RECORDS]
        recent = recent.exclude(Q(policy=key) & ~Q(pk__in=list(kept.values_list("pk", flat=True))))
    return Cut(recent, recent.count(), total)
