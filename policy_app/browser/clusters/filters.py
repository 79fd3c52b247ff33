"""The filters above a tab's grid: words to look for, and choices, all of them in the address."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import reduce
from operator import and_, or_
from typing import Any

from django.db.models import Q
from django.http import HttpRequest

from policy_app.browser.filter_bars import FilterBar, Select
from policy_app.browser.inputs import asked

_MOST_NAMESPACES = 200


@dataclass(frozen=True, slots=True)
class Filters(FilterBar):
    """What the address asks for; a choice that is not offered is passed over."""

    @property
    def words(self) -> list[str]:
        """The words to look for."""
        return self.search.split()

    @property
    def narrow(self) -> bool:
        """Whether anything is left out."""
        return bool(self.words or any(one.chosen for one in self.selects))

    def chosen(self, name: str) -> str:
        """What is chosen, empty for everything."""
        return next(one.chosen for one in self.selects if one.name == name)

    def matching(self, *fields: str) -> Q:
        """Rows in which each word stands in one of the fields."""
        found = (_any({f"{field}__icontains": word for field in fields}) for word in self.words)
        return reduce(and_, found, Q())


def read(request: HttpRequest, placeholder: str, *selects: Select) -> Filters:
    """The filters of an address."""
    return Filters(
        placeholder, asked(request, "search").strip(), tuple(_read(request, one) for one in selects)
    )


def namespaces(request: HttpRequest, names: Iterable[str]) -> Select:
    """The choice of a namespace; of a great many, the first ones and the chosen one."""
    every = list(names)
    chosen = asked(request, "namespace")
    shown = every[:_MOST_NAMESPACES]
    if chosen in every and chosen not in shown:
        shown.append(chosen)
    return Select("namespace", "Namespace", "All", [(name, name) for name in shown])


def _read(request: HttpRequest, one: Select) -> Select:
    wanted = asked(request, one.name)
    chosen = wanted if wanted in [value for value, _ in one.options] else ""
    return replace(one, chosen=chosen)


def _any(looked_up: dict[str, Any]) -> Q:
    return reduce(or_, (Q(**{field: word}) for field, word in looked_up.items()))
