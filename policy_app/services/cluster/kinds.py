"""The kinds that one cluster serves: built-in ones, and those of CustomResourceDefinitions."""

from __future__ import annotations

from functools import lru_cache

from policy_app.apimachinery import builtin, crds
from policy_app.apimachinery.kinds import Kind, Kinds
from policy_app.models import Cluster, KubeObject

CRD_GROUP = "apiextensions.k8s.io"
CRD_PLURAL = "customresourcedefinitions"


def kinds_of(cluster: Cluster) -> Kinds:
    """All kinds of a cluster; custom ones are read again where a definition changed."""
    definitions = KubeObject.objects.filter(
        cluster=cluster, group=CRD_GROUP, plural=CRD_PLURAL
    ).order_by("name")
    marks = tuple(definitions.values_list("uid", "revision"))
    return _kinds(cluster.minor_version, cluster.pk, marks) if marks else builtins_of(cluster)


def builtins_of(cluster: Cluster) -> Kinds:
    """The built-in kinds in the cluster's version of Kubernetes."""
    return builtin.kinds(cluster.minor_version)


def stored(cluster: Cluster, group: str, plural: str) -> Kind | None:
    """The version in which objects of a resource are kept; None where its definition is gone.

    Only for custom ones the database is asked: none of them can take a built-in one's place.
    """
    builtin_kind = builtins_of(cluster).stored_as(group, plural)
    return builtin_kind or kinds_of(cluster).stored_as(group, plural)


@lru_cache(maxsize=64)
def _kinds(minor: str, cluster_id: int, marks: tuple[tuple[str, int], ...]) -> Kinds:
    # ``marks`` is the key alone: it differs as soon as one definition does.
    uids = [uid for uid, _ in marks]
    rows = KubeObject.objects.filter(cluster_id=cluster_id, uid__in=uids).order_by("name")
    made: list[Kind] = []
    for row in rows:
        made += crds.kinds_of(row.body)
    return builtin.kinds(minor).with_more(made)
