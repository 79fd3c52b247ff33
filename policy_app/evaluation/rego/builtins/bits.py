"""Operations on the bits of integers of any size."""

from __future__ import annotations

from policy_app.evaluation.rego.builtins.core import Family, limit_error, operand_error
from policy_app.evaluation.rego.builtins.numbers import MAX_BITS, exact_integer
from policy_app.evaluation.rego.values import Value

FAMILY = Family("bits")


@FAMILY.builtin("bits.or", "number", "number", result="number", checked=False)
def or_(a: Value, b: Value) -> int:
    """The bits set in either."""
    return exact_integer(a, 1) | exact_integer(b, 2)


@FAMILY.builtin("bits.and", "number", "number", result="number", checked=False)
def and_(a: Value, b: Value) -> int:
    """The bits set in both."""
    return exact_integer(a, 1) & exact_integer(b, 2)


@FAMILY.builtin("bits.xor", "number", "number", result="number", checked=False)
def xor(a: Value, b: Value) -> int:
    """The bits set in one of them."""
    return exact_integer(a, 1) ^ exact_integer(b, 2)


@FAMILY.builtin("bits.negate", "number", result="number", checked=False)
def negate(a: Value) -> int:
    """All bits flipped."""
    return ~exact_integer(a, 1)


def _shift(value: Value) -> int:
    shift = exact_integer(value, 2)
    if shift < 0:
        raise operand_error(2, "must be an unsigned integer number but got a negative integer")
    return shift


@FAMILY.builtin("bits.lsh", "number", "number", result="number", checked=False)
def shift_left(a: Value, b: Value) -> int:
    """The bits of ``a`` moved up by ``b`` places."""
    number, shift = exact_integer(a, 1), _shift(b)
    if number and number.bit_length() + shift > MAX_BITS:
        raise limit_error(f"a number would be longer than {MAX_BITS} bits")
    return number << shift if number else 0


@FAMILY.builtin("bits.rsh", "number", "number", result="number", checked=False)
def shift_right(a: Value, b: Value) -> int:
    """The bits of ``a`` moved down by ``b`` places."""
    number, shift = exact_integer(a, 1), _shift(b)
    return number >> min(shift, MAX_BITS)
