"""The same conditions about records that are at hand: mappings of ARM's own field names.

What a list in the database would leave is what is left here.  A field that holds a list has each
of its values: ``namespace eq 'x'`` is true where one of them is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from operator import ge, gt, le, lt
from typing import Any

from policy_app.arm.odata.columns import Column, Columns, Kind
from policy_app.arm.odata.parser import parse_moment
from policy_app.arm.odata.translation import Translation
from policy_app.arm.odata.tree import Condition, Value

Record = Mapping[str, Any]
Predicate = Callable[[Record], bool]

_ORDERS: dict[str, Callable[[Any, Any], bool]] = {"gt": gt, "ge": ge, "lt": lt, "le": le}
_SEARCHES: dict[str, Callable[[str, str], bool]] = {
    "contains": lambda own, wanted: wanted in own,
    "startswith": str.startswith,
    "endswith": str.endswith,
}


def to_predicate(
    condition: Condition | None, columns: Columns, text: str, option: str = "$filter"
) -> Predicate:
    """Whether a record fits; any does without a condition.  Raises ``ODataError`` as ``to_q``.

    A column's ``lookup`` is the record's key.
    """
    if condition is None:
        return lambda record: True
    return _Predicates(columns, text, option).condition(condition)


class _Predicates(Translation[Predicate]):
    """Each condition is a function of a record."""

    def several(self, joint: str, parts: Sequence[Predicate]) -> Predicate:
        decide = all if joint == "and" else any
        return lambda record: decide(part(record) for part in parts)

    def opposite(self, part: Predicate) -> Predicate:
        return lambda record: not part(record)

    def never(self) -> Predicate:
        return lambda record: False

    def missing(self, column: Column) -> Predicate:
        return lambda record: record.get(column.lookup) is None

    def equal(self, column: Column, value: Value) -> Predicate:
        wanted = _plain(column, value)
        return lambda record: any(own == wanted for own in _values(column, record))

    def ordered(self, column: Column, operator: str, value: Value) -> Predicate:
        wanted, compare = _plain(column, value), _ORDERS[operator]
        return lambda record: any(
            isinstance(own, type(wanted) if isinstance(wanted, str | datetime) else int | float)
            and compare(own, wanted)
            for own in _values(column, record)
        )

    def search(self, column: Column, function: str, value: str) -> Predicate:
        find, wanted = _SEARCHES[function], value.lower()
        return lambda record: any(
            isinstance(own, str) and find(own, wanted) for own in _values(column, record)
        )

    def called(self, name: str) -> Predicate | None:
        make = self.columns.function(name)
        return make() if make else None


def _values(column: Column, record: Record) -> list[Any]:
    value = record.get(column.lookup)
    values = value if isinstance(value, list) else [value]
    return [_plain(column, one) for one in values if one is not None]


def _plain(column: Column, value: Any) -> Any:
    """A value as it is compared: texts in lower case, moments as such."""
    if not isinstance(value, str):
        return value
    if column.kind is Kind.TIME:
        return parse_moment(value)
    return value.lower()
