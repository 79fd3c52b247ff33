"""Changes of single fields of an object: made to a copy of it, and told as a JSON patch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final

Path = tuple[str | int, ...]


class _Removed:
    def __repr__(self) -> str:
        return "REMOVED"


REMOVED: Final = _Removed()
"""The value of a field that is to go."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A field and the value that it gets; what is missing on the way to it is made."""

    path: Path
    value: Any = REMOVED

    @property
    def removes(self) -> bool:
        """Whether the field goes."""
        return self.value is REMOVED


def value_at(thing: Any, path: Path) -> Any:
    """The value at a path; None where there is none."""
    for step in path:
        if isinstance(step, int):
            found = isinstance(thing, list) and step < len(thing)
            thing = thing[step] if found else None
        else:
            thing = thing.get(step) if isinstance(thing, Mapping) else None
    return thing


def applied(thing: Mapping[str, Any], edits: Iterable[Edit]) -> dict[str, Any]:
    """A copy of the object with the edits made, in their order."""
    changed: dict[str, Any] = deepcopy(dict(thing))
    for edit in edits:
        if edit.removes:
            _remove(changed, edit.path)
        else:
            _set(changed, edit.path, deepcopy(edit.value))
    return changed


def json_patch(thing: Mapping[str, Any], edits: Iterable[Edit]) -> list[dict[str, Any]]:
    """The edits as ``kubectl patch --type=json`` takes them (RFC 6902)."""
    operations: list[dict[str, Any]] = []
    current = dict(thing)
    for edit in edits:
        operation = _operation(current, edit)
        if operation is not None:
            operations.append(operation)
            current = applied(current, [edit])
    return operations


def _operation(thing: Mapping[str, Any], edit: Edit) -> dict[str, Any] | None:
    if edit.removes:
        there = _holds(thing, edit.path)
        return {"op": "remove", "path": _pointer(edit.path)} if there else None
    # A patch cannot add below what is not there, so the nearest missing ancestor is added whole.
    for length in range(1, len(edit.path)):
        if not isinstance(value_at(thing, edit.path[:length]), (Mapping, list)):
            value: Any = deepcopy(edit.value)
            for step in reversed(edit.path[length:]):
                value = {step: value}
            return {"op": "add", "path": _pointer(edit.path[:length]), "value": value}
    verb = "replace" if _holds(thing, edit.path) else "add"
    return {"op": verb, "path": _pointer(edit.path), "value": edit.value}


def _holds(thing: Mapping[str, Any], path: Path) -> bool:
    above = value_at(thing, path[:-1])
    last = path[-1]
    if isinstance(last, int):
        return isinstance(above, list) and last < len(above)
    return isinstance(above, Mapping) and last in above


def _pointer(path: Path) -> str:
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in path)


def _remove(thing: dict[str, Any], path: Path) -> None:
    if _holds(thing, path):
        del value_at(thing, path[:-1])[path[-1]]


def _set(thing: Any, path: Path, value: Any) -> None:
    for step in path[:-1]:
        if isinstance(step, int):
            thing = thing[step]
        else:
            if not isinstance(thing.get(step), (dict, list)):
                thing[step] = {}
            thing = thing[step]
    thing[path[-1]] = value
