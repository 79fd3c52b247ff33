"""JSON Patch (RFC 6902), applied without touching the value it starts from.

As in OPA, a path may also be an array of segments, sets can be patched (a member is its own
key), and a patch that does not fit makes the result undefined instead of an error.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from policy_app.evaluation.rego.builtins.core import (
    BuiltinError,
    Context,
    Family,
    NoResult,
)
from policy_app.evaluation.rego.builtins.pointers import Path, read_path
from policy_app.evaluation.rego.values import RegoSet, Value, hash_key, rego_equal

FAMILY = Family("patch")

_INDEX = re.compile(r"0|[1-9]\d{0,9}", re.ASCII)


class _Unfit(BuiltinError):  # noqa: N818 - becomes NoResult before anyone sees it
    """A patch that does not fit the value."""

    def __init__(self) -> None:
        super().__init__("the patch does not fit")


@FAMILY.builtin("json.patch", "any", "array[object[string:any]]", result="any", context=True)
def patch(context: Context, value: Value, operations: list[Value]) -> Value:
    """The value after the operations, each ``{"op": …, "path": …, …}``."""
    try:
        for operation in operations:
            value = _apply(context, value, operation)
    except BuiltinError:
        raise NoResult from None
    return value


def _field(operation: dict[Value, Value], name: str) -> Value:
    if name not in operation:
        raise _Unfit
    return operation[name]


def _apply(context: Context, root: Value, operation: Value) -> Value:
    if type(operation) is not dict:
        raise _Unfit
    apply = _OPERATIONS.get(_text(_field(operation, "op")))
    if apply is None:
        raise _Unfit
    return apply(context, root, operation, read_path(_field(operation, "path")))


def _text(value: Value) -> str:
    if type(value) is not str:
        raise _Unfit
    return value


Operation = Callable[[Context, Value, dict[Value, Value], Path], Value]


def _add(context: Context, root: Value, operation: dict[Value, Value], path: Path) -> Value:
    return _inserted(context, root, path, _field(operation, "value"))


def _remove(context: Context, root: Value, operation: dict[Value, Value], path: Path) -> Value:
    return _deleted(context, root, path)


def _replace(context: Context, root: Value, operation: dict[Value, Value], path: Path) -> Value:
    value = _field(operation, "value")
    return _inserted(context, _deleted(context, root, path), path, value) if path else value


def _move(context: Context, root: Value, operation: dict[Value, Value], path: Path) -> Value:
    source = read_path(_field(operation, "from"))
    value = _found(root, source)
    return _inserted(context, _deleted(context, root, source), path, value)


def _copy(context: Context, root: Value, operation: dict[Value, Value], path: Path) -> Value:
    return _inserted(context, root, path, _found(root, read_path(_field(operation, "from"))))


def _test(context: Context, root: Value, operation: dict[Value, Value], path: Path) -> Value:
    if not rego_equal(_found(root, path), _field(operation, "value")):
        raise _Unfit
    return root


_OPERATIONS: dict[str, Operation] = {
    "add": _add,
    "remove": _remove,
    "replace": _replace,
    "move": _move,
    "copy": _copy,
    "test": _test,
}


def _index(segment: Value, length: int) -> int:
    """The place in an array that a segment means; ``-`` is behind its last member."""
    if type(segment) is int:
        index = segment
    elif segment == "-":
        index = length
    elif type(segment) is str and _INDEX.fullmatch(segment):
        index = int(segment)
    else:
        raise _Unfit
    if not 0 <= index <= length:
        raise _Unfit
    return index


def _child(value: Value, segment: Value) -> Value:
    kind = type(value)
    if kind is list:
        index = _index(segment, len(value))
        if index == len(value):
            raise _Unfit
        return value[index]
    members = value if kind is dict else value.items if kind is RegoSet else {}
    key = hash_key(segment)
    if key not in members:
        raise _Unfit
    return members[key]


def _found(value: Value, path: Path) -> Value:
    for segment in path:
        value = _child(value, segment)
    return value


def _changed(
    context: Context, root: Value, path: Path, change: Callable[[Value, Value], Value]
) -> Value:
    """The root after ``change`` of the part that holds the path's last segment."""
    parents = [root]
    for segment in path[:-1]:
        parents.append(_child(parents[-1], segment))
    context.budget.charge_elements(sum(_size(parent) for parent in parents))
    changed = change(parents[-1], path[-1])
    for parent, segment in zip(parents[-2::-1], path[-2::-1], strict=True):
        changed = _with_child(parent, segment, changed)
    return changed


def _size(value: Value) -> int:
    return len(value) if type(value) in (list, dict, RegoSet) else 1


def _with_child(parent: Value, segment: Value, child: Value) -> Value:
    if type(parent) is list:
        index = _index(segment, len(parent))
        return [*parent[:index], child, *parent[index + 1 :]]
    if type(parent) is dict:
        return parent | {hash_key(segment): child}
    dropped = hash_key(segment)
    kept = {key: member for key, member in parent.items.items() if key != dropped}
    return RegoSet(kept | {hash_key(child): child})


def _inserted(context: Context, root: Value, path: Path, value: Value) -> Value:
    def insert(parent: Value, segment: Value) -> Value:
        if type(parent) is list:
            index = _index(segment, len(parent))
            return [*parent[:index], value, *parent[index:]]
        if type(parent) is dict:
            return parent | {hash_key(segment): value}
        if type(parent) is RegoSet and rego_equal(segment, value):
            return RegoSet(parent.items | {hash_key(value): value})
        raise _Unfit

    return _changed(context, root, path, insert) if path else value


def _deleted(context: Context, root: Value, path: Path) -> Value:
    def delete(parent: Value, segment: Value) -> Value:
        _child(parent, segment)
        if type(parent) is list:
            index = _index(segment, len(parent))
            return parent[:index] + parent[index + 1 :]
        dropped = hash_key(segment)
        members = parent if type(parent) is dict else parent.items
        kept = {key: member for key, member in members.items() if key != dropped}
        return kept if type(parent) is dict else RegoSet(kept)

    if not path:
        raise _Unfit
    return _changed(context, root, path, delete)
