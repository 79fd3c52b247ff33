"""To which workload an object belongs, and which workloads have no Pods yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from policy_app.apimachinery.objects import name_of, uid_of
from policy_app.models import Cluster, KubeObject, KubeOwner
from policy_app.services.owners import Owner, controlling, upward

_BETWEEN = ("replicasets", "jobs")
"""What stands between a Pod and the workload that somebody wrote."""


class Workloads:
    """The owners of one cluster's objects; what stands between is read once.

    Only owners that control count: what another one owns would not be made by it again.
    """

    def __init__(self, cluster: Cluster) -> None:
        rows = KubeObject.objects.filter(cluster=cluster, plural__in=_BETWEEN)
        self._above = {row.uid: controlling(row.body) for row in rows.iterator()}

        pods = KubeOwner.objects.filter(thing__cluster=cluster, thing__plural="pods")
        owners = (Owner("", "", uid) for uid in pods.values_list("uid", flat=True).distinct())
        self._with_pods = frozenset(
            one.uid for owner in owners for one in upward(owner, self._above)
        )

    def of(self, thing: Mapping[str, Any]) -> str:
        """``Deployment web`` for its Pod, and for itself."""
        owner = controlling(thing)
        if owner is None:
            return f"{thing.get('kind', '')} {name_of(thing)}"
        outermost = upward(owner, self._above)[-1]
        return f"{outermost.kind} {outermost.name}"

    def would_make_pods(self, thing: Mapping[str, Any]) -> bool:
        """Whether its Pods must be imagined: nobody made it, and none of its Pods is there.

        What a Deployment made for an older revision will never make Pods again.
        """
        return controlling(thing) is None and uid_of(thing) not in self._with_pods
