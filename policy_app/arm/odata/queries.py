"""Conditions of the database made of a tree, with nothing in them that is not on the list."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import and_, or_

from django.db.models import Q

from policy_app.arm.odata.columns import Column, Columns, Kind
from policy_app.arm.odata.translation import Translation
from policy_app.arm.odata.tree import Condition, Name, Order, Value

_LOOKUPS = {"gt": "gt", "ge": "gte", "lt": "lt", "le": "lte"}


def to_q(condition: Condition | None, columns: Columns, text: str, option: str = "$filter") -> Q:
    """The condition as a ``Q``; an empty one without any.

    ``text`` is what was parsed, for messages.  Raises ``ODataError`` for a field or a function that
    the list does not have, and for a value of another type.
    """
    return Q() if condition is None else _Queries(columns, text, option).condition(condition)


def order_by(orders: Sequence[Order], columns: Columns, text: str) -> list[str]:
    """The arguments for ``QuerySet.order_by``.  Raises ``ODataError`` for an unknown field."""
    found = _Queries(columns, text, "$orderby")
    return [("-" if one.descending else "") + found.column(one.name).lookup for one in orders]


def selected(names: Sequence[Name], columns: Columns, text: str) -> list[Column]:
    """The fields that ``$select`` names, in its order.  Raises ``ODataError``."""
    found = _Queries(columns, text, "$select")
    return [found.column(name) for name in names]


class _Queries(Translation[Q]):
    """Each condition is a ``Q``."""

    def several(self, joint: str, parts: Sequence[Q]) -> Q:
        return reduce(and_ if joint == "and" else or_, parts)

    def opposite(self, part: Q) -> Q:
        return ~part

    def never(self) -> Q:
        return Q(pk__in=())

    def missing(self, column: Column) -> Q:
        return Q(**{f"{column.lookup}__isnull": True})

    def equal(self, column: Column, value: Value) -> Q:
        if column.kind is Kind.TEXT:
            return Q(**{f"{column.lookup}__iexact": value})
        return Q(**{column.lookup: value})

    def ordered(self, column: Column, operator: str, value: Value) -> Q:
        return Q(**{f"{column.lookup}__{_LOOKUPS[operator]}": value})

    def search(self, column: Column, function: str, value: str) -> Q:
        if column.kind is Kind.KEY:
            return Q(**{f"{column.lookup}__{function}": value.lower()})
        return Q(**{f"{column.lookup}__i{function}": value})

    def called(self, name: str) -> Q | None:
        make = self.columns.function(name)
        return make() if make else None
