"""Objects: looking into them, merging, and keeping or dropping parts of them."""

from __future__ import annotations

from policy_app.evaluation.rego.builtins.core import (
    BuiltinError,
    Context,
    Family,
    element_error,
    operand_error,
    operand_type_error,
)
from policy_app.evaluation.rego.builtins.pointers import Path, paths
from policy_app.evaluation.rego.values import RegoSet, Value, hash_key, rego_equal, unkey

FAMILY = Family("objects")

Object = dict[Value, Value]

_KEYS = "object[any:any]|set[any]|array[any]"


@FAMILY.builtin("object.get", "object[any:any]", "any", "any", result="any", checked=False)
def get(value: Value, key: Value, default: Value) -> Value:
    """The value at a key, or along an array of keys; ``default`` where there is none."""
    if type(value) is not dict:
        raise operand_type_error(1, value, "object")
    if type(key) is list:
        return _along(value, key, default)
    return value.get(key if type(key) is str else hash_key(key), default)


def _along(value: Value, path: list[Value], default: Value) -> Value:
    for key in path:
        kind = type(value)
        if kind is list and type(key) is int and 0 <= key < len(value):
            value = value[key]
            continue
        members = value if kind is dict else value.items if kind is RegoSet else {}
        hashed = hash_key(key)
        if hashed not in members:
            return default
        value = members[hashed]
    return value


@FAMILY.builtin("object.keys", "object[any:any]", result="set[any]", context=True)
def keys(context: Context, value: Object) -> RegoSet:
    """The object's keys."""
    context.budget.charge_elements(len(value))
    return RegoSet({key: unkey(key) for key in value})


def _hashed_keys(value: Value) -> frozenset[Value]:
    if type(value) is list:
        return frozenset([hash_key(member) for member in value])
    return frozenset(value if type(value) is dict else value.items)


@FAMILY.builtin("object.remove", "object[any:any]", _KEYS, result="object[any:any]", context=True)
def remove(context: Context, value: Object, dropped: Value) -> Object:
    """The object without these keys."""
    context.budget.charge_elements(len(value))
    hashed = _hashed_keys(dropped)
    return {key: member for key, member in value.items() if key not in hashed}


@FAMILY.builtin("object.filter", "object[any:any]", _KEYS, result="object[any:any]", context=True)
def filter_(context: Context, value: Object, kept: Value) -> Object:
    """The object with these keys only."""
    context.budget.charge_elements(len(value))
    hashed = _hashed_keys(kept)
    return {key: member for key, member in value.items() if key in hashed}


def _merged(context: Context, a: Object, b: Object) -> Object:
    context.budget.charge_elements(len(a) + len(b))
    merged = a | b
    for key, value in b.items():
        if type(value) is dict and type(a.get(key)) is dict:
            merged[key] = _merged(context, a[key], value)
    return merged


@FAMILY.builtin(
    "object.union", "object[any:any]", "object[any:any]", result="object[any:any]", context=True
)
def union(context: Context, a: Object, b: Object) -> Object:
    """Both objects as one; where both have a key, objects merge and else ``b`` wins."""
    return _merged(context, a, b)


@FAMILY.builtin("object.union_n", "array[object[any:any]]", result="object[any:any]", context=True)
def union_n(context: Context, values: list[Value]) -> Object:
    """All objects as one, merged from left to right."""
    merged: Object = {}
    for value in values:
        if type(value) is not dict:
            raise element_error(1, values, value, "object")
        merged = _merged(context, merged, value)
    return merged


_NESTED = "object[any:any]|set[any]|array[any]"


@FAMILY.builtin("object.subset", _NESTED, _NESTED, result="boolean", context=True, checked=False)
def subset(context: Context, outer: Value, inner: Value) -> bool:
    """Whether ``outer`` has all that ``inner`` has."""
    kinds = (type(outer), type(inner))
    if kinds == (dict, dict):
        return _object_subset(context, outer, inner)
    if kinds == (RegoSet, RegoSet):
        return bool(inner.items.keys() <= outer.items.keys())
    if kinds == (list, list):
        return _array_subset(context, outer, inner)
    if kinds == (list, RegoSet):
        return bool(inner.items.keys() <= {hash_key(member) for member in outer})
    raise BuiltinError(
        "both arguments object.subset must be of the same type or array and set",
        operand_error(1, "").code,
    )


def _object_subset(context: Context, outer: Object, inner: Object) -> bool:
    context.budget.check_deadline()
    return all(
        key in outer and _member_subset(context, outer[key], value) for key, value in inner.items()
    )


def _member_subset(context: Context, outer: Value, inner: Value) -> bool:
    if rego_equal(outer, inner):
        return True
    kind = type(outer)
    if kind is not type(inner) or kind not in (dict, RegoSet, list):
        return False
    return subset(context, outer, inner)


def _array_subset(context: Context, outer: list[Value], inner: list[Value]) -> bool:
    """Whether the members of ``inner`` follow one another somewhere in ``outer``."""
    for start in range(len(outer) - len(inner) + 1):
        context.budget.check_deadline()
        if all(map(rego_equal, outer[start : start + len(inner)], inner)):
            return True
    return False


Tree = dict[Value, "Tree | None"]


def _tree(wanted: list[Path]) -> Tree:
    """The paths as a tree; nothing stands for a path's end, below which all belongs to it."""
    root: Tree = {}
    for path in wanted:
        node = root
        for segment in path[:-1]:
            below = node.setdefault(hash_key(segment), {})
            if below is None:
                break
            node = below
        else:
            if path:
                node[hash_key(path[-1])] = None
    return root


_PATHS = "set[string|array[any]]|array[string|array[any]]"


@FAMILY.builtin("json.filter", "object[any:any]", _PATHS, result="any", context=True)
def json_filter(context: Context, value: Object, wanted: Value) -> Value:
    """The parts of an object at these paths, ``a/b`` or ``["a", "b"]``, and what leads there."""
    return _kept(context, value, _tree(paths(wanted)))


def _kept(context: Context, value: Value, tree: Tree | None) -> Value:
    kind = type(value)
    if tree is None or kind not in (list, dict, RegoSet):
        return value
    context.budget.charge_elements(len(value))
    if kind is list:
        pairs = ((str(index), member) for index, member in enumerate(value))
        return [_kept(context, member, tree[key]) for key, member in pairs if key in tree]
    if kind is dict:
        return {k: _kept(context, member, tree[k]) for k, member in value.items() if k in tree}
    return RegoSet.of(_kept(context, m, tree[k]) for k, m in value.items.items() if k in tree)


@FAMILY.builtin("json.remove", "object[any:any]", _PATHS, result="any", context=True)
def json_remove(context: Context, value: Object, dropped: Value) -> Value:
    """The object without the parts at these paths."""
    return _rest(context, value, _tree(paths(dropped)))


def _rest(context: Context, value: Value, tree: Tree) -> Value:
    kind = type(value)
    if kind not in (list, dict, RegoSet):
        return value
    context.budget.charge_elements(len(value))
    if kind is list:
        pairs = [(str(index), member) for index, member in enumerate(value)]
    else:
        pairs = list((value if kind is dict else value.items).items())
    rest = [
        (key, _rest(context, member, below) if (below := tree.get(key)) else member)
        for key, member in pairs
        if tree.get(key, {}) is not None
    ]
    if kind is list:
        return [member for _, member in rest]
    return dict(rest) if kind is dict else RegoSet.of(member for _, member in rest)
