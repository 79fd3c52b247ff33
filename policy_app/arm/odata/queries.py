"""From a tree to a condition of the database, through the list of what may be asked for.

A comparison has a field on its left and a value on its right.  Texts are compared without regard
to letter case, as ARM compares them, so that ``tolower`` and ``toupper`` change nothing but refuse
what could never be equal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import and_, or_
from typing import NoReturn

from django.db.models import Q

from policy_app.arm.odata.columns import Column, Columns, Kind
from policy_app.arm.odata.errors import ODataError
from policy_app.arm.odata.parser import parse_moment
from policy_app.arm.odata.tree import (
    Among,
    Call,
    Comparison,
    Condition,
    Literal,
    Name,
    Not,
    Operand,
    Order,
    Several,
    Value,
)

_SEARCHES = {"contains": "icontains", "startswith": "istartswith", "endswith": "iendswith"}
_KEY_SEARCHES = {"contains": "contains", "startswith": "startswith", "endswith": "endswith"}
_FOLDS = {"tolower": str.lower, "toupper": str.upper}
_ORDERED = ("gt", "ge", "lt", "le")
_LOOKUPS = {"gt": "gt", "ge": "gte", "lt": "lt", "le": "lte"}
_NOTHING = Q(pk__in=())
_TYPES: dict[Kind, tuple[tuple[type, ...], str]] = {
    Kind.TEXT: ((str,), "a value in single quotes"),
    Kind.KEY: ((str,), "an id in single quotes"),
    Kind.CHOICE: ((str,), "a value in single quotes"),
    Kind.NUMBER: ((int, float), "a number"),
    Kind.TIME: ((datetime,), "a date such as 2026-06-01T00:00:00Z"),
    Kind.BOOLEAN: ((bool,), "true or false"),
}


def to_q(condition: Condition | None, columns: Columns, text: str, option: str = "$filter") -> Q:
    """The condition as a ``Q``; an empty one without any.

    ``text`` is what was parsed, for messages.  Raises ``ODataError`` for a field or a function that
    the list does not have, and for a value of another type.
    """
    return Q() if condition is None else _Translation(columns, text, option).condition(condition)


def order_by(orders: Sequence[Order], columns: Columns, text: str) -> list[str]:
    """The arguments for ``QuerySet.order_by``.  Raises ``ODataError`` for an unknown field."""
    translation = _Translation(columns, text, "$orderby")
    return [("-" if one.descending else "") + translation.column(one.name).lookup for one in orders]


def selected(names: Sequence[Name], columns: Columns, text: str) -> list[Column]:
    """The fields that ``$select`` names, in its order.  Raises ``ODataError``."""
    translation = _Translation(columns, text, "$select")
    return [translation.column(name) for name in names]


@dataclass(frozen=True, slots=True)
class _Field:
    """The left side: a column, and what ``tolower`` or ``toupper`` was put around it."""

    column: Column
    folds: tuple[str, ...] = ()

    def may_equal(self, value: str) -> bool:
        return all(_FOLDS[fold](value) == value for fold in self.folds[:1])


@dataclass(frozen=True, slots=True)
class _Translation:
    columns: Columns
    text: str
    option: str

    def condition(self, node: Condition) -> Q:
        if isinstance(node, Several):
            joint = and_ if node.joint == "and" else or_
            return reduce(joint, (self.condition(part) for part in node.parts))
        if isinstance(node, Not):
            return ~self.condition(node.part)
        if isinstance(node, Comparison):
            return self._comparison(node)
        if isinstance(node, Among):
            field = self._left(node.left)
            return reduce(or_, (self._equal(field, one) for one in node.values))
        return self._alone(node)

    def column(self, name: Name) -> Column:
        found = self.columns.find(name.text)
        if found is None:
            known = " or ".join(one.name for one in self.columns)
            self._wrong(name.position, known, repr(name.text))
        return found

    def _alone(self, node: Operand) -> Q:
        """A field that is true or false, or a function that is a condition."""
        if isinstance(node, Name):
            column = self.columns.find(node.text)
            if column is None or column.kind is not Kind.BOOLEAN:
                expected = "'eq' and a value after it" if column else self.columns.expected
                self._wrong(node.position, expected, repr(node.text))
            return Q(**{column.lookup: True})
        if isinstance(node, Literal):
            self._wrong(node.position, self.columns.expected, repr(node.value))
        if node.name.lower() in _SEARCHES:
            return self._search(node)
        function = self.columns.function(node.name)
        if function is None or node.arguments:
            self._wrong(node.position, self.columns.expected, self._shown(node))
        return function()

    def _search(self, call: Call) -> Q:
        if len(call.arguments) != 2:
            self._wrong(call.position, "a field and a text in its brackets", self._shown(call))
        field = self._left(call.arguments[0])
        if field.column.kind not in (Kind.TEXT, Kind.KEY, Kind.CHOICE):
            self._wrong(call.position, f"a text, which {field.column.name} is not", call.name)
        value = self._text(call.arguments[1])
        if not field.may_equal(value):
            return _NOTHING
        key = field.column.kind is Kind.KEY
        lookup = (_KEY_SEARCHES if key else _SEARCHES)[call.name.lower()]
        return Q(**{f"{field.column.lookup}__{lookup}": value.lower() if key else value})

    def _comparison(self, node: Comparison) -> Q:
        left = node.left
        if isinstance(left, Call) and self._is_condition(left):
            # ``contains(a, 'b') eq true`` is how some clients write it.
            right = node.right
            if node.operator in _ORDERED or not isinstance(right, Literal | Name):
                self._wrong(node.position, "'eq' or 'ne' with true or false", node.operator)
            wanted = right.value if isinstance(right, Literal) else None
            if not isinstance(wanted, bool):
                self._wrong(right.position, "true or false", self._shown(right))
            found = self._alone(left)
            return found if wanted == (node.operator == "eq") else ~found
        field = self._left(left)
        if node.operator == "eq":
            return self._equal(field, node.right)
        if node.operator == "ne":
            return ~self._equal(field, node.right)
        return self._ordered(field, node)

    def _is_condition(self, call: Call) -> bool:
        known = self.columns.function(call.name) is not None
        return known or call.name.lower() in _SEARCHES

    def _ordered(self, field: _Field, node: Comparison) -> Q:
        column = field.column
        if column.kind in (Kind.BOOLEAN, Kind.CHOICE):
            self._wrong(node.position, "'eq' or 'ne' or 'in'", repr(node.operator))
        value = self._value(column, node.right)
        if value is None:
            self._wrong(node.right.position, _TYPES[column.kind][1], "null")
        return Q(**{f"{column.lookup}__{_LOOKUPS[node.operator]}": value})

    def _equal(self, field: _Field, right: Operand) -> Q:
        column, value = field.column, self._value(field.column, right)
        if value is None:
            return Q(**{f"{column.lookup}__isnull": True})
        if isinstance(value, str) and not field.may_equal(value):
            return _NOTHING
        if column.kind is Kind.TEXT:
            return Q(**{f"{column.lookup}__iexact": value})
        return Q(**{column.lookup: value})

    def _left(self, node: Operand) -> _Field:
        folds: list[str] = []
        while isinstance(node, Call) and node.name.lower() in _FOLDS:
            folds.append(node.name.lower())
            if len(node.arguments) != 1:
                self._wrong(node.position, "a field in its brackets", self._shown(node))
            node = node.arguments[0]
        if not isinstance(node, Name) or self.columns.find(node.text) is None:
            self._wrong(node.position, self.columns.expected, self._shown(node))
        return _Field(self.column(node), tuple(folds))

    def _value(self, column: Column, node: Operand) -> Value:
        if isinstance(node, Name) and column.bare:
            node = Literal(node.text, node.position)
        types, expected = _TYPES[column.kind]
        if not isinstance(node, Literal):
            self._wrong(node.position, expected, self._shown(node))
        value = node.value
        if value is None:
            return None
        if column.kind is Kind.TIME and isinstance(value, str):
            value = self._moment(value, node.position)
        wrong_bool = isinstance(value, bool) and column.kind is not Kind.BOOLEAN
        if not isinstance(value, types) or wrong_bool:
            self._wrong(node.position, expected, self._shown(node))
        return self._in_form(column, value, node.position)

    def _in_form(self, column: Column, value: Value, position: int) -> Value:
        if column.kind is Kind.KEY:
            return str(value).rstrip("/").lower()
        if column.kind is not Kind.CHOICE:
            return value
        known = next((one for one in column.choices if one.lower() == str(value).lower()), None)
        if known is None:
            choices = " or ".join(f"'{one}'" for one in column.choices)
            self._wrong(position, f"{column.name} to be {choices}", repr(value))
        return known

    def _moment(self, value: str, position: int) -> datetime:
        moment = parse_moment(value)
        if moment is None:
            self._wrong(position, _TYPES[Kind.TIME][1], repr(value))
        return moment

    def _text(self, node: Operand) -> str:
        if not isinstance(node, Literal) or not isinstance(node.value, str):
            self._wrong(node.position, "a text in single quotes", self._shown(node))
        return node.value

    def _shown(self, node: Operand) -> str:
        if isinstance(node, Literal):
            return repr(node.value)
        return repr(node.text) if isinstance(node, Name) else f"'{node.name}(…)'"

    def _wrong(self, position: int, expected: str, found: str) -> NoReturn:
        raise ODataError(self.option, self.text, position, expected, found)
