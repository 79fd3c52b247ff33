"""Functions that boil a collection down to one value."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from policy_app.evaluation.rego.builtins.core import (
    Context,
    Family,
    NoResult,
    element_error,
    operand_type_error,
)
from policy_app.evaluation.rego.builtins.numbers import Number, add, multiply
from policy_app.evaluation.rego.values import RegoSet, Value, is_natural, sort_keys, sort_values

FAMILY = Family("aggregates")

_STRIDE = 2_048
_COUNTED = frozenset({str, list, dict, RegoSet})


@FAMILY.builtin("count", "array|object|set|string", result="number", checked=False)
def count(collection: Value) -> int:
    """The number of members, or of a string's code points."""
    if type(collection) in _COUNTED:
        return len(collection)
    raise operand_type_error(1, collection, "array", "object", "set", "string")


def _members(collection: Value) -> list[Value]:
    return list(collection.items.values()) if type(collection) is RegoSet else collection


def _numbers(context: Context, collection: Value) -> Iterator[Number]:
    for index, member in enumerate(_members(collection)):
        if type(member) is not int and type(member) is not float:
            raise element_error(1, collection, member, "number")
        if index % _STRIDE == _STRIDE - 1:
            context.budget.check_deadline()
        yield member


@FAMILY.builtin("sum", "set[number]|array[number]", result="number", context=True)
def sum_(context: Context, collection: Value) -> Number:
    """The sum of the members."""
    total: Number = 0
    for number in _numbers(context, collection):
        total = add(total, number)
    return total


@FAMILY.builtin("product", "set[number]|array[number]", result="number", context=True)
def product(context: Context, collection: Value) -> Number:
    """The product of the members."""
    total: Number = 1
    for number in _numbers(context, collection):
        total = multiply(total, number)
    return total


@FAMILY.builtin("max", "set[any]|array[any]", result="any")
def max_(collection: Value) -> Value:
    """The greatest member; undefined for none."""
    return _extreme(_members(collection), max)


@FAMILY.builtin("min", "set[any]|array[any]", result="any")
def min_(collection: Value) -> Value:
    """The least member; undefined for none."""
    return _extreme(_members(collection), min)


def _extreme(members: list[Value], pick: Callable[..., Value]) -> Value:
    if not members:
        raise NoResult
    if is_natural(members):
        return pick(members)
    keys = sort_keys(members)
    return members[pick(range(len(members)), key=keys.__getitem__)]


@FAMILY.builtin("sort", "set[any]|array[any]", result="array[any]", context=True)
def sort(context: Context, collection: Value) -> list[Value]:
    """The members in order; equal members of an array stay."""
    context.budget.charge_elements(len(collection))
    return sort_values(_members(collection))


@FAMILY.builtin("all", "array[any]|set[any]", result="boolean", deprecated=True)
def all_(collection: Value) -> bool:
    """Whether every member is ``true``."""
    return all(member is True for member in _members(collection))


@FAMILY.builtin("any", "array[any]|set[any]", result="boolean", deprecated=True)
def any_(collection: Value) -> bool:
    """Whether a member is ``true``."""
    return any(member is True for member in _members(collection))
