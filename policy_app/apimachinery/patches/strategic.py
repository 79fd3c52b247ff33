"""Strategic merge patch: JSON merge patch that knows which lists are keyed.

Source: ``strategicpatch`` of apimachinery, and its directives: ``$patch: delete|replace|merge``,
``$retainKeys``, ``$deleteFromPrimitiveList/x``, ``$setElementOrder/x``.  None is ever stored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from policy_app.apimachinery import errors
from policy_app.apimachinery.objects import Object
from policy_app.apimachinery.schemas import Node

_DIRECTIVE = "$patch"
_RETAIN = "$retainKeys"
_ORDER = "$setElementOrder/"
_DELETE_FROM = "$deleteFromPrimitiveList/"
_DIRECTIVES = ("delete", "replace", "merge")

Given = Mapping[str, Any]


def apply(current: Given, patch: Given, node: Node | None) -> Object:
    """What the patch makes of an object.  Raises ``ApiError`` 400 for a directive that is none."""
    directive = _directive_of(patch)
    if directive == "replace":
        return dict(_plain({key: value for key, value in patch.items() if key != _DIRECTIVE}))
    if directive == "delete":
        return {}
    merged = _retained(current, patch)
    for key, value in patch.items():
        if key in (_DIRECTIVE, _RETAIN) or key.startswith((_ORDER, _DELETE_FROM)):
            continue
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = _value(merged.get(key), value, _field(node, key), patch, key)
    return _lists_alone(merged, patch, node)


def _value(current: Any, value: Any, node: Node | None, patch: Given, key: str) -> Any:
    if isinstance(value, Mapping):
        if _directive_of(value) == "delete":
            return {}
        return apply(current if isinstance(current, Mapping) else {}, value, node)
    if not isinstance(value, list):
        return value
    if node is None or "merge" not in node.patch_strategies:
        return _plain(value)
    before = current if isinstance(current, list) else []
    order = patch.get(f"{_ORDER}{key}")
    if node.merge_key:
        return _keyed(before, value, node, order)
    removed = patch.get(f"{_DELETE_FROM}{key}") or []
    return _primitives([one for one in before if one not in removed], value, order)


def _keyed(current: list[Any], patch: list[Any], node: Node, order: Any) -> list[Any]:
    """A list of objects that merge by a key."""
    key = node.merge_key
    items = [dict(one) for one in patch if isinstance(one, Mapping)]
    if len(items) != len(patch):
        raise errors.bad_request(f"each element must be an object with the key {key}")
    if any(_directive_of(one) == "replace" and key not in one for one in items):
        return [_plain(one) for one in items if _DIRECTIVE not in one]
    merged = [one for one in current if isinstance(one, Mapping)]
    for one in items:
        if key not in one:
            raise errors.bad_request(f"map: {one} does not contain declared merge key: {key}")
        merged = _with_item(merged, one, key, node.items)
    return _ordered(merged, order, lambda one: one.get(key), current)


def _with_item(merged: list[Any], item: Given, key: str, node: Node | None) -> list[Any]:
    directive = _directive_of(item)
    if directive == "delete":
        return [one for one in merged if one.get(key) != item[key]]
    at = next((i for i, one in enumerate(merged) if one.get(key) == item[key]), None)
    before = {} if at is None or directive == "replace" else merged[at]
    fresh = apply(before, {k: v for k, v in item.items() if k != _DIRECTIVE}, node)
    return [*merged, fresh] if at is None else [*merged[:at], fresh, *merged[at + 1 :]]


def _primitives(current: list[Any], patch: Sequence[Any], order: Any) -> list[Any]:
    merged = [*current, *(one for one in patch if one not in current)]
    return _ordered(merged, order, lambda one: one, current)


def _lists_alone(merged: Object, patch: Given, node: Node | None) -> Object:
    """Directives about a list that the patch does not otherwise touch."""
    for key, value in patch.items():
        prefix = next((one for one in (_ORDER, _DELETE_FROM) if key.startswith(one)), None)
        name = key.removeprefix(prefix or "")
        if prefix is None or name in patch or not isinstance(merged.get(name), list):
            continue
        place = _field(node, name)
        if prefix == _DELETE_FROM:
            merged[name] = [one for one in merged[name] if one not in (value or [])]
        elif place is not None and place.merge_key:
            by = place.merge_key
            merged[name] = _ordered(
                merged[name], value, lambda one, by=by: one.get(by), merged[name]
            )
        else:
            merged[name] = _ordered(merged[name], value, lambda one: one, merged[name])
    return merged


def _ordered(merged: list[Any], order: Any, key_of: Any, before: list[Any]) -> list[Any]:
    """The elements in the patch's order; those that only the server has keep their neighbours."""
    if not isinstance(order, list):
        return merged
    wanted = [key_of(one) if isinstance(one, Mapping) else one for one in order]
    ranked = [one for one in merged if key_of(one) in wanted]
    ranked.sort(key=lambda one: wanted.index(key_of(one)))
    for one in merged:
        if key_of(one) in wanted:
            continue
        ranked.insert(_place_after(ranked, before, one, key_of), one)
    return ranked


def _place_after(ranked: list[Any], before: list[Any], one: Any, key_of: Any) -> int:
    """Behind the nearest element that stood before it on the server."""
    keys = [key_of(each) for each in before]
    at = keys.index(key_of(one)) if key_of(one) in keys else len(keys)
    earlier = set(map(repr, keys[:at]))
    for index in range(len(ranked), 0, -1):
        if repr(key_of(ranked[index - 1])) in earlier:
            return index
    return 0 if at < len(keys) else len(ranked)


def _retained(current: Given, patch: Given) -> Object:
    keys = patch.get(_RETAIN)
    if not isinstance(keys, list):
        return dict(current)
    return {key: value for key, value in current.items() if key in keys}


def _directive_of(patch: Given) -> str:
    directive = patch.get(_DIRECTIVE, "merge")
    if directive not in _DIRECTIVES:
        raise errors.bad_request(f"Unknown patch strategy: {directive}")
    return str(directive)


def _field(node: Node | None, name: str) -> Node | None:
    return node.field(name) if node is not None else None


def _plain(value: Any) -> Any:
    """A value without directives and nulls, as it is stored where nothing was before."""
    if isinstance(value, Mapping):
        return {
            key: _plain(one)
            for key, one in value.items()
            if one is not None and not key.startswith("$")
        }
    return [_plain(one) for one in value] if isinstance(value, list) else value
