"""The state of the whole portal at a glance."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Q

from policy_app.models import Assignment, Cluster, Definition, Scope
from policy_app.services import authorization, definitions, scopes
from policy_app.services.authorization import Actor, actions
from policy_app.services.cluster import lookup

RECENT = 5


@dataclass(frozen=True, slots=True)
class ClusterState:
    """A cluster, where it stands, and how many assignments reach it."""

    cluster: Cluster
    place: str
    assignments: int


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts, the clusters and the newest assignments."""

    enforced: int
    not_enforced: int
    policies_assigned: int
    initiatives_assigned: int
    policies: int
    initiatives: int
    evaluated: int
    """Policy definitions that the portal can evaluate."""
    clusters: list[ClusterState]
    recent: list[Assignment]

    @property
    def assignments(self) -> int:
        """All assignments."""
        return self.enforced + self.not_enforced


def summary(by: Actor = None) -> Summary:
    """What the Overview shows of what may be seen; a handful of queries, however much is stored."""
    enforced = Q(enforcement_mode=Assignment.EnforcementMode.DEFAULT)
    policy = Q(definition__kind=Definition.Kind.POLICY)
    seen = authorization.visible(Assignment.objects.all(), by, actions.SEE_ASSIGNMENTS)
    assigned = seen.aggregate(
        enforced=Count("pk", filter=enforced),
        not_enforced=Count("pk", filter=~enforced),
        policies_assigned=Count("definition", filter=policy, distinct=True),
        initiatives_assigned=Count("definition", filter=~policy, distinct=True),
    )
    stored = definitions.visible(Definition.objects.all(), by).aggregate(
        policies=Count("pk", filter=Q(kind=Definition.Kind.POLICY)),
        initiatives=Count("pk", filter=Q(kind=Definition.Kind.INITIATIVE)),
        evaluated=Count("pk", filter=Q(kind=Definition.Kind.POLICY, evaluation_gap="")),
    )
    recent = seen.select_related("scope", "definition", "created_by")
    return Summary(
        **assigned,
        **stored,
        clusters=_clusters(by),
        recent=list(recent.order_by("-updated_at", "-pk")[:RECENT]),
    )


def _clusters(by: Actor) -> list[ClusterState]:
    every = {scope.pk: scope for scope in Scope.objects.all()}
    known = [one for one in every.values() if authorization.knows(by, one)]
    placed = list(Assignment.objects.values_list("scope_id", "not_scopes"))
    return [
        ClusterState(
            cluster,
            scopes.breadcrumb(cluster.scope, known),
            _reaching(placed, [every[pk] for pk in cluster.scope.lineage]),
        )
        for cluster in lookup.readable(scopes.clusters(), by)
    ]


def _reaching(placed: Iterable[tuple[int, list[str]]], lineage: list[Scope]) -> int:
    """How many of the assignments are at or above the cluster and do not exclude it."""
    here = {scope.pk for scope in lineage}
    keys = {scope.key for scope in lineage}
    return sum(
        scope_id in here and keys.isdisjoint(str(one).lower().rstrip("/") for one in not_scopes)
        for scope_id, not_scopes in placed
    )
