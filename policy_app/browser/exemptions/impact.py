"""What an exemption covers: the components that policies would find fault with without it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from policy_app.browser.assign.impact import ImpactView, Tile
from policy_app.evaluation.language.exemptions import Exemption as ExemptionValue
from policy_app.models import Assignment, Exemption, Scope
from policy_app.services import authorization, exemptions, scopes, whatif
from policy_app.services.authorization import Principal, actions
from policy_app.services.whatif import Outcome

SECONDS = 8.0
"""How long an answer may take; it says when that was not enough."""
_WITHOUT_IT = {
    Outcome.DENIED: "would be refused at their next apply",
    Outcome.WARNED: "would be let in with a warning",
    Outcome.AUDITED: "would be reported as non-compliant",
    Outcome.MUTATED: "would be changed on their way in",
    Outcome.RELIEVED: "would be let in that are refused with it",
}


@dataclass(frozen=True, slots=True)
class Covered:
    """The clusters below the scope that the person may look into, with what is covered there."""

    view: ImpactView
    hidden: int
    """How many clusters more there are."""

    @property
    def tiles(self) -> list[Tile]:
        """What would become of them without the exemption, in numbers."""
        every = zip(Outcome, self.view.tiles, strict=True)
        return [
            replace(one, note=_WITHOUT_IT[outcome]) for outcome, one in every if one.tally.objects
        ]

    @property
    def count(self) -> int:
        """How many components are covered."""
        return sum(len(one.objects) for one in self.view.impact.clusters)


def covered(value: ExemptionValue, assignment: Assignment, scope: Scope, by: Principal) -> Covered:
    """What an exemption at the scope covers, stored or not."""
    below = list(scopes.clusters_below(scope).order_by("scope__name"))
    seen = [one for one in below if authorization.may(by, actions.COMPONENT_STATES, one.scope)]
    found = whatif.covered(value, assignment, seen, SECONDS)
    return Covered(ImpactView(found), len(below) - len(seen))


def covered_now(row: Exemption, by: Principal) -> Covered | None:
    """What a stored exemption covers today; None where its assignment is deleted."""
    assignment = exemptions.assignment_of(row)
    if assignment is None:
        return None
    return covered(exemptions.as_value(row), assignment, row.scope, by)
