"""What is in a cluster before anybody puts something there (to be completed)."""

from __future__ import annotations

from policy_app.models import Cluster, ClusterState
from policy_app.services.cluster import kinds
from policy_app.services.cluster.store import writing


def ensure(cluster: Cluster) -> None:
    """Fill a cluster that has never been used."""
    if ClusterState.objects.filter(cluster=cluster).exists():
        return
    kind = kinds.builtins_of(cluster).of("v1", "Namespace")
    assert kind is not None
    with writing(cluster) as writer:
        for namespace in cluster.namespaces.all():
            if writer.find(kind, "", namespace.name) is None:
                body = {
                    **namespace.as_object(),
                    "spec": {"finalizers": ["kubernetes"]},
                    "status": {"phase": "Active"},
                }
                writer.add(kind, body)
