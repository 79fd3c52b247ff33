"""The exemptions from an assignment, as its page lists them."""

from __future__ import annotations

from dataclasses import dataclass

from policy_app import wall_clock
from policy_app.browser import links
from policy_app.evaluation.language.exemptions import Exemption as ExemptionValue
from policy_app.models import Assignment, Exemption
from policy_app.services import authorization, exemptions, scopes
from policy_app.services.authorization import Principal, actions


@dataclass(frozen=True, slots=True)
class ExemptionRow:
    """One exemption."""

    exemption: Exemption
    url: str
    scope: str
    policies: str
    """The reference ids, or that it is all of them."""
    expired: bool


def of(row: Assignment, by: Principal) -> list[ExemptionRow]:
    """The exemptions by name that the principal may see, the expired ones too."""
    tree, now = scopes.tree(authorization.visible_scopes(by)), wall_clock.now()
    read = actions.of(actions.EXEMPTIONS, actions.READ)
    return [
        ExemptionRow(
            exemption=one,
            url=links.exemption(one.arm_id),
            scope=scopes.breadcrumb(one.scope, tree),
            policies=_policies(exemptions.as_value(one)),
            expired=exemptions.as_value(one).has_expired(now),
        )
        for one in authorization.visible(exemptions.of_assignment(row), by, read)
    ]


def _policies(value: ExemptionValue) -> str:
    return ", ".join(value.reference_ids) or "All of the assignment"
