"""Arithmetic, comparison, membership and what gives elements.

Source: the standard definitions of https://github.com/google/cel-spec.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Any

from policy_app.evaluation.cel.budget import Budget
from policy_app.evaluation.cel.errors import CelError
from policy_app.evaluation.cel.functions.registry import overload
from policy_app.evaluation.cel.values import (
    NO_OVERLOAD,
    NUMBERS,
    OptionalValue,
    as_key,
    check_int,
    check_uint,
    element,
    equal,
    find,
    kind_of,
)

_ORDERED = frozenset({"string", "bytes", "bool", "duration", "timestamp"})


@overload("!_", "bool")
def _not(budget: Budget, value: bool) -> bool:
    return not value


@overload("-_", "int")
def _minus(budget: Budget, value: int) -> int:
    return check_int(-value)


@overload("-_", "double")
def _minus_double(budget: Budget, value: float) -> float:
    return -value


@overload("_+_", "int", "int")
def _add(budget: Budget, left: int, right: int) -> int:
    return check_int(left + right)


@overload("_-_", "int", "int")
def _subtract(budget: Budget, left: int, right: int) -> int:
    return check_int(left - right)


@overload("_*_", "int", "int")
def _multiply(budget: Budget, left: int, right: int) -> int:
    return check_int(left * right)


@overload("_/_", "int", "int")
def _divide(budget: Budget, left: int, right: int) -> int:
    if not right:
        raise CelError("division by zero")
    return check_int(_towards_zero(left, right))


@overload("_%_", "int", "int")
def _modulo(budget: Budget, left: int, right: int) -> int:
    if not right:
        raise CelError("modulus by zero")
    return left - right * _towards_zero(left, right)


def _towards_zero(left: int, right: int) -> int:
    quotient = abs(left) // abs(right)
    return quotient if (left < 0) == (right < 0) else -quotient


@overload("_+_", "uint", "uint")
def _add_uint(budget: Budget, left: int, right: int) -> int:
    return check_uint(int(left) + int(right))


@overload("_-_", "uint", "uint")
def _subtract_uint(budget: Budget, left: int, right: int) -> int:
    return check_uint(int(left) - int(right))


@overload("_*_", "uint", "uint")
def _multiply_uint(budget: Budget, left: int, right: int) -> int:
    return check_uint(int(left) * int(right))


@overload("_/_", "uint", "uint")
def _divide_uint(budget: Budget, left: int, right: int) -> int:
    if not right:
        raise CelError("division by zero")
    return check_uint(int(left) // int(right))


@overload("_%_", "uint", "uint")
def _modulo_uint(budget: Budget, left: int, right: int) -> int:
    if not right:
        raise CelError("modulus by zero")
    return check_uint(int(left) % int(right))


@overload("_+_", "double", "double")
def _add_double(budget: Budget, left: float, right: float) -> float:
    return left + right


@overload("_-_", "double", "double")
def _subtract_double(budget: Budget, left: float, right: float) -> float:
    return left - right


@overload("_*_", "double", "double")
def _multiply_double(budget: Budget, left: float, right: float) -> float:
    return left * right


@overload("_/_", "double", "double")
def _divide_double(budget: Budget, left: float, right: float) -> float:
    if right:
        return left / right
    if not left or math.isnan(left):
        return math.nan
    return math.copysign(math.inf, math.copysign(1, left) * math.copysign(1, right))


@overload("_+_", "string", "string")
@overload("_+_", "bytes", "bytes")
def _join(budget: Budget, left: Any, right: Any) -> Any:
    budget.charge_text(len(left) + len(right))
    return left + right


@overload("_+_", "list", "list")
def _join_lists(budget: Budget, left: Any, right: Any) -> list[Any]:
    budget.charge(len(left) + len(right))
    return [*left, *right]


@overload("_+_", "duration", "duration")
@overload("_+_", "timestamp", "duration")
@overload("_+_", "duration", "timestamp")
def _later(budget: Budget, left: Any, right: Any) -> Any:
    try:
        return left + right
    except OverflowError:
        raise CelError("timestamp overflow") from None


@overload("_-_", "duration", "duration")
@overload("_-_", "timestamp", "duration")
@overload("_-_", "timestamp", "timestamp")
def _earlier(
    budget: Budget, left: datetime | timedelta, right: datetime | timedelta
) -> datetime | timedelta:
    try:
        found: datetime | timedelta = left - right  # type: ignore[operator]
    except OverflowError:
        raise CelError("timestamp overflow") from None
    return found


@overload("_==_", "any", "any")
def _equal(budget: Budget, left: Any, right: Any) -> bool:
    return equal(left, right, budget)


@overload("_!=_", "any", "any")
def _different(budget: Budget, left: Any, right: Any) -> bool:
    return not equal(left, right, budget)


@overload("_<_", "any", "any")
def _less(budget: Budget, left: Any, right: Any) -> bool:
    _check_order(left, right, budget)
    return bool(left < right)


@overload("_<=_", "any", "any")
def _less_or_equal(budget: Budget, left: Any, right: Any) -> bool:
    _check_order(left, right, budget)
    return bool(left <= right)


@overload("_>_", "any", "any")
def _greater(budget: Budget, left: Any, right: Any) -> bool:
    _check_order(left, right, budget)
    return bool(left > right)


@overload("_>=_", "any", "any")
def _greater_or_equal(budget: Budget, left: Any, right: Any) -> bool:
    _check_order(left, right, budget)
    return bool(left >= right)


def _check_order(left: Any, right: Any, budget: Budget) -> None:
    kind, other = kind_of(left), kind_of(right)
    if not (kind == other and kind in _ORDERED) and not (kind in NUMBERS and other in NUMBERS):
        raise CelError(NO_OVERLOAD)
    if kind in ("string", "bytes"):
        budget.charge_text(min(len(left), len(right)))


@overload("@in", "any", "list")
@overload("_in_", "any", "list")
def _in_list(budget: Budget, wanted: Any, members: Any) -> bool:
    return any(equal(wanted, each, budget) for each in members)


@overload("@in", "any", "map")
@overload("_in_", "any", "map")
def _in_map(budget: Budget, wanted: Any, members: Any) -> bool:
    try:
        return as_key(wanted) in members
    except CelError:
        return False


@overload("_[_]", "any", "any")
def _element(budget: Budget, container: Any, key: Any) -> Any:
    if isinstance(container, OptionalValue):
        return _optional_element(budget, container, key)
    return element(container, key, budget)


@overload("_[?_]", "any", "any")
@overload("_?._", "any", "any")
def _optional_element(budget: Budget, container: Any, key: Any) -> OptionalValue:
    if isinstance(container, OptionalValue):
        return find(container.value, key, budget) if container.present else container
    return find(container, key, budget)


@overload("size", "string|bytes|list|map")
def _size(budget: Budget, value: Any) -> int:
    return len(value)


@overload("optional.of", "any")
def _of(budget: Budget, value: Any) -> OptionalValue:
    return OptionalValue(value, present=True)


@overload("optional.none")
def _none(budget: Budget) -> OptionalValue:
    return OptionalValue()


@overload("optional.ofNonZeroValue", "any")
def _of_non_zero(budget: Budget, value: Any) -> OptionalValue:
    zero = value is None or (not value and kind_of(value) != "timestamp")
    return OptionalValue() if zero else OptionalValue(value, present=True)


@overload("hasValue", "optional_type")
def _has_value(budget: Budget, optional: OptionalValue) -> bool:
    return optional.present


@overload("value", "optional_type")
def _value(budget: Budget, optional: OptionalValue) -> Any:
    if not optional.present:
        raise CelError("optional.none() dereference")
    return optional.value


@overload("orValue", "optional_type", "any")
def _or_value(budget: Budget, optional: OptionalValue, otherwise: Any) -> Any:
    return optional.value if optional.present else otherwise


@overload("or", "optional_type", "optional_type")
def _or(budget: Budget, optional: OptionalValue, otherwise: OptionalValue) -> OptionalValue:
    return optional if optional.present else otherwise
