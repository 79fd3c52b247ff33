"""To which workload an object belongs: its outermost owner, by which people know it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from policy_app.apimachinery.objects import name_of, owners_of, uid_of
from policy_app.models import Cluster, KubeObject, KubeOwner

_BETWEEN = ("replicasets", "jobs")
"""What stands between a Pod and the workload that somebody wrote."""
_MOST_STEPS = 5


class Workloads:
    """The owners of one cluster's objects; what stands between is read once."""

    def __init__(self, cluster: Cluster) -> None:
        rows = KubeObject.objects.filter(cluster=cluster, plural__in=_BETWEEN)
        self._owners = {
            row.uid: owner for row in rows.iterator() if (owner := controller_of(row.body))
        }

        pods = KubeOwner.objects.filter(thing__cluster=cluster, thing__plural="pods")
        owners = pods.values_list("uid", flat=True).distinct()
        self._with_pods = frozenset(uid for owner in owners for uid in self._upward(owner))

    def of(self, thing: Mapping[str, Any]) -> str:
        """``Deployment web`` for its Pod, and for itself."""
        owner = controller_of(thing)
        if owner is None:
            return f"{thing.get('kind', '')} {name_of(thing)}"
        for uid in self._upward(str(owner.get("uid"))):
            owner = self._owners.get(uid, owner)
        return f"{owner.get('kind', '')} {owner.get('name', '')}"

    def would_make_pods(self, thing: Mapping[str, Any]) -> bool:
        """Whether its Pods must be imagined: nobody made it, and none of its Pods is there.

        What a Deployment made for an older revision will never make Pods again.
        """
        return controller_of(thing) is None and uid_of(thing) not in self._with_pods

    def _upward(self, uid: str) -> Iterator[str]:
        """A uid, and those of the owners above it."""
        for _ in range(_MOST_STEPS):
            yield uid
            above = self._owners.get(uid)
            if above is None:
                return
            uid = str(above.get("uid"))


def controller_of(thing: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The owner reference that manages an object, where one does."""
    owners = owners_of(thing)
    return next((one for one in owners if one.get("controller")), None)
