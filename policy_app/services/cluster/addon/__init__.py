"""The Azure Policy add-on: it makes what is assigned to a cluster templates, constraints, mutators.

``catch_up`` is called wherever a cluster is looked at; ``sync`` is the clock that people and tests
push; ``switch`` turns the add-on on and off; ``audit`` looks at what is there; ``timeline`` tells
how far each assignment has come.
"""

from __future__ import annotations

from policy_app.models import Cluster
from policy_app.services.cluster.addon.auditing import refresh as audit
from policy_app.services.cluster.addon.progress import STEPS, Step, Timeline, of_cluster
from policy_app.services.cluster.addon.rounds import (
    CYCLE,
    Generation,
    Timing,
    catch_up,
    due_by_time,
    next_sync,
    set_generation,
    set_timing,
    state_of,
    switch,
    sync,
)

__all__ = [
    "CYCLE",
    "STEPS",
    "Generation",
    "Step",
    "Timeline",
    "Timing",
    "audit",
    "catch_up",
    "due_by_time",
    "next_sync",
    "set_generation",
    "set_timing",
    "state_of",
    "switch",
    "sync",
    "timeline",
]


def timeline(cluster: Cluster) -> list[Timeline]:
    """How far each assignment has come, after the add-on and the audit have done their part."""
    catch_up(cluster)
    audit(cluster)
    return of_cluster(cluster)
