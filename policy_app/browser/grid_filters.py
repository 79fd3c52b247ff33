"""What the filters of the grids share: the address is a form, and its mistakes are no filters."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.validators import EMPTY_VALUES
from django_filters import Filter, FilterSet

from policy_app.models import Scope
from policy_app.services import scopes


class GridFilter(FilterSet):  # type: ignore[misc]  # the library has no types
    """A grid's rows as the address asks for them; a value that is not known is passed over."""

    @property
    def chosen(self) -> dict[str, Any]:
        """What narrows the rows, under the names that the address has for it."""
        self.form.is_valid()  # it leaves what is not valid out of the cleaned data
        values = self.form.cleaned_data.items()
        return {name: value for name, value in values if value not in EMPTY_VALUES}


class ScopeField(forms.Field):
    """A scope by its ARM id, in any letter case; none where there is no such scope."""

    def to_python(self, value: str | None) -> Scope | None:
        """Look the scope up."""
        return scopes.find(value) if value else None


class ScopeFilter(Filter):  # type: ignore[misc]  # the library has no types
    """Rows by scope; what "at this scope" means is the method's to say."""

    field_class = ScopeField
