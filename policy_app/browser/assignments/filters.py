"""The filters of the Assignments page: ``?scope=&kind=&search=``."""

from __future__ import annotations

from django.db.models import QuerySet
from django_filters import CharFilter, ChoiceFilter

from policy_app.browser.grid_filters import GridFilter, ScopeFilter
from policy_app.models import Assignment, Definition, Scope
from policy_app.services import assignments


class AssignmentFilter(GridFilter):
    """Assignments by where they are, the kind of what they assign, and words."""

    scope = ScopeFilter(method="at_and_below")
    kind = ChoiceFilter(field_name="definition__kind", choices=Definition.Kind.choices)
    search = CharFilter(method="matching")

    def at_and_below(
        self, rows: QuerySet[Assignment], name: str, value: Scope
    ) -> QuerySet[Assignment]:
        """Those at the scope or below it."""
        return assignments.at_and_below(rows, value)

    def matching(self, rows: QuerySet[Assignment], name: str, value: str) -> QuerySet[Assignment]:
        """Those that have every word."""
        return assignments.matching(rows, value)
