"""What time alone does to a cluster, done when somebody looks.

There is no thread that waits: whoever reads, writes or watches a cluster first has done what has
become due since, moment by moment and dated as if it had been done then, so that nobody can tell
the difference.  What a process that died left to do is done as well.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from policy_app import wall_clock
from policy_app.models import Cluster, ClusterState, KubeObject
from policy_app.services.cluster import addon, controllers
from policy_app.services.cluster.store import writing

_MOST_MOMENTS = 100
_AT_ONCE = 1_000


def catch_up(cluster: Cluster) -> None:
    """Do what has become due; a few cheap look-ups where nothing has."""
    # What was assigned since is there before anything else happens.
    addon.catch_up(cluster)
    if not _is_behind(cluster):
        return
    controllers.settle(cluster)
    for _ in range(_MOST_MOMENTS):
        moment = _next_moment(cluster)
        if moment is None:
            return
        with writing(cluster, moment) as writer:
            due = list(_due(cluster, moment).order_by("due_at", "pk")[:_AT_ONCE])
            for row in due:
                row.due_at = None
            KubeObject.objects.filter(pk__in=[row.pk for row in due]).update(due_at=None)
            controllers.time_came(writer, due)
        controllers.settle(cluster, moment)


def _is_behind(cluster: Cluster) -> bool:
    due = Exists(_due(OuterRef("cluster"), wall_clock.now()))
    state = ClusterState.objects.filter(cluster=cluster)
    return state.filter(Q(settled__lt=F("revision")) | due).exists()


def _next_moment(cluster: Cluster) -> datetime | None:
    """The first moment that has come and was not seen to."""
    found = _due(cluster, wall_clock.now()).order_by("due_at").values_list("due_at", flat=True)
    return found.first()


def _due(cluster: Any, now: datetime) -> QuerySet[KubeObject]:
    return KubeObject.objects.filter(cluster=cluster, due_at__lte=now)
