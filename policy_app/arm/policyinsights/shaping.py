"""``$filter``, ``$orderby``, ``$select`` and ``$apply`` over records, and the moments of a query.

A record is a mapping of wire names to values, as ``services.compliance.records`` yields them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from statistics import fmean
from typing import Any

from rest_framework.request import Request

from policy_app.arm.odata import (
    Columns,
    ODataError,
    parse_apply,
    parse_filter,
    parse_orderby,
    parse_select,
    to_predicate,
)
from policy_app.arm.odata.parser import parse_moment
from policy_app.arm.odata.tree import Aggregate, FilterStep, GroupStep, Name, Order, Step
from policy_app.services.errors import PolicyError

Record = Mapping[str, Any]
_Predicate = Callable[[Record], bool]

_METHODS: Mapping[str, Callable[[Sequence[Any]], Any]] = {
    "sum": sum,
    "min": min,
    "max": max,
    "average": fmean,
    "countdistinct": lambda values: len({str(one) for one in values}),
}
_OF_NUMBERS = ("sum", "average")


@dataclass(frozen=True)
class Query:
    """What a request asks of records; read whole before anything is looked up."""

    fits: _Predicate
    orders: tuple[Order, ...]
    names: tuple[str, ...]
    """Of ``$select``, in the records' spelling; empty for all."""
    steps: tuple[Step, ...]
    since: datetime | None
    until: datetime | None
    columns: Columns
    texts: Mapping[str, str]

    @classmethod
    def of(cls, request: Request, columns: Columns) -> Query:
        """Read it.  Raises ``ODataError`` and ``PolicyError``."""
        texts = {
            name: request.query_params.get(name, "")
            for name in ("$filter", "$orderby", "$select", "$apply")
        }
        condition = parse_filter(texts["$filter"], columns.expected)
        orders = parse_orderby(texts["$orderby"]) if texts["$orderby"].strip() else ()
        chosen = parse_select(texts["$select"]) if texts["$select"].strip() else ()
        steps = parse_apply(texts["$apply"]) if texts["$apply"].strip() else ()
        query = cls(
            fits=to_predicate(condition, columns, texts["$filter"]),
            orders=orders,
            names=(),
            steps=steps,
            since=_moment(request, "$from"),
            until=_moment(request, "$to"),
            columns=columns,
            texts=texts,
        )
        return query._checked(chosen)

    @property
    def keeps_order(self) -> bool:
        """Whether records can be handed on as they come."""
        return not self.orders and not self.steps

    def apply(self, records: Iterable[Record]) -> Iterator[dict[str, Any]]:
        """The records that are asked for, in their order and shape."""
        left: Iterable[Record] = (one for one in records if self.fits(one) and self._in_time(one))
        for step in self.steps:
            left = self._stepped(step, left)
        if self.orders:
            left = self._ordered(list(left))
        if not self.names or self.steps:
            return (dict(one) for one in left)
        return ({name: one.get(name) for name in self.names} for one in left)

    def _checked(self, chosen: Sequence[Name]) -> Query:
        """The query with its names as records spell them.  Raises ``ODataError``."""
        names = tuple(self._spelled("$select", one) for one in chosen)
        known = self._aliases()
        for one in self.orders:
            if one.name.text not in known:
                self._spelled("$orderby", one.name)
        for step in self.steps:
            if isinstance(step, GroupStep):
                for name in (*step.names, *(one.name for one in step.aggregates if one.name)):
                    if name.text not in known:
                        self._spelled("$apply", name)
            else:
                to_predicate(step.condition, self.columns, self.texts["$apply"], "$apply")
        return Query(**{**vars(self), "names": names})

    def _aliases(self) -> set[str]:
        groups = [step for step in self.steps if isinstance(step, GroupStep)]
        return {one.alias for step in groups for one in step.aggregates}

    def _spelled(self, option: str, name: Name) -> str:
        found = self.columns.find(name.text)
        if found is None:
            known = " or ".join(one.name for one in self.columns)
            raise ODataError(option, self.texts[option], name.position, known, repr(name.text))
        return found.name

    def _key(self, name: Name) -> str:
        found = self.columns.find(name.text)
        return found.name if found else name.text

    def _in_time(self, record: Record) -> bool:
        if self.since is None and self.until is None:
            return True
        at = parse_moment(str(record.get("timestamp") or ""))
        if at is None:
            return False
        return (self.since is None or at >= self.since) and (self.until is None or at <= self.until)

    def _ordered(self, records: list[Record]) -> list[Record]:
        # The last order first: sorting keeps what was sorted before.
        for one in reversed(self.orders):
            key = self._key(one.name)
            records.sort(key=lambda record: _sortable(record.get(key)), reverse=one.descending)
        return records

    def _stepped(self, step: Step, records: Iterable[Record]) -> Iterable[Record]:
        if isinstance(step, FilterStep):
            text = self.texts["$apply"]
            fits = to_predicate(step.condition, self.columns, text, "$apply")
            return [one for one in records if fits(one)]
        return self._grouped(step, records)

    def _grouped(self, step: GroupStep, records: Iterable[Record]) -> list[Record]:
        keys = [self._key(name) for name in step.names]
        groups: dict[str, list[Record]] = {}
        for one in records:
            groups.setdefault(repr([one.get(key) for key in keys]), []).append(one)
        if not keys and not groups:
            groups = {"": []}
        return [
            {key: rows[0].get(key) for key in keys}
            | {one.alias: self._aggregated(one, rows) for one in step.aggregates}
            for rows in groups.values()
        ]

    def _aggregated(self, one: Aggregate, rows: Sequence[Record]) -> Any:
        if one.name is None:
            return len(rows)
        key = self._key(one.name)
        values = [row[key] for row in rows if row.get(key) is not None]
        if one.method in _OF_NUMBERS:
            values = [value for value in values if isinstance(value, int | float)]
        if not values:
            return 0 if one.method in ("sum", "countdistinct") else None
        return _METHODS[one.method](values)


def cut(records: Iterable[dict[str, Any]], first: int, most: int) -> tuple[list[Any], bool]:
    """Some records from ``first`` on, and whether there are more."""
    found = list(islice(records, first, first + most + 1))
    return found[:most], len(found) > most


def _sortable(value: Any) -> tuple[int, Any]:
    """Nothing before something, and texts in any letter case."""
    if value is None:
        return 0, ""
    if isinstance(value, bool | int | float):
        return 1, value
    return 2, str(value).lower()


def _moment(request: Request, name: str) -> datetime | None:
    text = request.query_params.get(name, "")
    if not text:
        return None
    found = parse_moment(text)
    if found is None:
        what = f"The query parameter {name} is '{text}'; write a moment as 2026-06-01T00:00:00Z."
        raise PolicyError("InvalidQueryParameter", what, target=name)
    return found
