"""Where each field of a document stands, in one number a field: noted while the text is read.

The numbers are in the order of the text: first the document's own, then one for each field of an
object (where its name stands) and one for each item of a list.  A value that was built from the
text in that order tells which number is whose.  ``positions`` finds more, such as the last line of
an object, and reads the text again for it.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from typing import Any

_COLUMN_BITS = 20
_LAST_COLUMN = (1 << _COLUMN_BITS) - 1


def pack(event: Any) -> int:
    """The start of an event as one number."""
    mark = event.start_mark
    line: int = mark.line
    column: int = mark.column
    return line << _COLUMN_BITS | (column if column < _LAST_COLUMN else _LAST_COLUMN)


def find(places: array[int], value: Any, steps: Sequence[str | int]) -> tuple[int, int]:
    """Line and column, from 1, of the field at a path, or of its nearest ancestor that exists."""
    at = 0
    for step in steps:
        children: Iterable[tuple[Any, Any]] = ()
        if isinstance(value, dict) and step in value:
            children = value.items()
        elif isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value):
            children = enumerate(value)
        found = False
        at_child = at + 1
        for name, child in children:
            if name == step:
                found, at, value = True, at_child, child
                break
            at_child += 1 + _inside(child)
        if not found:
            break
    packed = places[at]
    return (packed >> _COLUMN_BITS) + 1, (packed & _LAST_COLUMN) + 1


def _inside(value: Any) -> int:
    """How many numbers a value takes beside its own."""
    if isinstance(value, dict):
        return len(value) + sum(
            _inside(child) for child in value.values() if isinstance(child, (dict, list))
        )
    if isinstance(value, list):
        return len(value) + sum(
            _inside(child) for child in value if isinstance(child, (dict, list))
        )
    return 0
