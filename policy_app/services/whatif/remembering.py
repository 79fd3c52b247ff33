"""Examinations kept for a moment, since a wizard asks for the same one again at every step."""

from __future__ import annotations

import json
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from threading import Lock

from policy_app.models import Cluster, ClusterState
from policy_app.services import drafts
from policy_app.services.authorization import Actor
from policy_app.services.cluster.addon import estate
from policy_app.services.drafts import AssignmentDraft
from policy_app.services.whatif.examining import concerned, examine, seen
from policy_app.services.whatif.results import Impact

_KEPT = 16
_GOOD_FOR = 120.0
_lock = Lock()
_kept: OrderedDict[str, tuple[float, float, Impact]] = OrderedDict()


def examined(draft: AssignmentDraft, seconds: float, by: Actor) -> Impact:
    """What ``examine`` says, from before where nothing has changed since that it went by.

    One that was cut short earlier is done again where there is more time now.
    """
    every = concerned(draft)
    clusters = seen(every, by)
    key, now = _mark(draft, clusters), time.monotonic()
    with _lock:
        kept = _kept.get(key)
    if kept is not None:
        at, allowed, impact = kept
        if now - at < _GOOD_FOR and (impact.complete or allowed >= seconds):
            return replace(impact, hidden=len(every) - len(clusters))
    impact = examine(draft, seconds=seconds, clusters=clusters)
    with _lock:
        _kept[key] = (now, seconds, impact)
        _kept.move_to_end(key)
        while len(_kept) > _KEPT:
            _kept.popitem(last=False)
    return replace(impact, hidden=len(every) - len(clusters))


def _mark(draft: AssignmentDraft, clusters: Sequence[Cluster]) -> str:
    """What differs as soon as an examination could: the draft, the portal, the clusters."""
    revisions = ClusterState.objects.filter(cluster__in=clusters).order_by("cluster_id")
    told = [
        draft.arm_id,
        drafts.to_arm(draft),
        [[one.pk, one.gatekeeper, one.addon_enabled] for one in clusters],
        list(revisions.values_list("cluster_id", "revision", "deciding")),
        estate.look(clusters[0]).mark if clusters else "",
    ]
    return json.dumps(told, sort_keys=True, default=str)
