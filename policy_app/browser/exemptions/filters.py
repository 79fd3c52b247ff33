"""The filters of the Exemptions page: ``?scope=&category=&state=&assignment=&search=``."""

from __future__ import annotations

from django.db.models import QuerySet
from django_filters import CharFilter, ChoiceFilter

from policy_app.browser.grid_filters import GridFilter, ScopeFilter
from policy_app.models import Exemption, Scope
from policy_app.services import exemptions
from policy_app.services.exemptions import State

STATES = (
    (State.ACTIVE.value, "Active"),
    (State.EXPIRING.value, "Expiring soon"),
    (State.EXPIRED.value, "Expired"),
)


class ExemptionFilter(GridFilter):
    """Exemptions by where they are, why they are, how they stand to their end, and words."""

    scope = ScopeFilter(method="at_and_below")
    category = ChoiceFilter(choices=Exemption.Category.choices)
    state = ChoiceFilter(method="in_state", choices=STATES)
    assignment = CharFilter(method="from_assignment")
    search = CharFilter(method="matching")

    def at_and_below(
        self, rows: QuerySet[Exemption], name: str, value: Scope
    ) -> QuerySet[Exemption]:
        """Those at the scope or below it."""
        return exemptions.at_and_below(rows, value)

    def in_state(self, rows: QuerySet[Exemption], name: str, value: str) -> QuerySet[Exemption]:
        """Those in a state."""
        return exemptions.in_state(rows, State(value))

    def from_assignment(
        self, rows: QuerySet[Exemption], name: str, value: str
    ) -> QuerySet[Exemption]:
        """Those from one assignment, by its ARM id in any letter case."""
        return rows.filter(assignment_key=value.lower())

    def matching(self, rows: QuerySet[Exemption], name: str, value: str) -> QuerySet[Exemption]:
        """Those that have every word."""
        return exemptions.matching(rows, value)
