"""Which policies of an assignment are in force on which clusters, without installing them."""

from __future__ import annotations

from dataclasses import dataclass

from policy_app import wall_clock
from policy_app.evaluation.language.assignments import EffectivePolicy
from policy_app.evaluation.language.constraints import (
    changes_objects,
    why_absent,
    why_elsewhere,
    why_unused,
)
from policy_app.evaluation.language.errors import LanguageError
from policy_app.evaluation.language.exemptions import why_exempt
from policy_app.models import Cluster
from policy_app.services import enforcement, exemptions, reach
from policy_app.services.drafts import AssignmentDraft
from policy_app.services.errors import PolicyError


@dataclass(frozen=True, slots=True)
class Covered:
    """A cluster that an assignment reaches, and what the assignment has in force there."""

    cluster: Cluster
    policies: list[EffectivePolicy]
    """None where the add-on is off, or where each policy is switched off, exempt, not selected or
    for other clusters."""


def coverage(draft: AssignmentDraft) -> list[Covered]:
    """The clusters that the assignment reaches, by name.

    An assignment that no longer fits its definition has nothing in force.
    """
    clusters = reach.clusters_reached(draft)
    try:
        assigned = enforcement.assigned(draft)
        return [Covered(one, _in_force(assigned, one)) for one in clusters]
    except (LanguageError, PolicyError):
        return [Covered(one, []) for one in clusters]


def _in_force(assigned: enforcement.Assigned, cluster: Cluster) -> list[EffectivePolicy]:
    if not cluster.addon_enabled:
        return []
    resource, now = enforcement.resource_of(cluster), wall_clock.now()
    exempting = exemptions.holding(cluster)
    return [
        one
        for one in assigned.on(cluster)
        if isinstance(one, EffectivePolicy)
        and _is_used(one)
        and why_exempt(one, exempting, resource, now) is None
        and why_elsewhere(one, resource) is None
    ]


def _is_used(policy: EffectivePolicy) -> bool:
    absence = why_unused(policy) if changes_objects(policy) else why_absent(policy)
    return absence is None
