"""The order of a list after a strategic merge patch.

What the patch names is in the patch's order; what only the server has keeps its place before the
elements that it stood before.  Source: ``normalizeElementOrder`` of apimachinery.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Mark = tuple[str, Any]
"""What tells values apart, unlike Python: ``1`` is not ``True``.  It can be hashed."""


def mark(value: Any) -> Mark:
    """The mark of a value; numbers are equal whatever their form."""
    if isinstance(value, bool):
        return "bool", value
    if isinstance(value, (int, float)):
        return "number", value
    if isinstance(value, str):
        return "text", value
    return "other", repr(value)


def mark_of(element: Any, key: str) -> Mark:
    """The mark of a list's element: of its merge key, or of the value where there is none."""
    if key and isinstance(element, Mapping):
        return mark(element.get(key))
    return mark(element)


def positions(elements: Iterable[Any], key: str) -> dict[Mark, int]:
    """Where each element stands first."""
    found: dict[Mark, int] = {}
    for index, element in enumerate(elements):
        found.setdefault(mark_of(element, key), index)
    return found


def ordered(merged: list[Any], wanted: list[Any], before: list[Any], key: str) -> list[Any]:
    """The merged elements: those wanted in their order, the others as they stood before."""
    rank, stood = positions(wanted, key), positions(before, key)
    marked = [(mark_of(one, key), one) for one in merged]
    named = sorted((one for one in marked if one[0] in rank), key=lambda one: rank[one[0]])
    others = [one for one in marked if one[0] not in rank]
    others.sort(key=lambda one: stood.get(one[0], len(stood)))
    found: list[Any] = []
    waiting = iter(others)
    other = next(waiting, None)
    for place, element in named:
        while other is not None and _precedes(other[0], place, stood):
            found.append(other[1])
            other = next(waiting, None)
        found.append(element)
    if other is not None:
        found.append(other[1])
    found.extend(one for _, one in waiting)
    return found


def _precedes(one: Mark, other: Mark, stood: Mapping[Mark, int]) -> bool:
    return one in stood and other in stood and stood[one] < stood[other]
