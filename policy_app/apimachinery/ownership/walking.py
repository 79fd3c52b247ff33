"""Walks over objects along their shape: which fields they have, where two differ, and what merges.

Source: structured-merge-diff, ``typed`` (the walkers for field sets, comparison, merging, removal).
"""

from __future__ import annotations

from collections import deque
from typing import Any, NamedTuple

from policy_app.apimachinery.ownership import fields
from policy_app.apimachinery.ownership.fields import HERE, FieldSet
from policy_app.apimachinery.ownership.shapes import Form, Shape, UnkeyedError

_ABSENT: Any = object()


class Comparison(NamedTuple):
    """Where one object differs from an earlier one."""

    changed: FieldSet
    """Fields that are new, or have another value."""
    gone: FieldSet
    """Fields that are no longer there."""


def extracted(value: Any, shape: Shape) -> FieldSet:
    """The fields that an applied object claims.  Raises ``UnkeyedError``.

    A structure is not claimed itself, what is in it is; keys of maps and elements of lists are.
    """
    form = shape.form_of(value)
    if form is Form.WHOLE:
        return fields.leaf()
    if form is Form.GRANULAR:
        found: FieldSet = {}
        for name, one in value.items():
            below = extracted(one, shape.child(name))
            if one == {} or name not in shape.named:
                below = {HERE: {}, **below}
            if below:
                found[f"f:{name}"] = below
        return found
    there = shape.elements(value)
    if len(there) != len(value):
        raise _duplicate(value, shape)
    return {element: {HERE: {}, **extracted(item, shape.item)} for element, item in there.items()}


def compared(before: Any, after: Any, shape: Shape) -> Comparison:
    """Where ``after`` differs from ``before``.  Raises ``UnkeyedError``."""
    changed: FieldSet = {}
    gone: FieldSet = {}
    if before != after:
        _compare(before, after, shape, changed, gone)
    return Comparison(changed, gone)


def merged(current: Any, applied: Any, shape: Shape) -> Any:
    """What applied fields make of the current ones.  Raises ``UnkeyedError``."""
    form = shape.form_of(applied)
    if form is Form.WHOLE or current == applied or type(current) is not type(applied):
        return applied
    if form is Form.GRANULAR:
        found = dict(current)
        for name, one in applied.items():
            found[name] = merged(found[name], one, shape.child(name)) if name in found else one
        return found
    return _merged_list(current, applied, shape)


def without(value: Any, removed: FieldSet, shape: Shape) -> Any:
    """A value without some of its fields; None where nothing is left.  Raises ``UnkeyedError``."""
    form = shape.form_of(value)
    if form is Form.WHOLE or not removed:
        return value
    if form is Form.GRANULAR:
        kept = {}
        for name, one in value.items():
            rest = _kept(one, removed.get(f"f:{name}"), shape.child(name))
            if rest is not _ABSENT:
                kept[name] = rest
        return kept or None
    items = [_kept(item, removed.get(shape.element(item)), shape.item) for item in value]
    return [item for item in items if item is not _ABSENT] or None


def removable(given_up: FieldSet, owned: list[FieldSet], shape: Shape) -> FieldSet:
    """Of the fields that a manager gave up, those that go.

    ``owned`` are the sets of all who own something now.  A structure goes with everything in it
    once nobody owns a field of it; a map's key or a list's element once nobody owns it itself.
    """
    found: FieldSet = {}
    for element, below in given_up.items():
        if element == HERE:
            continue
        by_others = [one[element] for one in owned if element in one]
        is_field, name = element.startswith("f:"), element[2:]
        if is_field and name in shape.named:
            goes = not by_others
        else:
            goes = HERE in below and not any(HERE in one for one in by_others)
        place = shape.child(name) if is_field else shape.item
        inner = fields.leaf() if goes else removable(below, by_others, place)
        if inner:
            found[element] = inner
    return found


def _kept(value: Any, removed: FieldSet | None, shape: Shape) -> Any:
    """What is left of a value at its place; absent where it goes, or where it is left empty."""
    if removed is None:
        return value
    if HERE in removed:
        return _ABSENT
    rest = without(value, removed, shape)
    return _ABSENT if rest is None and value is not None else rest


def _whole(value: Any, shape: Shape) -> FieldSet:
    """Every place of a value that was not there before, structures too."""
    form = shape.form_of(value)
    if form is Form.WHOLE or not value:
        return fields.leaf()
    found: FieldSet = {HERE: {}}
    if form is Form.GRANULAR:
        for name, one in value.items():
            found[f"f:{name}"] = _whole(one, shape.child(name))
    else:
        for element, item in shape.elements(value).items():
            found[element] = _whole(item, shape.item)
    return found


def _compare(before: Any, after: Any, shape: Shape, changed: FieldSet, gone: FieldSet) -> None:
    """Two values that differ; what differs is put into the sets."""
    before, after = _alike(before, after), _alike(after, before)
    form = shape.form_of(after)
    if form is Form.WHOLE or type(before) is not type(after) or not (before or after):
        changed[HERE] = {}
    elif form is Form.GRANULAR:
        for name in {**before, **after}:
            pair = before.get(name, _ABSENT), after.get(name, _ABSENT)
            if pair[0] != pair[1]:
                _compare_at(f"f:{name}", pair, shape.child(name), changed, gone)
    else:
        old, new = shape.elements(before), shape.elements(after)
        for element in {**old, **new}:
            pair = old.get(element, _ABSENT), new.get(element, _ABSENT)
            if pair[0] != pair[1]:
                _compare_at(element, pair, shape.item, changed, gone)


def _compare_at(
    element: str, pair: tuple[Any, Any], shape: Shape, changed: FieldSet, gone: FieldSet
) -> None:
    before, after = pair
    if before is _ABSENT:
        changed[element] = _whole(after, shape)
    elif after is _ABSENT:
        gone[element] = _whole(before, shape)
    else:
        inner_changed: FieldSet = {}
        inner_gone: FieldSet = {}
        _compare(before, after, shape, inner_changed, inner_gone)
        if inner_changed:
            changed[element] = inner_changed
        if inner_gone:
            gone[element] = inner_gone


def _alike(value: Any, other: Any) -> Any:
    """Null beside an object or a list is an empty one."""
    return type(other)() if value is None and isinstance(other, (dict, list)) else value


def _merged_list(current: list[Any], applied: list[Any], shape: Shape) -> list[Any]:
    """The applied elements in their order; others stay before what they stood before."""
    there, given = shape.elements(current), shape.elements(applied)
    waiting = deque((shape.element(item), item) for item in current)
    shared = deque(element for element in given if element in there)
    found: list[Any] = []
    for element, item in given.items():
        stop = shared[0] if shared else None
        _take_others(found, waiting, stop, given)
        if element == stop:
            shared.popleft()
            if waiting and waiting[0][0] == element:
                waiting.popleft()
        known = element in there
        found.append(merged(there[element], item, shape.item) if known else item)
    _take_others(found, waiting, None, given)
    return found


def _take_others(
    found: list[Any], waiting: deque[tuple[str, Any]], stop: str | None, given: dict[str, Any]
) -> None:
    """Move elements that are not applied behind those found, up to the next shared one."""
    while waiting and waiting[0][0] != stop:
        element, item = waiting.popleft()
        if element not in given:
            found.append(item)


def _duplicate(value: list[Any], shape: Shape) -> UnkeyedError:
    """What is wrong with a list of which two elements cannot be told apart."""
    seen: set[str] = set()
    for element in map(shape.element, value):
        if element in seen:
            [path] = fields.paths({element: fields.leaf()})
            return UnkeyedError(f"duplicate entries for key {path}")
        seen.add(element)
    raise AssertionError("a list without duplicates has none to tell")
