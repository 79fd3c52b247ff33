"""What time alone does to a cluster, done when somebody looks.

There is no thread that waits: whoever reads, writes or watches a cluster first has done what has
become due since, so that nobody can tell the difference.
"""

from __future__ import annotations

from django.utils import timezone

from policy_app.models import Cluster, KubeObject
from policy_app.services.cluster import addon, controllers
from policy_app.services.cluster.store import writing

_AT_ONCE = 200


def catch_up(cluster: Cluster) -> None:
    """Do what has become due; a few cheap look-ups where nothing has."""
    addon.catch_up(cluster)
    if not _due(cluster):
        return
    with writing(cluster) as writer:
        for row in _due(cluster):
            writer.wake_at(row, None)
            controllers.time_came(writer, row)
    controllers.settle(cluster)


def _due(cluster: Cluster) -> list[KubeObject]:
    now = timezone.now()
    return list(
        KubeObject.objects.filter(cluster=cluster, due_at__lte=now).order_by("due_at")[:_AT_ONCE]
    )
