"""Arithmetic: exact on integers of any size, decimal on the rest.

OPA computes with 64 bits of mantissa on the *text* of a number, so ``0.1 + 0.2`` is ``0.3``.
Decimal arithmetic with as many digits gives the same numbers.  A result without a fraction is an
integer again.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_UP, Decimal, DecimalException
from decimal import Context as DecimalContext

from policy_app.evaluation.rego.builtins.core import (
    BuiltinError,
    Context,
    Family,
    integer,
    limit_error,
    operand_error,
    operand_type_error,
)
from policy_app.evaluation.rego.values import RegoSet, Value

FAMILY = Family("numbers")

Number = int | float

MAX_DIGITS = 4_000
"""Decimal digits of the longest integer: Python itself refuses to print more than 4,300."""
MAX_BITS = int(MAX_DIGITS * 3.3219)

_DECIMAL = DecimalContext(prec=20, Emax=999_999, Emin=-999_999)


def to_decimal(number: Number) -> Decimal:
    """The number as its text says it."""
    return Decimal(number) if type(number) is int else Decimal(repr(number))


def from_decimal(number: Decimal) -> Number:
    """An integer where there is no fraction, else the nearest float."""
    if not number.is_finite() or number.adjusted() > MAX_DIGITS:
        raise limit_error(f"a number would be longer than {MAX_DIGITS} digits")
    return int(number) if number == number.to_integral_value() else float(number)


def bounded(number: int) -> int:
    """The integer itself; raises ``RegoLimitError`` where it is too long."""
    if number.bit_length() > MAX_BITS:
        raise limit_error(f"a number would be longer than {MAX_DIGITS} digits")
    return number


Operation = Callable[[Decimal, Decimal], Decimal]


def _decimally(operation: Operation, a: Number, b: Number) -> Number:
    try:
        return from_decimal(operation(to_decimal(a), to_decimal(b)))
    except DecimalException:
        raise limit_error(f"a number would be longer than {MAX_DIGITS} digits") from None


@FAMILY.builtin("plus", "number", "number", result="number", infix="+")
def add(a: Number, b: Number) -> Number:
    """The sum of two numbers."""
    if type(a) is int and type(b) is int:
        return bounded(a + b)
    return _decimally(_DECIMAL.add, a, b)


@FAMILY.builtin(
    "minus", "number|set[any]", "number|set[any]", result="number|set", infix="-", checked=False
)
def subtract(a: Value, b: Value) -> Value:
    """The difference of two numbers or of two sets."""
    if type(a) is int and type(b) is int:
        return bounded(a - b)
    if type(a) is RegoSet and type(b) is RegoSet:
        return RegoSet({key: a.items[key] for key in a.items if key not in b.items})
    numeric = type(a) in (int, float)
    if numeric and type(b) in (int, float):
        return _decimally(_DECIMAL.subtract, a, b)
    if not numeric and type(a) is not RegoSet:
        raise operand_type_error(1, a, "number", "set")
    raise operand_type_error(2, b, "set" if type(b) in (int, float) else "number")


@FAMILY.builtin("mul", "number", "number", result="number", infix="*")
def multiply(a: Number, b: Number) -> Number:
    """The product of two numbers."""
    if type(a) is int and type(b) is int:
        if a.bit_length() + b.bit_length() > MAX_BITS:
            raise limit_error(f"a number would be longer than {MAX_DIGITS} digits")
        return a * b
    return _decimally(_DECIMAL.multiply, a, b)


@FAMILY.builtin("div", "number", "number", result="number", infix="/")
def divide(a: Number, b: Number) -> Number:
    """The quotient of two numbers; dividing by zero is an error."""
    if b == 0:
        raise BuiltinError("divide by zero")
    if type(a) is int and type(b) is int and a % b == 0:
        return a // b
    return _decimally(_DECIMAL.divide, a, b)


def _whole(number: Number) -> int | None:
    if type(number) is float:
        return int(number) if number.is_integer() else None
    return int(number)


@FAMILY.builtin("rem", "number", "number", result="number", infix="%")
def remainder(a: Number, b: Number) -> int:
    """The remainder of two integers, with the sign of the dividend."""
    dividend, divisor = _whole(a), _whole(b)
    if dividend is None or divisor is None:
        raise BuiltinError("modulo on floating-point number")
    if divisor == 0:
        raise BuiltinError("modulo by zero")
    size = abs(dividend) % abs(divisor)
    return -size if dividend < 0 else size


@FAMILY.builtin("abs", "number", result="number")
def absolute(number: Number) -> Number:
    """The number without its sign."""
    return abs(number)


def _rounded(number: Number, mode: str) -> int:
    if type(number) is int:
        return number
    return int(from_decimal(to_decimal(number).to_integral_value(mode)))


@FAMILY.builtin("round", "number", result="number")
def round_(number: Number) -> int:
    """The nearest integer; halves go away from zero."""
    return _rounded(number, ROUND_HALF_UP)


@FAMILY.builtin("ceil", "number", result="number")
def ceil(number: Number) -> int:
    """The smallest integer that is not less."""
    return _rounded(number, ROUND_CEILING)


@FAMILY.builtin("floor", "number", result="number")
def floor(number: Number) -> int:
    """The largest integer that is not greater."""
    return _rounded(number, ROUND_FLOOR)


def exact_integer(value: Value, position: int) -> int:
    """The operand as an integer of any size; ``2.0`` counts as one."""
    if type(value) is float and value.is_integer():
        return int(value)
    if type(value) not in (int, float):
        raise operand_type_error(position, value, "integer")
    return integer(value, position)


@FAMILY.builtin(
    "numbers.range", "number", "number", result="array[number]", context=True, checked=False
)
def range_(context: Context, start: Value, stop: Value) -> list[int]:
    """The integers from ``start`` to ``stop``, both included, upwards or downwards."""
    return _range(context, exact_integer(start, 1), exact_integer(stop, 2), 1)


@FAMILY.builtin(
    "numbers.range_step",
    *("number", "number", "number"),
    result="array[number]",
    context=True,
    checked=False,
)
def range_step(context: Context, start: Value, stop: Value, step: Value) -> list[int]:
    """Every ``step``-th integer from ``start`` to ``stop``; the step is positive."""
    first, last, stride = exact_integer(start, 1), exact_integer(stop, 2), exact_integer(step, 3)
    if stride <= 0:
        raise BuiltinError("numbers.range_step: step must be a positive integer")
    return _range(context, first, last, stride)


def _range(context: Context, first: int, last: int, stride: int) -> list[int]:
    context.budget.charge_elements(abs(last - first) // stride + 1)
    if first <= last:
        return list(range(first, last + 1, stride))
    return list(range(first, last - 1, -stride))


_FORMATS = {2: "b", 8: "o", 10: "d", 16: "x"}


@FAMILY.builtin("format_int", "number", "number", result="string")
def format_int(number: Number, base: Number) -> str:
    """The number without its fraction as text in base 2, 8, 10 or 16."""
    if base not in _FORMATS:
        raise operand_error(2, "must be one of {2, 8, 10, 16}")
    return format(_rounded(number, ROUND_DOWN), _FORMATS[int(base)])
