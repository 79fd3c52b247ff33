"""Comparison over all types, in OPA's total order."""

from __future__ import annotations

from policy_app.evaluation.rego.builtins.core import Family
from policy_app.evaluation.rego.values import RegoSet, Value, compare, hash_key, rego_equal

FAMILY = Family("comparison")


FAMILY.builtin(
    "equal", "any", "any", result="boolean", infix="==", summary="Whether two values are equal."
)(rego_equal)
FAMILY.builtin(
    "eq",
    *("any", "any"),
    result="boolean",
    infix="=",
    summary="Whether two values are equal; as a statement it gives variables their values.",
)(rego_equal)


@FAMILY.builtin("neq", "any", "any", result="boolean", infix="!=")
def not_equal(a: Value, b: Value) -> bool:
    """Whether two values differ."""
    return not rego_equal(a, b)


@FAMILY.builtin("lt", "any", "any", result="boolean", infix="<")
def less(a: Value, b: Value) -> bool:
    """Whether ``a`` comes before ``b``."""
    return compare(a, b) < 0


@FAMILY.builtin("lte", "any", "any", result="boolean", infix="<=")
def less_or_equal(a: Value, b: Value) -> bool:
    """Whether ``a`` does not come after ``b``."""
    return compare(a, b) <= 0


@FAMILY.builtin("gt", "any", "any", result="boolean", infix=">")
def greater(a: Value, b: Value) -> bool:
    """Whether ``a`` comes after ``b``."""
    return compare(a, b) > 0


@FAMILY.builtin("gte", "any", "any", result="boolean", infix=">=")
def greater_or_equal(a: Value, b: Value) -> bool:
    """Whether ``a`` does not come before ``b``."""
    return compare(a, b) >= 0


@FAMILY.builtin("internal.member_2", "any", "any", result="boolean", infix="in")
def member(value: Value, collection: Value) -> bool:
    """``value in collection``: a member of an array or set, or a value of an object."""
    kind = type(collection)
    if kind is RegoSet:
        return value in collection
    if kind is list:
        return any(rego_equal(value, other) for other in collection)
    return kind is dict and any(rego_equal(value, other) for other in collection.values())


@FAMILY.builtin("internal.member_3", "any", "any", "any", result="boolean", infix="in")
def member_with_key(key: Value, value: Value, collection: Value) -> bool:
    """``key, value in collection``: the collection holds this value under this key."""
    kind = type(collection)
    if kind is RegoSet:
        return key in collection and rego_equal(key, value)
    if kind is dict:
        hashed = hash_key(key)
        return hashed in collection and rego_equal(value, collection[hashed])
    if kind is list and type(key) is int:
        return 0 <= key < len(collection) and rego_equal(value, collection[key])
    return False
