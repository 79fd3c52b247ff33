"""When the add-on works: at once after every change in the portal, or every 15 minutes.

There is no thread that waits.  Whoever looks at a cluster asks first whether the add-on has
something to do, which is one cheap statement; so nobody sees a cluster that is behind, and no
change can be missed, whatever made it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from policy_app import wall_clock
from policy_app.evaluation.language.reasons import TEMPLATE_INSTALL_FAILED
from policy_app.models import AddonState, Cluster
from policy_app.services import activity, authorization
from policy_app.services.authorization import Actor, actions
from policy_app.services.cluster import bootstrap, controllers
from policy_app.services.cluster.addon import estate, progress, syncing
from policy_app.services.cluster.addon.estate import Estate
from policy_app.services.cluster.addon.wanted import Wanted, wanted_on
from policy_app.services.cluster.store import writing

CYCLE = timedelta(minutes=15)
"""How often Azure's add-on asks for assignments, and sets back what was changed by hand."""
_RETRY = timedelta(minutes=5)

Timing = AddonState.Timing
Generation = Cluster.Generation


def state_of(cluster: Cluster) -> AddonState:
    """How the cluster's add-on works, and when it last did."""
    found = AddonState.objects.filter(cluster=cluster).first()
    return found or AddonState.objects.get_or_create(cluster=cluster)[0]


def due_by_time(state: AddonState) -> datetime | None:
    """When there is something to do though nobody changes anything; None for never."""
    if not state.enabled or state.synced_at is None:
        return None
    cycle = state.synced_at + CYCLE
    at_once = state.timing == Timing.AT_ONCE
    return min(cycle, state.due_at) if at_once and state.due_at is not None else cycle


def catch_up(cluster: Cluster) -> None:
    """Sync where it is time to; two statements where it is not."""
    standing = estate.look(cluster)
    if _is_due(state_of(cluster), standing, wall_clock.now()):
        _sync(cluster, standing, pushed=False)


def sync(cluster: Cluster, by: Actor = None) -> None:
    """Sync now, whatever the clock says: the button, and the tests."""
    _require(cluster, by)
    _sync(cluster, estate.look(cluster), pushed=True)
    if by is not None:
        _record(cluster, by, {}, {"addonSynced": True})


@transaction.atomic
def set_timing(cluster: Cluster, timing: str, by: Actor = None) -> None:
    """Choose when the add-on takes over what was assigned.  Raises ``ValueError``."""
    _require(cluster, by)
    chosen = Timing(timing)
    before = state_of(cluster).timing
    _record(cluster, by, {"addonTiming": before}, {"addonTiming": str(chosen)})
    AddonState.objects.filter(cluster=cluster).update(timing=chosen)


@transaction.atomic
def set_generation(cluster: Cluster, generation: str, by: Actor = None) -> None:
    """Choose as which Gatekeeper the cluster refuses.  Raises ``ValueError``."""
    _require(cluster, by)
    chosen = Generation(generation)
    _record(cluster, by, {"gatekeeper": cluster.gatekeeper}, {"gatekeeper": str(chosen)})
    Cluster.objects.filter(pk=cluster.pk).update(gatekeeper=chosen)
    cluster.gatekeeper = chosen


def switch(cluster: Cluster, *, on: bool, by: Actor = None) -> None:
    """Turn the add-on on or off; what it has in the cluster comes or goes at once.

    Where the process dies half-way, the next one that looks at the cluster goes on.
    """
    _require(cluster, by)
    with transaction.atomic():
        _record(cluster, by, {"addonEnabled": cluster.addon_enabled}, {"addonEnabled": on})
        Cluster.objects.filter(pk=cluster.pk).update(addon_enabled=on)
    cluster.addon_enabled = on
    sync(cluster)


def next_sync(cluster: Cluster) -> datetime | None:
    """When the add-on looks again by itself; None where it does at every change."""
    state = state_of(cluster)
    if state.timing == Timing.AT_ONCE or state.synced_at is None:
        return None
    return state.synced_at + CYCLE


def _require(cluster: Cluster, by: Actor) -> None:
    action = actions.change_cluster(cluster.resource_type)
    authorization.require(by, action, cluster.scope)


def _record(cluster: Cluster, by: Actor, before: dict[str, Any], after: dict[str, Any]) -> None:
    if before != after:
        action = actions.change_cluster(cluster.resource_type)
        scope = cluster.scope
        activity.record(by, action, scope.arm_id, scope=scope, before=before, after=after)


def _is_due(state: AddonState, standing: Estate, now: datetime) -> bool:
    if state.synced_at is None or state.enabled != standing.enabled:
        return True
    if not standing.enabled:
        return False
    if now >= state.synced_at + CYCLE:
        return True
    if state.timing == Timing.AZURE:
        return False
    return state.estate != standing.mark or (state.due_at is not None and now >= state.due_at)


def _sync(cluster: Cluster, standing: Estate, *, pushed: bool) -> None:
    fresh = Cluster.objects.select_related("scope__parent").get(pk=cluster.pk)
    bootstrap.fill(fresh)
    # Templates may have to be fetched, which must not hold the cluster's lock.
    wanted = wanted_on(fresh) if standing.enabled else Wanted()
    state_of(fresh)
    with writing(fresh) as writer:
        state = AddonState.objects.select_for_update().get(cluster=fresh)
        if not pushed and not _is_due(state, standing, writer.now):
            return
        if standing.enabled:
            syncing.install_parts(writer)
            syncing.install(writer, wanted)
            syncing.remove_unwanted(writer, wanted)
        elif state.enabled:
            syncing.remove_everything(writer)
        progress.note(fresh, wanted, writer.now, enabled=standing.enabled)
        state.enabled, state.estate = standing.enabled, standing.mark
        state.synced_at, state.due_at = writer.now, _next_look(fresh, wanted, writer.now)
        state.save(update_fields=["enabled", "estate", "synced_at", "due_at"])
    controllers.settle(fresh)


def _next_look(cluster: Cluster, wanted: Wanted, now: datetime) -> datetime | None:
    """When something changes without anybody's doing: an exemption ends, a text can be had."""
    ends = estate.next_end(cluster)
    missing = any(one.code == TEMPLATE_INSTALL_FAILED for one in wanted.not_installed)
    moments = [one for one in (ends, now + _RETRY if missing else None) if one is not None]
    return min(moments, default=None)
