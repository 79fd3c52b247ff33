"""What a cluster does by itself: controllers look at every change, and at what has become due.

``settle`` goes on until nothing changes any more.  Each round is one transaction, and the state
says how far controllers have come, so that a process that dies leaves the rest to the next request.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import structlog

from policy_app.models import Cluster, ClusterState, KubeChange, KubeObject
from policy_app.services.cluster.controllers import (
    daemonsets,
    deployments,
    garbage,
    gatekeeper,
    namespaces,
    pods,
    replicasets,
    statefulsets,
)
from policy_app.services.cluster.store import Writer, writing

_MOST_ROUNDS = 200
_AT_ONCE = 200
_log = structlog.get_logger("controllers")

Reconcile = Callable[[Writer, KubeChange], None]
WhenTimeComes = Callable[[Writer, KubeObject], None]

_EVERYTHING: tuple[Reconcile, ...] = (garbage.changed,)
_BY_RESOURCE: Mapping[tuple[str, str], tuple[Reconcile, ...]] = {
    ("", "pods"): (
        pods.changed,
        replicasets.pod_changed,
        daemonsets.pod_changed,
        statefulsets.pod_changed,
    ),
    ("", "replicationcontrollers"): (replicasets.changed,),
    ("apps", "replicasets"): (replicasets.changed, deployments.set_changed),
    ("apps", "deployments"): (deployments.changed,),
    ("apps", "daemonsets"): (daemonsets.changed,),
    ("apps", "statefulsets"): (statefulsets.changed,),
    ("apiextensions.k8s.io", "customresourcedefinitions"): (gatekeeper.definition_changed,),
    ("templates.gatekeeper.sh", "constrainttemplates"): (gatekeeper.template_changed,),
}
_BY_GROUP: Mapping[str, tuple[Reconcile, ...]] = {
    "constraints.gatekeeper.sh": (gatekeeper.constraint_changed,),
    "mutations.gatekeeper.sh": (gatekeeper.mutator_changed,),
}
_BY_TIME: Mapping[tuple[str, str], WhenTimeComes] = {
    ("", "namespaces"): namespaces.time_came,
}


def settle(cluster: Cluster) -> None:
    """Let the controllers see every change that none of them has seen yet."""
    for _ in range(_MOST_ROUNDS):
        state = ClusterState.objects.filter(cluster=cluster).first()
        if state is None or state.settled >= state.revision:
            return
        with writing(cluster) as writer:
            _round(writer)


def time_came(writer: Writer, row: KubeObject) -> None:
    """An object's moment has come."""
    act = _BY_TIME.get((row.group, row.plural))
    if act is not None:
        act(writer, row)


def _round(writer: Writer) -> None:
    changes = KubeChange.objects.filter(
        cluster=writer.cluster, revision__gt=writer.state.settled
    ).order_by("revision")[:_AT_ONCE]
    for change in list(changes):
        writer.state.settled = change.revision
        for reconcile in _concerned(change):
            _attempt(reconcile, writer, change)


def _concerned(change: KubeChange) -> tuple[Reconcile, ...]:
    """The controllers that look at a change."""
    own = _BY_RESOURCE.get((change.group, change.plural), ())
    return (*_EVERYTHING, *own, *_BY_GROUP.get(change.group, ()))


def _attempt(reconcile: Reconcile, writer: Writer, change: KubeChange) -> None:
    """One controller's look at one change; its failure is logged, and keeps nobody back."""
    try:
        with writer.savepoint():
            reconcile(writer, change)
    except Exception:
        _log.exception("controller failed", change=str(change))
