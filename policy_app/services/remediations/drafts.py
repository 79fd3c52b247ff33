"""What a remediation is asked for, and whether it can be done: read and checked before it is kept.

Source: the ``remediations`` resource of Microsoft.PolicyInsights, whose bounds and defaults these
are.  Azure remediates what ``deployIfNotExists`` and ``modify`` change; for Kubernetes data the
effect that changes something is ``mutate``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from policy_app.evaluation.language.constraints import changes_objects, title_of
from policy_app.evaluation.language.effects import MUTATE
from policy_app.evaluation.language.errors import LanguageError
from policy_app.evaluation.language.reading import Reader, refuse_deep
from policy_app.models import Assignment, Remediation, Scope
from policy_app.services import assigned_policies
from policy_app.services.assigned_policies import ASSIGNMENT, REFERENCE, NoPolicyError
from policy_app.services.authorization import Actor
from policy_app.services.drafts.validation import faults_of_name, refuse
from policy_app.services.errors import PolicyError

NAME_LIMIT = 128
MOST_RESOURCES = 50_000
"""The most objects that one remediation can be asked to change."""
_RESOURCES = 500
MOST_AT_ONCE = 30
"""The most of them that a worker can be asked to change in one round."""
_AT_ONCE = 10
_MOST_IDS = 100


class RemediationError(LanguageError):
    """A remediation that is not shaped as ARM requires."""

    code = "InvalidRequestContent"


@dataclass(frozen=True, slots=True)
class RemediationDraft:
    """Every field of a remediation before it is stored."""

    assignment_id: str
    reference_id: str
    discovery: str
    locations: tuple[str, ...]
    resource_ids: tuple[str, ...]
    resource_count: int
    parallel_deployments: int
    failure_threshold: float | None

    @classmethod
    def parse(cls, value: Any) -> RemediationDraft:
        """Read ARM's ``{properties}``.  Raises ``RemediationError`` with the path at fault."""
        refuse_deep(value, RemediationError)
        whole = Reader(value, "", RemediationError)
        if "properties" not in whole.fields:
            whole.refuse("properties", "is required")
        properties = whole.child("properties")
        filters = properties.child("filters")
        ids = filters.texts("resourceIds")
        if "resourceIds" in filters.fields and not 0 < len(ids) <= _MOST_IDS:
            filters.refuse("resourceIds", f"should hold 1 to {_MOST_IDS} ids")
        return cls(
            assignment_id=properties.required_text("policyAssignmentId"),
            reference_id=properties.text("policyDefinitionReferenceId"),
            discovery=properties.choice(
                "resourceDiscoveryMode",
                tuple(Remediation.Discovery.values),
                Remediation.Discovery.EXISTING,
            ),
            locations=filters.texts("locations"),
            resource_ids=ids,
            resource_count=properties.integer("resourceCount", _RESOURCES, 1, MOST_RESOURCES),
            parallel_deployments=properties.integer(
                "parallelDeployments", _AT_ONCE, 1, MOST_AT_ONCE
            ),
            failure_threshold=properties.child("failureThreshold").fraction("percentage"),
        )


def validate(scope: Scope, name: str, body: Any, by: Actor) -> RemediationDraft:
    """The remediation that a body asks for.  Raises ``PolicyError`` with what is wrong.

    ``by`` must know of the assignment.
    """
    subject, code = f"The remediation '{name}'", "InvalidRemediationName"
    faults = faults_of_name(name, NAME_LIMIT, "at this scope", what="remediation", code=code)
    refuse([*faults], subject)
    try:
        draft = RemediationDraft.parse(body)
    except LanguageError as error:
        raise PolicyError(error.code, error.message, target=error.path) from None
    refuse([*_contradictions(draft, scope, name)], subject)
    assignment = assigned_policies.assignment_for(by, draft.assignment_id)
    refuse([*_against_assignment(draft, assignment, scope, name)], subject)
    return draft


def invalid(name: str, why: str, target: str) -> PolicyError:
    """Azure's refusal of a remediation."""
    text = f"The request to create remediation '{name}' is invalid. {why}"
    return PolicyError("InvalidCreateRemediationRequest", text, target=target)


def _contradictions(draft: RemediationDraft, scope: Scope, name: str) -> Iterator[PolicyError]:
    if draft.discovery != Remediation.Discovery.EVALUATE:
        return
    target = "properties.resourceDiscoveryMode"
    if scope.kind == Scope.Kind.MANAGEMENT_GROUP:
        why = "Compliance is evaluated anew at subscriptions and below only; leave the mode out."
        yield invalid(name, why, target)
    if draft.resource_ids:
        why = "'filters.resourceIds' cannot be combined with ReEvaluateCompliance."
        yield invalid(name, why, "properties.filters.resourceIds")


def _against_assignment(
    draft: RemediationDraft, assignment: Assignment, scope: Scope, name: str
) -> Iterator[PolicyError]:
    if not scope.is_at_or_below(assignment.scope):
        why = f"'{scope.arm_id}' is not at or below '{assignment.scope.arm_id}', the scope of"
        yield invalid(name, f"{why} the policy assignment.", ASSIGNMENT)
        return
    try:
        policy = assigned_policies.meant(assignment, draft.reference_id)
    except NoPolicyError as error:
        yield invalid(name, str(error), error.target)
        return
    if not changes_objects(policy):
        why = (
            f"'{title_of(policy)}' has the effect {policy.effect}, which changes nothing. Only"
            f" policies with the effect {MUTATE} can be remediated in a cluster."
        )
        yield invalid(name, why, REFERENCE if draft.reference_id else ASSIGNMENT)
    elif policy.effect != MUTATE:
        why = f"'{title_of(policy)}' is assigned with the effect {policy.effect}, and not {MUTATE}."
        yield invalid(name, why, ASSIGNMENT)
