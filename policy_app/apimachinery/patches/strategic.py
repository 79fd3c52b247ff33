"""Strategic merge patch: JSON merge patch that knows which lists are keyed.

Source: ``strategicpatch`` of apimachinery, and its directives: ``$patch: delete|replace``,
``$retainKeys``, ``$deleteFromPrimitiveList/x``, ``$setElementOrder/x``.  None is ever stored.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from policy_app.apimachinery import errors
from policy_app.apimachinery.objects import Object
from policy_app.apimachinery.patches.ordering import mark, mark_of, ordered, positions
from policy_app.apimachinery.schemas import Node

_DIRECTIVE = "$patch"
_RETAIN = "$retainKeys"
_ORDER = "$setElementOrder/"
_DELETE_FROM = "$deleteFromPrimitiveList/"

Given = Mapping[str, Any]


def apply(current: Given, patch: Given, node: Node | None) -> Object:
    """What the patch makes of an object.  Raises ``ApiError`` 400 for a directive that is none."""
    if _DIRECTIVE in patch:
        return _directed(patch)
    merged = _retained(current, patch)
    for name in _lists_with_directives(patch):
        _put_list(merged, name, patch, node)
    for name, value in patch.items():
        if _is_directive(name) or _concerns_list(name, patch):
            continue
        if value is None:
            merged.pop(name, None)
        elif name in merged or not _is_directed(value):
            # What a directive says of an object that is not there comes to nothing.
            merged[name] = _value(merged.get(name), value, _field(node, name))
    return merged


def _directed(patch: Given) -> Object:
    """``$patch`` in an object: the rest replaces what is there, or nothing is left of it."""
    directive = patch[_DIRECTIVE]
    if directive == "replace":
        return dict(_plain({name: value for name, value in patch.items() if name != _DIRECTIVE}))
    if directive == "delete":
        return {}
    raise _unknown(directive, "an object takes replace or delete")


def _retained(current: Given, patch: Given) -> Object:
    """The object with no other fields than those that ``$retainKeys`` lists."""
    if _RETAIN not in patch:
        return dict(current)
    kept = patch[_RETAIN]
    if not isinstance(kept, list) or not all(isinstance(one, str) for one in kept):
        raise errors.bad_request(
            f"invalid patch format of retainKeys: {kept!r} is no list of names"
        )
    names = set(kept)
    for name, value in patch.items():
        if value is not None and not _is_directive(name) and name not in names:
            raise errors.bad_request(
                f"invalid patch format of retainKeys: {name} is set and not among {sorted(names)}"
            )
    return {name: value for name, value in current.items() if name in names}


def _lists_with_directives(patch: Given) -> list[str]:
    """The lists whose order the patch sets, or from which it deletes values."""
    prefixes = (_ORDER, _DELETE_FROM)
    names = [
        name.removeprefix(prefix)
        for name in patch
        for prefix in prefixes
        if name.startswith(prefix)
    ]
    return list(dict.fromkeys(names))


def _concerns_list(name: str, patch: Given) -> bool:
    return f"{_ORDER}{name}" in patch or f"{_DELETE_FROM}{name}" in patch


def _put_list(merged: Object, name: str, patch: Given, node: Node | None) -> None:
    """A list with its own value in the patch and the directives beside it, all at once."""
    place = _field(node, name)
    key = place.merge_key if place is not None else ""
    order, removed = (_named_list(patch, prefix, name) for prefix in (_ORDER, _DELETE_FROM))
    if name in patch and not isinstance(patch[name], list):
        if patch[name] is None:
            merged.pop(name, None)
            return
        raise errors.bad_request(f"{name}: the patch must have a list beside its directives")
    current = merged.get(name)
    if not isinstance(current, list) and name not in patch:
        return
    before = current if isinstance(current, list) else []
    if removed is not None:
        gone = {mark(one) for one in removed}
        before = [one for one in before if mark(one) not in gone]
    found = _value(before, patch[name], place) if name in patch else before
    if order is not None:
        items = patch.get(name) or []
        _check_order(name, items, order, key)
        found = ordered(found, order, _stood(before, found, items, key), key)
    merged[name] = found


def _stood(before: list[Any], found: list[Any], items: list[Any], key: str) -> list[Any]:
    """Where elements stood, as an API server remembers it when it sets an order.

    New elements take the places of deleted ones at the end, as far as there are such places: so an
    element that only the server has stays before one that replaces another.
    """
    left, there = positions(found, key), positions(before, key)
    kept = [one for one in before if mark_of(one, key) in left]
    fresh = [one for one in items if mark_of(one, key) in left and mark_of(one, key) not in there]
    return [*kept, *fresh[: len(before) - len(kept)]]


def _named_list(patch: Given, prefix: str, name: str) -> list[Any] | None:
    given = patch.get(prefix + name)
    if given is None or isinstance(given, list):
        return given
    kind = "setElementOrder" if prefix == _ORDER else "primitive"
    raise errors.bad_request(f"invalid patch format of {kind} list: {prefix}{name} is no list")


def _check_order(name: str, items: list[Any], order: list[Any], key: str) -> None:
    """What the patch changes must be in the order that it sets, and in the list that says so."""
    rank = positions(order, key)
    kept = [one for one in items if not _is_directed(one)]
    places = [rank.get(mark_of(one, key), -1) for one in kept]
    if -1 in places or places != sorted(places):
        raise errors.bad_request(
            f"the order in the patch's list {name} doesn't match its {_ORDER}{name} list"
        )


def _value(current: Any, value: Any, node: Node | None) -> Any:
    """What a patch's value makes of the current one."""
    replaces = node is not None and "replace" in node.patch_strategies
    if isinstance(value, Mapping):
        before = current if isinstance(current, Mapping) else {}
        return _plain(value) if replaces and before else apply(before, value, node)
    if not isinstance(value, list):
        return value
    if node is None or "merge" not in node.patch_strategies:
        return _plain(value)
    before_list = current if isinstance(current, list) else []
    if node.merge_key:
        return _keyed(before_list, value, node)
    there = {mark(one) for one in before_list}
    fresh = [one for one in value if mark(one) not in there]
    return ordered([*before_list, *_distinct(fresh)], value, before_list, "")


def _keyed(current: list[Any], patch: list[Any], node: Node) -> list[Any]:
    """A list of objects that merge by a key."""
    key = node.merge_key
    items, gone, replaces = _sorted_out(patch, key)
    if replaces:
        return [_plain(one) for one in items]
    merged: dict[Any, Any] = {}
    for number, one in enumerate(current):
        place = mark_of(one, key)
        if place in gone or not isinstance(one, Mapping):
            continue
        # Of elements with the same key, the first is the one that a patch means.
        merged[(place, number) if place in merged else place] = one
    for one in items:
        place = mark(one[key])
        merged[place] = apply(merged.get(place, {}), one, node.items)
    return ordered(list(merged.values()), items, current, key)


def _sorted_out(patch: list[Any], key: str) -> tuple[list[Given], set[Any], bool]:
    """The elements to merge, the marks of those to delete, and whether they replace the list."""
    items: list[Given] = []
    gone: set[Any] = set()
    replaces = False
    for one in patch:
        if not isinstance(one, Mapping):
            raise errors.bad_request(f"each element must be an object with the key {key}")
        directive = one.get(_DIRECTIVE)
        if directive == "replace":
            replaces = True
            continue
        if directive not in (None, "delete"):
            raise _unknown(directive, "an element of a list takes replace or delete")
        if one.get(key) is None:
            raise errors.bad_request(
                f"map: {json.dumps(one)} does not contain declared merge key: {key}"
            )
        if directive == "delete":
            gone.add(mark(one[key]))
        else:
            items.append(one)
    return items, gone, replaces


def _distinct(values: list[Any]) -> list[Any]:
    return list({mark(one): one for one in values}.values())


def _unknown(directive: Any, why: str) -> errors.ApiError:
    return errors.bad_request(f"unknown patch type: {directive!r}: {why}")


def _is_directive(name: str) -> bool:
    return name in (_DIRECTIVE, _RETAIN) or name.startswith((_ORDER, _DELETE_FROM))


def _is_directed(value: Any) -> bool:
    return isinstance(value, Mapping) and _DIRECTIVE in value


def _field(node: Node | None, name: str) -> Node | None:
    return node.field(name) if node is not None else None


def _plain(value: Any) -> Any:
    """A value without directives and nulls, as it is stored where nothing was before."""
    if isinstance(value, Mapping):
        return {
            name: _plain(one)
            for name, one in value.items()
            if one is not None and not _is_directive(name)
        }
    if not isinstance(value, list):
        return value
    return [_plain(one) for one in value if not _is_directed(one)]
