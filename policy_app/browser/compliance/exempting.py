"""From what audits found to an exemption: the way there, or why one may not be made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from policy_app.browser import links
from policy_app.models import Assignment, PolicyState, Scope
from policy_app.services import exemptions
from policy_app.services.authorization import Permit, Principal
from policy_app.services.compliance import pages

_GONE = Permit(False, "The assignment is deleted: there is nothing left to be exempt from.")


@dataclass(frozen=True, slots=True)
class Exempting:
    """Whether an exemption may be made from a policy in a cluster, and where that is done."""

    permit: Permit
    url: str


def exempting(found: Sequence[tuple[PolicyState, Scope]], by: Principal) -> list[Exempting]:
    """One for each policy with the scope of its cluster, in their order; one query."""
    rows = pages.assignment_names((policy.assignment_arm_id for policy, _ in found), by)
    return [
        Exempting(
            permit=_permit(rows.get(policy.assignment_key), scope, by),
            url=links.exempt(policy.assignment_arm_id, scope.arm_id, policy.reference_id),
        )
        for policy, scope in found
    ]


def _permit(row: Assignment | None, scope: Scope, by: Principal) -> Permit:
    return exemptions.permit(by, row, scope) if row is not None else _GONE
