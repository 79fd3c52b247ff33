"""How many Pods each ReplicaSet of a Deployment may have next: the arithmetic of a rollout.

Nothing is written here.  Each function gives pairs of a set's key and its new number of replicas;
the next step follows when the cluster has followed this one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from policy_app.models import KubeObject
from policy_app.services.cluster.controllers import making

_USUAL = "25%"

Step = Iterator[tuple[int, int]]


def is_recreated(deployment: Mapping[str, Any]) -> bool:
    """Whether the old Pods go before the new ones come."""
    return bool(_strategy(deployment).get("type") == "Recreate")


def surge(deployment: Mapping[str, Any]) -> int:
    """How many Pods there may be above what is wanted."""
    if is_recreated(deployment):
        return 0
    return _number(deployment, "maxSurge", math.ceil)


def unavailable(deployment: Mapping[str, Any]) -> int:
    """How many Pods below what is wanted may be available; with no surge, at least one."""
    if is_recreated(deployment):
        return 0
    found = _number(deployment, "maxUnavailable", math.floor)
    least = 1 if not found and not surge(deployment) else found
    return min(least, making.replicas_of(deployment))


def begun(deployment: Mapping[str, Any], older: list[KubeObject]) -> int:
    """With how many Pods a new set begins: as many as there is room for beside the old ones."""
    wanted = making.replicas_of(deployment)
    there = sum(making.replicas_of(one.body) for one in older)
    if is_recreated(deployment):
        return 0 if there else wanted
    return max(0, min(wanted, wanted + surge(deployment) - there))


def recreated(deployment: Mapping[str, Any], newest: KubeObject, older: list[KubeObject]) -> Step:
    """All old Pods go; when they are gone, the new ones come."""
    for one in older:
        yield one.pk, 0
    if not any(making.replicas_of(one.body) or _status(one, "replicas") for one in older):
        yield newest.pk, making.replicas_of(deployment)


def rolled(deployment: Mapping[str, Any], newest: KubeObject, older: list[KubeObject]) -> Step:
    """New Pods come up to the surge; old ones go as far as enough Pods are available."""
    wanted = making.replicas_of(deployment)
    total = sum(making.replicas_of(one.body) for one in (newest, *older))
    new = making.replicas_of(newest.body)
    if new > wanted:
        yield newest.pk, wanted
    elif new < wanted:
        room = wanted + surge(deployment) - total
        if room > 0:
            # What comes now is counted as unavailable when the old ones are looked at next.
            yield newest.pk, min(wanted, new + room)
            return
    yield from _fewer_old(deployment, newest, older, total)


def _fewer_old(
    deployment: Mapping[str, Any], newest: KubeObject, older: list[KubeObject], total: int
) -> Step:
    least = making.replicas_of(deployment) - unavailable(deployment)
    missing = making.replicas_of(newest.body) - _status(newest, "availableReplicas")
    may_go = total - least - max(missing, 0)
    available = sum(_status(one, "availableReplicas") for one in (newest, *older))
    for one in older:
        if may_go <= 0:
            return
        has = making.replicas_of(one.body)
        healthy = min(_status(one, "availableReplicas"), has)
        # What is not available is no loss; of the rest, as many as can be spared.
        gone = min(has - healthy, may_go)
        spared = min(healthy, may_go - gone, max(available - least, 0))
        may_go -= gone + spared
        available -= spared
        if gone + spared:
            yield one.pk, has - gone - spared


def _number(deployment: Mapping[str, Any], field: str, rounded: Any) -> int:
    given = (_strategy(deployment).get("rollingUpdate") or {}).get(field, _USUAL)
    if isinstance(given, str) and given.endswith("%"):
        share = int(given[:-1] or 0) * making.replicas_of(deployment) / 100
        return int(rounded(share))
    return int(given)


def _strategy(deployment: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = (deployment.get("spec") or {}).get("strategy") or {}
    return found


def _status(one: KubeObject, field: str) -> int:
    return int((one.body.get("status") or {}).get(field) or 0)
