"""Where each field of a document stands, in one number a field: noted while the text is read.

The numbers are in the order of the text: first the document's own, then one for each field of an
object (where its name stands) and one for each item of a list.  A value that was built from the
text in that order tells which number is whose.  ``positions`` finds more, such as the last line of
an object, and reads the text again for it.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from typing import Any

COLUMN_BITS = 20
LAST_COLUMN = (1 << COLUMN_BITS) - 1
_COLLECTIONS = frozenset({dict, list})


def pack_place(line: int, column: int) -> int:
    """A line and a column, both counted from 0, as one number."""
    return line << COLUMN_BITS | (column if column < LAST_COLUMN else LAST_COLUMN)


class _Distances(dict[str | int, int]):
    """How far behind a collection's own number those of its fields or items are.

    Counted just as far as somebody asks, and kept: who asks for one mostly asks for others, too.
    """

    def __init__(self, counted: Iterator[tuple[str | int, int]]) -> None:
        self._counted = counted

    def __missing__(self, wanted: str | int) -> int:
        for step, distance in self._counted:
            self[step] = distance
            if step == wanted:
                return distance
        raise KeyError(wanted)


class Places:
    """The numbers of one document, and the value that was built with them."""

    def __init__(self, packed: array[int], value: Any) -> None:
        self._packed = packed
        self._value = value
        self._distances: dict[int, _Distances] = {}
        self._sizes: dict[int, int] = {}

    def find(self, steps: Sequence[str | int]) -> tuple[int, int]:
        """Line and column, from 1, of the field at a path, or of its nearest ancestor."""
        at, value = 0, self._value
        for step in steps:
            if type(value) not in _COLLECTIONS:
                break
            distances = self._distances.get(id(value))
            if distances is None:
                distances = self._distances[id(value)] = _Distances(_counted(value, self._sizes))
            try:
                at += distances[step]
            except KeyError:
                break
            value = value[step]
        packed = self._packed[at]
        return (packed >> COLUMN_BITS) + 1, (packed & LAST_COLUMN) + 1


# These are no methods: what is counted half-way would keep its document alive, and itself with it.


def _counted(value: Any, sizes: dict[int, int]) -> Iterator[tuple[str | int, int]]:
    """Each field or item of a collection, with its distance."""
    distance = 1
    for step, inner in value.items() if type(value) is dict else enumerate(value):
        yield step, distance
        distance += 1
        # Most values are plain ones, and take no number beside their own.
        if type(inner) in _COLLECTIONS:
            distance += _inside(inner, sizes)


def _inside(value: Any, sizes: dict[int, int]) -> int:
    """How many numbers a collection takes beside its own; counted once."""
    size = sizes.get(id(value))
    if size is None:
        size = len(value)
        for inner in value.values() if type(value) is dict else value:
            if type(inner) in _COLLECTIONS:
                size += _inside(inner, sizes)
        sizes[id(value)] = size
    return size
