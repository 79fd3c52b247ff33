"""One policy of an assignment, as remediations and attestations name it: by two ids."""

from __future__ import annotations

from policy_app.evaluation.language.assignments import EffectivePolicy
from policy_app.evaluation.language.errors import LanguageError
from policy_app.models import Assignment
from policy_app.services import assignments, authorization, enforcement
from policy_app.services.authorization import Actor
from policy_app.services.drafts import from_assignment
from policy_app.services.errors import NotFound, PolicyError

ASSIGNMENT = "properties.policyAssignmentId"
REFERENCE = "properties.policyDefinitionReferenceId"


class NoPolicyError(Exception):
    """A body means no policy of the assignment; ``target`` is its field that is at fault."""

    def __init__(self, why: str, target: str) -> None:
        super().__init__(why)
        self.target = target


def assignment_for(by: Actor, arm_id: str) -> Assignment:
    """The assignment that a body names, for who may know of it.  Raises ``NotFound``."""
    found = assignments.find_by_id(arm_id)
    if found is None or not authorization.knows(by, found.scope):
        raise NotFound(
            "PolicyAssignmentNotFound",
            f"The policy assignment '{arm_id}' is not found.",
            target=ASSIGNMENT,
        )
    return found


def meant(assignment: Assignment, reference_id: str) -> EffectivePolicy:
    """The policy that a body means.  Raises ``NoPolicyError``, which says why there is none."""
    if assignment.definition.is_initiative and not reference_id:
        why = "The policy assignment assigns a policy set definition: name one policy of it."
        raise NoPolicyError(f"'policyDefinitionReferenceId' is missing. {why}", REFERENCE)
    try:
        policy = policy_of(assignment, reference_id)
    except (PolicyError, LanguageError) as error:
        why = f"The policy assignment cannot be put to work: {error}"
        raise NoPolicyError(why, ASSIGNMENT) from None
    if policy is None:
        which = f"policy '{reference_id}'" if reference_id else "policy"
        why = f"The policy assignment has no {which} that can be put to work."
        raise NoPolicyError(why, REFERENCE if reference_id else ASSIGNMENT)
    return policy


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
