"""OPA's total order: null < boolean < number < string < array < object < set."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from policy_app.evaluation.rego.errors import RegoLimitError
from policy_app.evaluation.rego.limits import charge_work
from policy_app.evaluation.rego.model import ATOMS, RegoSet, Value, unkey, weigh

_RANKS: dict[type, int] = {
    type(None): 0,
    bool: 1,
    int: 2,
    float: 2,
    str: 3,
    list: 4,
    dict: 5,
    RegoSet: 6,
}
_FIRST_COMPOSITE = 4


def sort_key(value: Value) -> tuple[Any, ...]:
    """A tuple that sorts as ``value`` does in OPA's total order."""
    if type(value) not in ATOMS:
        weigh(value)
    return raw_sort_key(value)


def raw_sort_key(value: Value) -> tuple[Any, ...]:
    """``sort_key`` for a value whose size is known to be bounded."""
    rank = _RANKS[type(value)]
    if rank < _FIRST_COMPOSITE:
        # None is never compared beyond its rank, but must be comparable to itself.
        return (rank, 0 if rank == 0 else value)
    charge_work(len(value))
    if rank == _FIRST_COMPOSITE:
        return (rank, tuple([raw_sort_key(member) for member in value]))
    if type(value) is RegoSet:
        return (rank, tuple(sorted([raw_sort_key(member) for member in value.items.values()])))
    if {*map(type, value)} == {str}:
        fields = sorted(value)
        return (rank, tuple([part for k in fields for part in ((3, k), raw_sort_key(value[k]))]))
    pairs = sorted([(raw_sort_key(unkey(key)), key) for key in value], key=_first)
    return (rank, tuple([part for key, k in pairs for part in (key, raw_sort_key(value[k]))]))


def _first(pair: tuple[Any, Any]) -> Any:
    return pair[0]


def compare(a: Value, b: Value) -> int:
    """-1, 0 or 1: null < boolean < number < string < array < object < set, then by value."""
    rank, other = _RANKS[type(a)], _RANKS[type(b)]
    if rank != other:
        return -1 if rank < other else 1
    if rank >= _FIRST_COMPOSITE:
        a, b = sort_key(a), sort_key(b)
    elif rank == 0:
        return 0
    return int(a > b) - int(a < b)


MAX_SORTED = 1_000_000
"""Members and characters of composite values that are sorted: each member takes its memory."""

_NUMBERS = ({int}, {float}, {int, float})


def sort_values(values: Iterable[Value]) -> list[Value]:
    """The values in OPA's total order."""
    members = list(values)
    if is_natural(members):
        return sorted(members)
    keys = sort_keys(members)
    return [members[index] for index in sorted(range(len(members)), key=keys.__getitem__)]


def is_natural(values: Iterable[Value]) -> bool:
    """Whether Python orders these values as Rego does: all strings, or all numbers."""
    kinds = {*map(type, values)}
    return kinds == {str} or kinds in _NUMBERS


def sort_keys(values: list[Value]) -> list[tuple[Any, ...]]:
    """The sort keys of several values; raises ``RegoLimitError`` where they are too large."""
    if weigh(values) > MAX_SORTED:
        raise RegoLimitError("values are too large to be sorted", code="rego_limit_error")
    return list(map(raw_sort_key, values))


def sorted_pairs(value: dict[Any, Value]) -> list[tuple[Any, Value]]:
    """An object's ``(hash key, value)`` pairs in the order of its keys."""
    if {*map(type, value)} == {str}:
        return [(key, value[key]) for key in sorted(value)]
    return sorted(value.items(), key=lambda pair: sort_key(unkey(pair[0])))
