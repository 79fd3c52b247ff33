"""One policy of an assignment, as remediations and attestations name it: by two ids."""

from __future__ import annotations

from policy_app.evaluation.language.assignments import EffectivePolicy
from policy_app.models import Assignment
from policy_app.services import assignments, authorization, enforcement
from policy_app.services.authorization import Actor
from policy_app.services.drafts import from_assignment
from policy_app.services.errors import NotFound


def assignment_for(by: Actor, arm_id: str) -> Assignment:
    """The assignment that a body names, for who may know of it.  Raises ``NotFound``."""
    found = assignments.find_by_id(arm_id)
    if found is None or not authorization.knows(by, found.scope):
        raise NotFound(
            "PolicyAssignmentNotFound",
            f"The policy assignment '{arm_id}' is not found.",
            target="properties.policyAssignmentId",
        )
    return found


def policy_of(assignment: Assignment, reference_id: str) -> EffectivePolicy | None:
    """The policy with this reference id, which is empty where no initiative is assigned.

    None where there is none that can be put to work.  Raises ``PolicyError`` or ``LanguageError``
    where the assignment itself cannot.
    """
    wanted = reference_id.lower()
    for one in enforcement.policies_of(from_assignment(assignment)):
        if isinstance(one, EffectivePolicy) and one.reference_id.lower() == wanted:
            return one
    return None
