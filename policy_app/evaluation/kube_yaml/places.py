"""Where each field of a document stands, in one number a field: noted while the text is read.

The numbers are in the order of the text: first the document's own, then one for each field of an
object (where its name stands) and one for each item of a list.  A value that was built from the
text in that order tells which number is whose.  ``positions`` finds more, such as the last line of
an object, and reads the text again for it.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Any

COLUMN_BITS = 20
LAST_COLUMN = (1 << COLUMN_BITS) - 1
_LONG = 16
_COLLECTIONS = frozenset({dict, list})


def pack_place(line: int, column: int) -> int:
    """A line and a column, both counted from 0, as one number."""
    return line << COLUMN_BITS | (column if column < LAST_COLUMN else LAST_COLUMN)


class Places:
    """The numbers of one document, and the value that was built with them."""

    def __init__(self, packed: array[int], value: Any) -> None:
        self._packed = packed
        self._value = value
        self._items: dict[int, list[int]] = {}
        self._sizes: dict[int, int] = {}

    def find(self, steps: Sequence[str | int]) -> tuple[int, int]:
        """Line and column, from 1, of the field at a path, or of its nearest ancestor."""
        at, value = 0, self._value
        for step in steps:
            if isinstance(value, dict) and step in value:
                at = self._field(value, str(step), at)
            elif isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value):
                at = self._item(value, step, at)
            else:
                break
            value = value[step]
        packed = self._packed[at]
        return (packed >> COLUMN_BITS) + 1, (packed & LAST_COLUMN) + 1

    def _field(self, value: dict[str, Any], wanted: str, at: int) -> int:
        at += 1
        for name, inner in value.items():
            if name == wanted:
                break
            at += 1
            if type(inner) in _COLLECTIONS:
                at += self._inside(inner)
        return at

    def _item(self, value: list[Any], index: int, at: int) -> int:
        if len(value) < _LONG:
            return at + 1 + index + self._all(value[:index])
        # The items of a long list are asked for one after the other.
        if at not in self._items:
            sizes = (1 + self._all((item,)) for item in value[:-1])
            self._items[at] = list(accumulate(sizes, initial=at + 1))
        return self._items[at][index]

    def _inside(self, value: Any) -> int:
        """How many numbers a collection takes beside its own; counted once."""
        size = self._sizes.get(id(value))
        if size is None:
            inner: Iterable[Any] = value.values() if type(value) is dict else value
            size = self._sizes[id(value)] = len(value) + self._all(inner)
        return size

    def _all(self, values: Iterable[Any]) -> int:
        """How many numbers some values take beside their own."""
        total, sizes = 0, self._sizes
        for value in values:
            # Most values are plain ones, and take none.
            if type(value) in _COLLECTIONS:
                total += sizes.get(id(value)) or self._inside(value)
        return total
