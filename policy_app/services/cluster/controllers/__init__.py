"""What a cluster does by itself: controllers look at every change, and at what has become due.

``settle`` goes on until nothing changes any more.  Each round is one transaction, and the state
says how far controllers have come, so that a process that dies leaves the rest to the next request.

A controller joins by a line in one of the tables below.  ``_ASKING`` are looks that write nothing
and ask for work with ``Writer.soon``, which is done once a round; ``_ACTING`` write at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import partial

import structlog
from django.db.models import QuerySet

from policy_app.evaluation.gatekeeper.constraints import GROUP as CONSTRAINTS
from policy_app.evaluation.gatekeeper.mutation.mutator import GROUP as MUTATIONS
from policy_app.evaluation.gatekeeper.templates import GROUP as TEMPLATES
from policy_app.models import Cluster, ClusterState, KubeChange, KubeObject
from policy_app.services.cluster import events
from policy_app.services.cluster.controllers import (
    budgets,
    crds,
    cronjobs,
    daemonsets,
    deployments,
    garbage,
    gatekeeper,
    jobs,
    looking,
    namespaces,
    pods,
    policies,
    quotas,
    replicasets,
    scalers,
    services,
    statefulsets,
    volumes,
)
from policy_app.services.cluster.controllers.looking import Look
from policy_app.services.cluster.store import (
    DECIDING_GROUPS,
    POLICY_DOMAIN,
    Act,
    Writer,
    writing,
)

_MOST_ROUNDS = 100
_MOST_PASSES = 10
_AT_ONCE = 2_000
_FEW = 10
_log = structlog.get_logger("controllers")

Resource = tuple[str, str]

_scale = looking.namespace(scalers.scale)
_count = looking.namespace(budgets.count)
_ASKING: Mapping[Resource, tuple[Look, ...]] = {
    ("", "namespaces"): (namespaces.look,),
    ("", "serviceaccounts"): (namespaces.content_changed,),
    ("", "configmaps"): (namespaces.content_changed,),
    ("", "nodes"): (pods.node_changed, daemonsets.node_changed),
    ("", "pods"): (
        pods.look,
        looking.controller("ReplicaSet", replicasets.keep),
        looking.controller("ReplicationController", replicasets.keep),
        looking.controller("DaemonSet", daemonsets.keep),
        looking.controller("StatefulSet", statefulsets.keep),
        looking.controller("Job", jobs.keep),
        looking.namespace(services.publish),
        _count,
        volumes.pod_changed,
    ),
    ("", "replicationcontrollers"): (looking.itself(replicasets.keep),),
    ("", "services"): (services.look,),
    ("networking.k8s.io", "ingresses"): (looking.itself(services.ask_for_address),),
    ("", "persistentvolumeclaims"): (volumes.look,),
    ("apps", "replicasets"): (
        looking.itself(replicasets.keep),
        looking.controller("Deployment", deployments.keep),
    ),
    ("apps", "deployments"): (looking.itself(deployments.keep), _scale),
    ("apps", "daemonsets"): (looking.itself(daemonsets.keep),),
    ("apps", "statefulsets"): (looking.itself(statefulsets.keep), _scale),
    ("batch", "jobs"): (
        looking.itself(jobs.keep),
        looking.controller("CronJob", cronjobs.keep),
    ),
    ("batch", "cronjobs"): (looking.itself(cronjobs.keep),),
    ("policy", "poddisruptionbudgets"): (_count,),
    ("autoscaling", "horizontalpodautoscalers"): (_scale,),
}
_DEFINITIONS = ("apiextensions.k8s.io", "customresourcedefinitions")
_ACTING: Mapping[Resource, tuple[Look, ...]] = {
    _DEFINITIONS: (
        crds.accept,
        gatekeeper.definition_changed,
    ),
    (TEMPLATES, "constrainttemplates"): (gatekeeper.template_changed,),
}
_ACTING_ON_GROUP: Mapping[str, tuple[Look, ...]] = {
    CONSTRAINTS: (gatekeeper.constraint_changed,),
    MUTATIONS: (gatekeeper.mutator_changed,),
}
_WHEN_DUE: Mapping[Resource, Act] = {
    **policies.KEEPERS,
    ("", "namespaces"): namespaces.empty,
    ("", "events"): events.forget,
    ("", "pods"): pods.end,
    ("", "services"): services.give_address,
    ("networking.k8s.io", "ingresses"): services.give_address,
    ("apps", "deployments"): deployments.keep,
}


def settle(cluster: Cluster, now: datetime | None = None) -> None:
    """Let the controllers see every change that none of them has seen yet.

    ``now`` is the moment at which the cluster's clock stands, where that is not the present.
    """
    for _ in range(_MOST_ROUNDS):
        state = ClusterState.objects.filter(cluster=cluster).first()
        if state is None or state.settled >= state.revision:
            return
        if _passes_over(cluster, state):
            continue
        with writing(cluster, now) as writer:
            _round(writer)
    _log.warning("controllers found no rest; the next request goes on", cluster=cluster.pk)


def time_came(writer: Writer, due: Iterable[KubeObject]) -> None:
    """The moments of objects have come."""
    for row in due:
        act = _WHEN_DUE.get((row.group, row.plural))
        if act is not None:
            writer.soon(act, row.uid)
    _work(writer)


def _passes_over(cluster: Cluster, state: ClusterState) -> bool:
    """Whether nobody cares for the newest changes, which then needs no lock to be noted."""
    if state.revision - state.settled > _FEW:
        return False
    concerns = _is_policy if cluster.is_mirror else _concerns
    if any(concerns(change) for change in _unseen(state)):
        return False
    same = ClusterState.objects.filter(pk=state.pk, settled=state.settled)
    return bool(same.update(settled=state.revision))


def _concerns(change: KubeChange) -> bool:
    resource = (change.group, change.plural)
    return (
        resource in _ASKING
        or quotas.concerns(change)
        or resource in _ACTING
        or change.group in DECIDING_GROUPS
        or garbage.concerns(change)
    )


def _is_policy(change: KubeChange) -> bool:
    """Whether a change is of Gatekeeper's objects, or of the definition of such a kind."""
    resource = (change.group, change.plural)
    defines = resource == _DEFINITIONS and change.name.endswith(POLICY_DOMAIN)
    return change.group in DECIDING_GROUPS or defines


def _unseen(state: ClusterState) -> QuerySet[KubeChange]:
    """The changes that controllers have not seen; Events concern none of them."""
    found = KubeChange.objects.filter(cluster_id=state.cluster_id, revision__lte=state.revision)
    found = found.filter(revision__gt=state.settled).exclude(group="", plural="events")
    return found.order_by("revision")


def _round(writer: Writer) -> None:
    state = writer.state
    changes = list(_unseen(state)[:_AT_ONCE])
    state.settled = changes[-1].revision if len(changes) == _AT_ONCE else state.revision
    for change in changes:
        _show(writer, change)
    _work(writer)


def _show(writer: Writer, change: KubeChange) -> None:
    """Let everybody concerned see one change."""
    if writer.cluster.is_mirror and not _is_policy(change):
        # Its controllers run in the real cluster; made twice, everything would be wrong.
        return
    resource = (change.group, change.plural)
    garbage.look(writer, change)
    quotas.look(writer, change)
    for look in _ASKING.get(resource, ()):
        look(writer, change)
    if change.group in DECIDING_GROUPS:
        policies.changed(writer, change)
    for act in (*_ACTING.get(resource, ()), *_ACTING_ON_GROUP.get(change.group, ())):
        _attempt(writer, partial(act, writer, change), change=str(change))


def _work(writer: Writer) -> None:
    """Do what was asked for, and what that asks for in turn."""
    for _ in range(_MOST_PASSES):
        queue, writer.queue = writer.queue, {}
        if not queue:
            return
        for act, keys in queue.items():
            _act(writer, act, list(keys))


def _act(writer: Writer, act: Act, keys: list[str]) -> None:
    """All at once; where that fails, one by one, so that one object keeps nobody else back."""
    name = act.__module__
    done = _attempt(writer, partial(act, writer, keys), controller=name, objects=len(keys))
    if not done and len(keys) > 1:
        for key in keys:
            _attempt(writer, partial(act, writer, [key]), controller=name, object=key)


def _attempt(writer: Writer, act: Callable[[], None], **about: object) -> bool:
    """Whether it went well.  A failure is logged, undone, and leaves the rest of the round."""
    try:
        with writer.savepoint():
            act()
    except Exception:
        _log.exception("controller failed", **about)
        return False
    return True
