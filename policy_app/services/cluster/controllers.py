"""What the cluster does by itself (to be completed)."""

from __future__ import annotations

from policy_app.models import Cluster, KubeObject
from policy_app.services.cluster.store import Writer


def settle(cluster: Cluster) -> None:
    return None


def time_came(writer: Writer, row: KubeObject) -> None:
    return None
