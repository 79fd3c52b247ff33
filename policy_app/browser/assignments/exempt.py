"""The exemptions from an assignment, as its page lists them."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import timezone

from policy_app.evaluation.language.exemptions import Exemption as ExemptionValue
from policy_app.models import Assignment, Exemption
from policy_app.services import exemptions, scopes


@dataclass(frozen=True, slots=True)
class ExemptionRow:
    """One exemption."""

    exemption: Exemption
    scope: str
    policies: str
    """The reference ids, or that it is all of them."""
    expired: bool


def of(row: Assignment) -> list[ExemptionRow]:
    """The exemptions by name, the expired ones too."""
    tree, now = scopes.tree(), timezone.now()
    return [
        ExemptionRow(
            exemption=one,
            scope=scopes.breadcrumb(one.scope, tree),
            policies=_policies(exemptions.as_value(one)),
            expired=exemptions.as_value(one).has_expired(now),
        )
        for one in exemptions.of_assignment(row)
    ]


def _policies(value: ExemptionValue) -> str:
    return ", ".join(value.reference_ids) or "All of the assignment"
