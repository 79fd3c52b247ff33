"""What the filters of the grids share: the address is a form, and its mistakes are no filters."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.validators import EMPTY_VALUES
from django.db.models import QuerySet
from django_filters import Filter, FilterSet

from policy_app.models import Scope
from policy_app.services import authorization, scopes


class GridFilter(FilterSet):  # type: ignore[misc]  # the library has no types
    """A grid's rows as the address asks for them; a value that is not known is passed over."""

    @property
    def chosen(self) -> dict[str, Any]:
        """What narrows the rows, under the names that the address has for it."""
        self.form.is_valid()  # it leaves what is not valid out of the cleaned data
        values = self.form.cleaned_data.items()
        given = {name: value for name, value in values if value not in EMPTY_VALUES}
        return {name: value for name, value in given.items() if not _is_hidden(self, value)}

    def filter_queryset(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """The rows that are left by what is chosen."""
        for name, value in self.chosen.items():
            rows = self.filters[name].filter(rows, value)
        return rows


class ScopeField(forms.Field):
    """A scope by its ARM id, in any letter case; none where there is no such scope."""

    def to_python(self, value: str | None) -> Scope | None:
        """Look the scope up."""
        return scopes.find(value) if value else None


class ScopeFilter(Filter):  # type: ignore[misc]  # the library has no types
    """Rows by scope; what "at this scope" means is the method's to say.

    A scope that the person may not know of is passed over, as one that does not exist.
    """

    field_class = ScopeField


def _is_hidden(filters: GridFilter, value: Any) -> bool:
    """Is it a scope that whoever sent the request may not know of?"""
    return isinstance(value, Scope) and not authorization.knows(filters.request.principal, value)
