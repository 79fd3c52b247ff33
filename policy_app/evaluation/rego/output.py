"""A query's answer as plain JSON values.

Each member counts against the query's budget as it is written, because a value may repeat its
parts so often that its tree is exponentially larger than what is kept of it.
"""

from __future__ import annotations

from operator import itemgetter
from typing import Any

from policy_app.evaluation.rego.limits import Budget
from policy_app.evaluation.rego.order import raw_sort_key
from policy_app.evaluation.rego.values import RegoSet, Value, finite, json_text, unkey

_SCALARS = frozenset({str, int, bool, type(None)})
"""What goes out as it is; a float may be none that JSON has."""


def plain(value: Value, budget: Budget) -> Any:
    """The value with sets as sorted lists, and other keys than strings as their JSON text."""
    kind = type(value)
    if kind in _SCALARS:
        return value
    if kind is float:
        return finite(value)
    if kind is RegoSet:
        return plain_set(list(value.items.values()), budget)
    if not value:
        return kind()
    budget.charge_elements(len(value))
    if kind is list:
        return [m if type(m) in _SCALARS else plain(m, budget) for m in value]
    return {
        key if type(key) is str else json_text(unkey(key)): (
            member if type(member) in _SCALARS else plain(member, budget)
        )
        for key, member in value.items()
    }


def plain_set(members: list[Value], budget: Budget) -> list[Any]:
    """These members, equal ones once, in OPA's order."""
    if not members:
        return []
    if len(members) == 1:
        return [plain(members[0], budget)]
    field = _deciding_field(members)
    if field is None:
        return [written for _, written in sorted_members(members, budget)]
    budget.charge_elements(len(members))
    by_text = {member[field]: member for member in members}
    return [plain(by_text[text], budget) for text in sorted(by_text)]


def alike(members: list[Value], field: str, budget: Budget) -> list[Any]:
    """As ``plain_set``, for objects that this query made and that differ in this field alone.

    Where it holds texts, the members are plain values by themselves; to copy and compare them
    took a small rule as long as it took to find them.
    """
    if not members:
        return members
    texts = [member[field] for member in members]
    if {*map(type, texts)} != {str}:
        return plain_set(members, budget)
    if len(members) == 1:
        return members
    by_text = dict(zip(texts, members, strict=True))
    return [by_text[text] for text in sorted(by_text)]


def _deciding_field(members: list[Value]) -> str | None:
    """The only field in which these objects differ, a string in each; violations are like that."""
    first = members[0]
    if {*map(type, members)} != {dict}:
        return None
    fields, differing = first.keys(), []
    for member in members:
        if member.keys() != fields:
            return None
    for field in fields:
        column = [member[field] for member in members]
        if len({*map(id, column)}) > 1:
            if {*map(type, column)} != {str}:
                return None
            differing.append(field)
    return differing[0] if len(differing) == 1 and type(differing[0]) is str else None


def sorted_members(members: list[Value], budget: Budget) -> list[tuple[Value, Any]]:
    """As ``plain_set``, each member beside the value that it was written from."""
    # Written before they are sorted: from then on their size is known to be bounded.
    written = [plain(member, budget) for member in members]
    budget.charge_elements(len(written))
    keyed = sorted(
        zip(_sort_keys(members), range(len(members)), written, strict=True),
        key=itemgetter(0, 1),
    )
    last: Any = None
    result = []
    for key, index, member in keyed:
        if key != last:
            result.append((members[index], member))
        last = key
    return result


def _sort_keys(members: list[Value]) -> list[tuple[Any, ...]]:
    """A sort key for each member; cheaper ones where all are objects with the same fields."""
    first = members[0]
    alike = type(first) is dict and all(
        type(member) is dict and member.keys() == first.keys() for member in members
    )
    if not alike or not {*map(type, first)} <= {str}:
        return list(map(raw_sort_key, members))
    # A constant is the same object in every member: it tells none of them apart.
    fields = [f for f in sorted(first) if not all(member[f] is first[f] for member in members)]
    return [
        tuple([(3, v) if type(v := member[f]) is str else raw_sort_key(v) for f in fields])
        for member in members
    ]
