"""From a tree to whatever conditions are made of, through the list of what may be asked for.

A comparison has a field on its left and a value on its right.  Texts are compared without regard
to letter case, as ARM compares them, so that ``tolower`` and ``toupper`` change nothing but refuse
what could never be equal.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, NoReturn, TypeVar

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
    Several,
    Value,
)

Made = TypeVar("Made")

SEARCHES = ("contains", "startswith", "endswith")
_FOLDS = {"tolower": str.lower, "toupper": str.upper}
_ORDERED = ("gt", "ge", "lt", "le")
_TYPES: dict[Kind, tuple[tuple[type, ...], str]] = {
    Kind.TEXT: ((str,), "a value in single quotes"),
    Kind.KEY: ((str,), "an id in single quotes"),
    Kind.CHOICE: ((str,), "a value in single quotes"),
    Kind.NUMBER: ((int, float), "a number"),
    Kind.TIME: ((datetime,), "a date such as 2026-06-01T00:00:00Z"),
    Kind.BOOLEAN: ((bool,), "true or false"),
}


@dataclass(frozen=True, slots=True)
class _Field:
    """The left side: a column, and what ``tolower`` or ``toupper`` was put around it."""

    column: Column
    folds: tuple[str, ...] = ()

    def may_equal(self, value: str) -> bool:
        return all(_FOLDS[fold](value) == value for fold in self.folds[:1])


class Translation(ABC, Generic[Made]):
    """Walks a tree and checks it; what a condition is made of is left to those below.

    ``text`` is what was parsed, for messages.  Everything raises ``ODataError`` for a field or a
    function that the list does not have, and for a value of another type.
    """

    def __init__(self, columns: Columns, text: str, option: str = "$filter") -> None:
        self.columns = columns
        self.text = text
        self.option = option

    @abstractmethod
    def several(self, joint: str, parts: Sequence[Made]) -> Made:
        """All of them (``and``), or any (``or``)."""

    @abstractmethod
    def opposite(self, part: Made) -> Made:
        """Not this."""

    @abstractmethod
    def never(self) -> Made:
        """What holds for nothing."""

    @abstractmethod
    def missing(self, column: Column) -> Made:
        """The field is null."""

    @abstractmethod
    def equal(self, column: Column, value: Value) -> Made:
        """The field has this value."""

    @abstractmethod
    def ordered(self, column: Column, operator: str, value: Value) -> Made:
        """The field is ``gt``, ``ge``, ``lt`` or ``le`` the value."""

    @abstractmethod
    def search(self, column: Column, function: str, value: str) -> Made:
        """The field contains, starts with or ends with the text."""

    @abstractmethod
    def called(self, name: str) -> Made | None:
        """What a function of the list stands for; None where it has none of this name."""

    def condition(self, node: Condition) -> Made:
        """The whole condition."""
        if isinstance(node, Several):
            return self.several(node.joint, [self.condition(part) for part in node.parts])
        if isinstance(node, Not):
            return self.opposite(self.condition(node.part))
        if isinstance(node, Comparison):
            return self._comparison(node)
        if isinstance(node, Among):
            field = self._left(node.left)
            return self.several("or", [self._equal(field, one) for one in node.values])
        return self._alone(node)

    def column(self, name: Name) -> Column:
        """The field of this name."""
        found = self.columns.find(name.text)
        if found is None:
            known = " or ".join(one.name for one in self.columns)
            self._wrong(name.position, known, repr(name.text))
        return found

    def _alone(self, node: Operand) -> Made:
        """A field that is true or false, or a function that is a condition."""
        if isinstance(node, Name):
            column = self.columns.find(node.text)
            if column is None or column.kind is not Kind.BOOLEAN:
                expected = "'eq' and a value after it" if column else self.columns.expected
                self._wrong(node.position, expected, repr(node.text))
            return self.equal(column, True)
        if isinstance(node, Literal):
            self._wrong(node.position, self.columns.expected, repr(node.value))
        if node.name.lower() in SEARCHES:
            return self._search(node)
        found = None if node.arguments else self.called(node.name)
        if found is None:
            self._wrong(node.position, self.columns.expected, self._shown(node))
        return found

    def _search(self, call: Call) -> Made:
        if len(call.arguments) != 2:
            self._wrong(call.position, "a field and a text in its brackets", self._shown(call))
        field = self._left(call.arguments[0])
        if field.column.kind not in (Kind.TEXT, Kind.KEY, Kind.CHOICE):
            self._wrong(call.position, f"a text, which {field.column.name} is not", call.name)
        value = self._text(call.arguments[1])
        if not field.may_equal(value):
            return self.never()
        return self.search(field.column, call.name.lower(), value)

    def _comparison(self, node: Comparison) -> Made:
        left = node.left
        if isinstance(left, Call) and left.name.lower() not in _FOLDS:
            return self._compared_condition(node, left)
        field = self._left(left)
        if node.operator == "eq":
            return self._equal(field, node.right)
        if node.operator == "ne":
            return self.opposite(self._equal(field, node.right))
        return self._ordered(field, node)

    def _compared_condition(self, node: Comparison, left: Call) -> Made:
        """``contains(a, 'b') eq true``, as some clients write it."""
        found = self._alone(left)
        if node.operator in _ORDERED:
            self._wrong(node.position, "'eq' or 'ne'", repr(node.operator))
        right = node.right
        if not isinstance(right, Literal) or not isinstance(right.value, bool):
            self._wrong(right.position, "true or false", self._shown(right))
        return found if right.value == (node.operator == "eq") else self.opposite(found)

    def _ordered(self, field: _Field, node: Comparison) -> Made:
        column = field.column
        if column.kind in (Kind.BOOLEAN, Kind.CHOICE):
            self._wrong(node.position, "'eq' or 'ne' or 'in'", repr(node.operator))
        value = self._value(column, node.right)
        if value is None:
            self._wrong(node.right.position, _TYPES[column.kind][1], "null")
        return self.ordered(column, node.operator, value)

    def _equal(self, field: _Field, right: Operand) -> Made:
        value = self._value(field.column, right)
        if value is None:
            return self.missing(field.column)
        if isinstance(value, str) and not field.may_equal(value):
            return self.never()
        return self.equal(field.column, value)

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
            value = parse_moment(value)
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
