"""What a filter bar holds, and what it leaves of what audits found."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeVar

from django.db.models import Q, QuerySet

from policy_app.models import Cluster, Component, ComponentState, Scope

_Row = TypeVar("_Row", Component, ComponentState)


@dataclass(frozen=True, slots=True)
class Fleet:
    """Some clusters by their primary keys, such as those that somebody may see."""

    keys: frozenset[int]
    everything: bool = False
    """Whether there are no others: what is listed then needs not be held against them."""

    @property
    def condition(self) -> Q:
        """The rows of these clusters."""
        if self.everything:
            return Q()
        if len(self.keys) == 1:
            # Lists are kept in the order of one cluster.
            return Q(cluster=next(iter(self.keys)))
        return Q(cluster__in=sorted(self.keys))


Where = Cluster | Scope | Fleet
"""A cluster, everything at and below a scope, or some clusters."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What the filter bar holds; an empty field leaves nothing out.

    ``namespace``, ``kind``, ``workload`` (its name) and ``action`` (``deny``, ``warn``, ``dryrun``
    or ``error``) are exact; ``text`` is looked for in names and messages in any letter case.
    ``assignment``, ``definition`` and ``set_definition`` are ARM ids in any letter case;
    ``reference_id`` goes with them; ``state`` is one of ``ComplianceState``.
    """

    policy: int | None = None
    """The primary key of a ``PolicyState``."""
    assignment: str = ""
    definition: str = ""
    set_definition: str = ""
    reference_id: str = ""
    namespace: str = ""
    workload: str = ""
    kind: str = ""
    action: str = ""
    state: str = ""
    text: str = ""

    @property
    def about_policies(self) -> bool:
        """Whether it chooses among policies."""
        return bool(
            self.policy
            or self.assignment
            or self.definition
            or self.set_definition
            or self.reference_id
        )


NO_FILTERS = Filters()


def clusters(where: Where) -> QuerySet[Cluster]:
    """The clusters at a place."""
    rows = Cluster.objects.select_related("scope", "audit")
    if isinstance(where, Cluster):
        return rows.filter(pk=where.pk)
    if isinstance(where, Fleet):
        return rows if where.everything else rows.filter(pk__in=where.keys)
    return rows.filter(scope__path__startswith=where.path)


def at(where: Where) -> Q:
    """The rows of the clusters at a place."""
    if isinstance(where, Cluster):
        return Q(cluster=where)
    if isinstance(where, Fleet):
        return where.condition
    return Fleet(frozenset(clusters(where).values_list("pk", flat=True))).condition


def of_policies(filters: Filters, path: str) -> Q:
    """The policies that are chosen; ``path`` leads to them, ``policy__`` or nothing."""
    wanted = {
        "pk": filters.policy,
        "assignment_key": filters.assignment.lower(),
        "definition_key": filters.definition.lower(),
        "set_definition_key": filters.set_definition.lower(),
        "reference_id": filters.reference_id,
    }
    return Q(**{f"{path}{name}": value for name, value in wanted.items() if value})


def only_policies(filters: Filters, action: str = "") -> Filters:
    """What the filters say about policies, without the rest."""
    return replace(filters, namespace="", workload="", kind="", state="", text="", action=action)


def narrowed(rows: QuerySet[_Row], filters: Filters, path: str) -> QuerySet[_Row]:
    """The rows of some namespace, kind and workload."""
    if filters.namespace:
        rows = rows.filter(namespace=filters.namespace)
    if filters.kind:
        rows = rows.filter(kind=filters.kind)
    if filters.workload:
        rows = rows.filter(**{f"{path}workload_name": filters.workload})
    return rows
