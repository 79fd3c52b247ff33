"""What people attest, as policy states: the record of a manual policy says what they say.

It is made when somebody asks, from the attestation and from what is assigned then, so that an
attestation of a policy that is gone, or that has expired, has no record.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from policy_app.evaluation.language.assignments import EffectivePolicy
from policy_app.evaluation.language.effects import MANUAL
from policy_app.evaluation.language.errors import LanguageError
from policy_app.models import Assignment, Attestation, PolicyState, Scope
from policy_app.services import assigned_policies, assignments, attestations
from policy_app.services.compliance.arm_context import About, Context
from policy_app.services.errors import PolicyError


class _Manual(NamedTuple):
    """A manual policy, and the assignment that puts it to work."""

    policy: EffectivePolicy
    assignment: Assignment


def of(scope: Scope, context: Context) -> Iterator[tuple[Attestation, About]]:
    """The attestations at and below a scope that stand, with what their records share.

    A policy is looked up once, however many attestations are about it.
    """
    rows = attestations.at_and_below(scope).select_related("scope__cluster")
    known: dict[tuple[str, str], _Manual | None] = {}
    for row in rows.filter(attestations.unexpired()).order_by("pk"):
        key = (row.assignment_key, row.reference_id.lower())
        if key not in known:
            known[key] = _manual(row)
        found = known[key]
        if found is not None and attestations.concerns(*found, row.scope):
            state = _as_judged(row, found.policy)
            yield row, context.about(state, row.scope, attestations.resource_type(row.scope))


def _manual(row: Attestation) -> _Manual | None:
    """The policy that an attestation is about; None where it is gone, or no longer manual."""
    assignment = assignments.find_by_id(row.assignment_arm_id)
    if assignment is None:
        return None
    try:
        policy = assigned_policies.policy_of(assignment, row.reference_id)
    except (PolicyError, LanguageError):
        return None
    if policy is None or policy.effect != MANUAL:
        return None
    return _Manual(policy, assignment)


def _as_judged(row: Attestation, policy: EffectivePolicy) -> PolicyState:
    """The policy as if an audit had judged it; not stored."""
    return PolicyState(
        assignment_key=row.assignment_key,
        definition_key=policy.definition.id.lower(),
        definition_version=policy.definition.version,
        set_definition_key=policy.set_definition_id.lower(),
        reference_id=policy.reference_id,
        effect=MANUAL,
    )
