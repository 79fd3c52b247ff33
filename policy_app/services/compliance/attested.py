"""What people attest, as policy states: the record of a manual policy says what they say.

It is made when somebody asks, from the attestation and from what is assigned then, so that an
attestation of a policy that is gone, or that has expired, has no record.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from policy_app.evaluation.language.effects import MANUAL
from policy_app.evaluation.language.errors import LanguageError
from policy_app.models import Attestation, PolicyState, Scope
from policy_app.services import assignments, attestations
from policy_app.services.compliance.arm_context import About, Context
from policy_app.services.errors import PolicyError


def of(scope: Scope, context: Context) -> Iterator[tuple[Attestation, About]]:
    """The attestations at and below a scope that stand, with what their records share."""
    rows = attestations.at_and_below(scope).select_related("scope__cluster")
    for row in rows.filter(attestations.unexpired()).order_by("pk"):
        policy = _policy(row)
        if policy is not None:
            yield row, context.about(policy, row.scope, attestations.resource_type(row.scope))


def _policy(row: Attestation) -> PolicyState | None:
    """The policy that an attestation is about, as if it had been judged; None where it is gone."""
    assignment = assignments.find_by_id(row.assignment_arm_id)
    if assignment is None:
        return None
    try:
        policy = attestations.attested_policy(row.scope, assignment, row.reference_id)
    except (PolicyError, LanguageError):
        return None
    if policy is None:
        return None
    told: dict[str, Any] = {
        "assignment_key": row.assignment_key,
        "definition_key": policy.definition.id.lower(),
        "definition_version": policy.definition.version,
        "set_definition_key": policy.set_definition_id.lower(),
        "reference_id": policy.reference_id,
        "effect": MANUAL,
    }
    return PolicyState(**told)
