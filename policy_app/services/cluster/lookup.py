"""Find the cluster that an address names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from django.db.models import Q, QuerySet

from policy_app.apimachinery import errors
from policy_app.models import Cluster
from policy_app.services import authorization
from policy_app.services.authorization import Actor, actions
from policy_app.services.cluster import bootstrap


def by_name(name: str, by: Actor = None) -> Cluster:
    """The cluster of that name, ready to be used, in any letter case.

    Names are given once a resource group; ``<resource group>.<name>`` tells two apart.  Raises
    ``ApiError`` 404 with what to write instead; a cluster that ``by`` may not know of is none.
    """
    group, _, last = name.rpartition(".")
    found = Cluster.objects.select_related("scope__parent").filter(scope__name__iexact=last)
    if group:
        found = found.filter(scope__parent__name__iexact=group)
    found = visible(found, by)
    clusters = list(found[:2])
    if not clusters:
        message = f'there is no cluster "{name}" in this portal'
        raise errors.ApiError(404, "NotFound", message)
    if len(clusters) > 1:
        choices = ", ".join(sorted(_full_name(one) for one in found))
        message = f'there are several clusters "{name}"; ask for one of {choices}'
        raise errors.ApiError(404, "NotFound", message)
    bootstrap.fill(clusters[0])
    return clusters[0]


def visible(rows: QuerySet[Cluster], by: Actor) -> QuerySet[Cluster]:
    """Of the clusters, those that the principal may know of."""
    return authorization.visible(rows, by, "")


def readable(rows: QuerySet[Cluster], by: Actor) -> QuerySet[Cluster]:
    """Of the clusters, those that the principal may look into."""
    who = authorization.principal_of(by)
    if who.is_owner:
        return rows
    seen = Q(pk__in=[])
    for kind in (Cluster.MANAGED, Cluster.CONNECTED):
        paths = who.paths(actions.read_cluster(kind))
        seen |= authorization.within(paths) & Q(resource_type=kind)
    return rows.filter(seen)


def name_of(cluster: Cluster) -> str:
    """The shortest name by which a cluster is found."""
    return names_of([cluster])[cluster.pk]


def names_of(clusters: Iterable[Cluster]) -> dict[int, str]:
    """The shortest name of each cluster, by primary key, in one query."""
    taken = Counter(
        str(name).lower() for name in Cluster.objects.values_list("scope__name", flat=True)
    )
    return {
        one.pk: one.scope.name if taken[one.scope.name.lower()] == 1 else _full_name(one)
        for one in clusters
    }


def _full_name(cluster: Cluster) -> str:
    parent = cluster.scope.parent
    return f"{parent.name}.{cluster.scope.name}" if parent else cluster.scope.name
