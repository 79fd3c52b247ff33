"""What people look at in a cluster: its namespaces, workloads, policies, events and refusals.

Query sets, so that a page reads no more than it shows, however much the cluster holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Count, Q, QuerySet

from policy_app.apimachinery.objects import Object, metadata_of
from policy_app.evaluation.gatekeeper.constraints import GROUP as CONSTRAINTS
from policy_app.models import Cluster, KubeObject, KubeOwner, Refusal
from policy_app.services.cluster import store
from policy_app.services.cluster.store import DECIDING_GROUPS

WORKLOADS: Mapping[str, tuple[str, str]] = {
    "Deployment": ("apps", "deployments"),
    "StatefulSet": ("apps", "statefulsets"),
    "DaemonSet": ("apps", "daemonsets"),
    "ReplicaSet": ("apps", "replicasets"),
    "Job": ("batch", "jobs"),
    "CronJob": ("batch", "cronjobs"),
    "Pod": ("", "pods"),
    "ReplicationController": ("", "replicationcontrollers"),
}
"""The kinds that run containers, with the group and the plural that they are stored under."""
HIDDEN = "(hidden)"
SECRET_FIELDS = ("data", "stringData")
"""The fields of a Secret whose values nobody is shown."""
_MAKERS = {resource: kind for kind, resource in WORKLOADS.items() if kind != "Pod"}
_FAILED = "FailedCreate"


@dataclass(frozen=True, slots=True)
class Counts:
    """How much there is in a cluster, or in one of its namespaces."""

    namespaces: int = 0
    workloads: int = 0
    """Without Pods and ReplicaSets, which are mostly made by the others."""
    pods: int = 0
    refusals: int = 0


@dataclass(frozen=True, slots=True)
class Admission:
    """What became of a workload under the cluster's policies."""

    refused: str = ""
    """Why its Pods, or what else it makes, are refused."""
    violations: tuple[str, ...] = ()
    """What the last audit found wrong with the object itself."""


def counts(clusters: Iterable[Cluster]) -> dict[int, Counts]:
    """The counts of some clusters by primary key, in two queries."""
    found = {cluster.pk: Counts() for cluster in clusters}
    rows = KubeObject.objects.filter(_resources([*WORKLOADS.values(), ("", "namespaces")]))
    tally = rows.filter(cluster__in=found).order_by().values_list("cluster_id", "plural")
    for key, plural, number in tally.annotate(Count("pk")):
        found[key] = _counted(found[key], plural, number)
    refused = Refusal.objects.filter(cluster__in=found).order_by().values_list("cluster_id")
    for key, number in refused.annotate(Count("pk")):
        found[key] = replace(found[key], refusals=number)
    return found


def counts_by_namespace(cluster: Cluster, names: Sequence[str]) -> dict[str, Counts]:
    """The counts within some namespaces."""
    found = {name: Counts() for name in names}
    rows = workloads(cluster).filter(namespace__in=names).order_by()
    for name, plural, number in rows.values_list("namespace", "plural").annotate(Count("pk")):
        found[name] = _counted(found[name], plural, number)
    refused = refusals(cluster).filter(namespace__in=names).order_by().values_list("namespace")
    for name, number in refused.annotate(Count("pk")):
        found[name] = replace(found[name], refusals=number)
    return found


def objects(cluster: Cluster) -> QuerySet[KubeObject]:
    """Everything in a cluster."""
    return KubeObject.objects.filter(cluster=cluster)


def resources(cluster: Cluster) -> dict[str, tuple[str, str, int]]:
    """The resources with objects: group, plural and how many, by ``deployments.apps``."""
    rows = objects(cluster).order_by("plural", "group").values_list("group", "plural")
    return {
        f"{plural}.{group}" if group else plural: (group, plural, count)
        for group, plural, count in rows.annotate(Count("pk"))
    }


def namespaces(cluster: Cluster) -> QuerySet[KubeObject]:
    """The Namespaces."""
    return store.namespaces(cluster)


def workloads(cluster: Cluster) -> QuerySet[KubeObject]:
    """What runs containers, and what makes such objects."""
    return KubeObject.objects.filter(_resources(WORKLOADS.values()), cluster=cluster)


def policy_objects(cluster: Cluster) -> QuerySet[KubeObject]:
    """Gatekeeper's objects: templates, constraints, mutators, and its settings."""
    return KubeObject.objects.filter(cluster=cluster, group__in=sorted(DECIDING_GROUPS))


def events(cluster: Cluster) -> QuerySet[KubeObject]:
    """The Events, those that happened last first."""
    rows = KubeObject.objects.filter(cluster=cluster, group="", plural="events")
    return rows.order_by("-revision")


def refusals(cluster: Cluster) -> QuerySet[Refusal]:
    """The requests that were refused, the newest first."""
    return Refusal.objects.filter(cluster=cluster)


def events_about(cluster: Cluster, row: KubeObject) -> list[Object]:
    """The Events about one object, the newest first."""
    # An event is named after what it is about.
    named = events(cluster).filter(name__startswith=f"{row.name[:200]}.")
    return [one.body for one in named if _about(one.body).get("uid") == row.uid]


def still_there(cluster: Cluster, uids: Iterable[str]) -> dict[str, KubeObject]:
    """Of objects that others refer to, those that the cluster has, by uid and without bodies."""
    rows = KubeObject.objects.filter(cluster=cluster, uid__in={uid for uid in uids if uid})
    return {row.uid: row for row in rows.defer("body")}


def owned_by(row: KubeObject) -> QuerySet[KubeObject]:
    """What names an object as its owner."""
    return KubeObject.objects.filter(cluster=row.cluster_id, owners__uid=row.uid)


def admissions(cluster: Cluster, rows: Sequence[KubeObject]) -> dict[int, Admission]:
    """What became of some workloads, by primary key, in a handful of queries."""
    failures = _failures(cluster, [row for row in rows if _is_short(row)])
    violations = _violations(cluster)
    return {
        row.pk: Admission(
            failures.get(row.uid, ""),
            tuple(violations.get((str(row.body.get("kind")), row.namespace, row.name), ())),
        )
        for row in rows
    }


def without_secrets(body: Mapping[str, Any]) -> Object:
    """An object as it may be shown: a Secret's values are hidden, and so are old copies of them.

    ``managedFields`` are left out, which kubectl does not show either.
    """
    metadata = {key: value for key, value in metadata_of(body).items() if key != "managedFields"}
    shown = {**body, "metadata": metadata}
    if body.get("kind") != "Secret":
        return shown
    applied = "kubectl.kubernetes.io/last-applied-configuration"
    annotations = metadata.get("annotations")
    if isinstance(annotations, Mapping) and applied in annotations:
        shown["metadata"] = {**metadata, "annotations": {**annotations, applied: HIDDEN}}
    for name in SECRET_FIELDS:
        if isinstance(body.get(name), Mapping):
            shown[name] = dict.fromkeys(body[name], HIDDEN)
    return shown


def _resources(resources: Iterable[tuple[str, str]]) -> Q:
    return reduce(or_, (Q(group=group, plural=plural) for group, plural in resources))


def _counted(so_far: Counts, plural: str, number: int) -> Counts:
    if plural == "namespaces":
        return replace(so_far, namespaces=so_far.namespaces + number)
    if plural == "pods":
        return replace(so_far, pods=so_far.pods + number)
    if plural == "replicasets":
        return so_far
    return replace(so_far, workloads=so_far.workloads + number)


def _is_short(row: KubeObject) -> bool:
    """Whether a workload has less than it wants, as far as its status says."""
    if (row.group, row.plural) not in _MAKERS:
        return False
    spec, status = row.body.get("spec") or {}, row.body.get("status") or {}
    if row.plural == "jobs":
        return not status.get("succeeded")
    if row.plural == "cronjobs":
        return True
    if row.plural == "daemonsets":
        wanted, ready = status.get("desiredNumberScheduled", 0), status.get("numberReady")
    else:
        wanted, ready = spec.get("replicas", 1), status.get("readyReplicas")
    return int(ready or 0) < int(wanted or 0)


def _failures(cluster: Cluster, rows: Sequence[KubeObject]) -> dict[str, str]:
    """Why what some workloads want could not be created: the newest message, by their uid."""
    if not rows:
        return {}
    makers: dict[str, str] = {}
    uids, names = {row.uid for row in rows}, {row.name for row in rows}
    owned = KubeOwner.objects.filter(uid__in=uids, thing__cluster=cluster)
    owned = owned.filter(thing__plural__in=("replicasets", "jobs"))
    for uid, made, name in owned.values_list("uid", "thing__uid", "thing__name"):
        makers[made] = uid
        names.add(name)
    begins = reduce(or_, (Q(name__startswith=f"{name[:200]}.") for name in sorted(names)))
    spaces = {row.namespace for row in rows}
    found: dict[str, str] = {}
    for event in events(cluster).filter(begins, namespace__in=spaces):
        if event.body.get("reason") == _FAILED:
            about, told = str(_about(event.body).get("uid")), str(event.body.get("message"))
            found.setdefault(about, told)
            found.setdefault(makers.get(about, about), told)
    return found


def _violations(cluster: Cluster) -> dict[tuple[str, str, str], list[str]]:
    """What the constraints' statuses say, by kind, namespace and name of the object."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for row in KubeObject.objects.filter(cluster=cluster, group=CONSTRAINTS).order_by("name"):
        status = row.body.get("status")
        for one in (status.get("violations") if isinstance(status, Mapping) else None) or ():
            about = tuple(str(one.get(field) or "") for field in ("kind", "namespace", "name"))
            told = f"[{row.name}] {one.get('message', '')}"
            found.setdefault((about[0], about[1], about[2]), []).append(told)
    return found


def _about(event: Mapping[str, Any]) -> Mapping[str, Any]:
    about = event.get("involvedObject")
    return about if isinstance(about, Mapping) else {}
