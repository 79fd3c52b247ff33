"""What goes when an assignment goes."""

from __future__ import annotations

from dataclasses import dataclass

from policy_app.evaluation.language.assignments import EffectivePolicy
from policy_app.evaluation.language.errors import LanguageError
from policy_app.models import Assignment, Cluster
from policy_app.services import enforcement, reach
from policy_app.services.drafts import AssignmentDraft, from_assignment
from policy_app.services.errors import PolicyError


@dataclass(frozen=True, slots=True)
class Lifted:
    """What a deletion would lift."""

    clusters: list[Cluster]
    policies: list[str]
    """The display names of the policies in force; none where every effect is Disabled."""
    enforcing: bool
    """True where something is refused today because of it."""


def lifted_by(assignment: Assignment) -> Lifted:
    """What the assignment has in force today, and where."""
    draft = from_assignment(assignment)
    active = [one for one in _policies(draft) if one.enforcement_action or one.effect == "Mutate"]
    return Lifted(
        clusters=reach.clusters_reached(draft),
        policies=[one.definition.display_name for one in active],
        enforcing=any(one.enforcement_action == "deny" for one in active),
    )


def _policies(draft: AssignmentDraft) -> list[EffectivePolicy]:
    """None where the assignment no longer fits its definition: then nothing of it is in force."""
    try:
        found = enforcement.policies_of(draft)
    except (LanguageError, PolicyError):
        return []
    return [one for one in found if isinstance(one, EffectivePolicy)]
