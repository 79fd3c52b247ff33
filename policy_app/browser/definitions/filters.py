"""The filters of the Definitions page: ``?scope=&kind=&type=&category=&category=&search=``."""

from __future__ import annotations

from django import forms
from django.db.models import QuerySet
from django_filters import CharFilter, ChoiceFilter, Filter

from policy_app.browser.grid_filters import GridFilter, ScopeFilter
from policy_app.models import Definition, Scope
from policy_app.services import definitions

_ALL = "*"


class CategoriesField(forms.Field):
    """Any number of categories; the box "Select all" counts for less than a category beside it."""

    widget = forms.SelectMultiple

    def to_python(self, value: list[str] | None) -> list[str]:
        """The categories without the box; none of them is no filter."""
        return [name for name in value or [] if name not in ("", _ALL)]


class CategoryFilter(Filter):  # type: ignore[misc]  # the library has no types
    """Rows of any of the categories."""

    field_class = CategoriesField


class DefinitionFilter(GridFilter):
    """Definitions by where they can be assigned, kind, type, category and words."""

    scope = ScopeFilter(method="assignable_at")
    kind = ChoiceFilter(choices=Definition.Kind.choices)
    type = ChoiceFilter(field_name="policy_type", choices=Definition.PolicyType.choices)
    category = CategoryFilter(lookup_expr="in")
    search = CharFilter(method="matching")

    def assignable_at(
        self, rows: QuerySet[Definition], name: str, value: Scope
    ) -> QuerySet[Definition]:
        """Those that can be assigned at the scope."""
        return definitions.assignable_at(rows, value)

    def matching(self, rows: QuerySet[Definition], name: str, value: str) -> QuerySet[Definition]:
        """Those that have every word."""
        return definitions.matching(rows, value)
