"""Floats as Go's ``strconv.FormatFloat`` and ``fmt`` write them."""

from __future__ import annotations

import math
from decimal import Decimal

_SHORTEST_EXPONENT = 6
_LEAST_EXPONENT = -4
_MANTISSA_BITS = 52
_LEAST_BINARY_EXPONENT = -1074


def float_text(value: float, verb: str, precision: int, sharp: bool = False) -> str:
    """A non-negative float behind a verb of ``fmt``; a precision of -1 is not given."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "+Inf"
    if verb in "eEfF":
        digits = 6 if precision < 0 else precision
        return format(value, f"{'#' if sharp else ''}.{digits}{'f' if verb == 'F' else verb}")
    if verb in "xX":
        text = _hexadecimal(value, precision)
        return text.upper() if verb == "X" else text
    if verb == "b":
        return _binary(value)
    text = _general(value, precision, sharp)
    return text.upper() if verb == "G" else text


def _general(value: float, precision: int, sharp: bool) -> str:
    if precision >= 0:
        return format(value, f"{'#' if sharp else ''}.{precision or 1}g")
    return f"{value:#g}" if sharp else shortest(value)


def shortest(value: float) -> str:
    """The fewest digits that give the float back, with an exponent where it is large or tiny."""
    _, figures, exponent = Decimal(repr(value)).normalize().as_tuple()
    digits, power = "".join(map(str, figures)), len(figures) + int(exponent) - 1
    if value and not _LEAST_EXPONENT <= power < _SHORTEST_EXPONENT:
        fraction = f".{digits[1:]}" if len(digits) > 1 else ""
        return f"{digits[0]}{fraction}e{'-' if power < 0 else '+'}{abs(power):02d}"
    return f"{Decimal(repr(value)).normalize():f}"


def _hexadecimal(value: float, precision: int) -> str:
    mantissa, exponent = math.frexp(value)
    if not value:
        exponent = 1
    bits = int(math.ldexp(mantissa, _MANTISSA_BITS + 1))
    if 0 <= precision < _MANTISSA_BITS // 4:
        bits, exponent = _round_bits(bits, exponent, precision)
    digits = f"{bits & ((1 << _MANTISSA_BITS) - 1):013x}"
    digits = digits.rstrip("0") if precision < 0 else digits[:precision].ljust(precision, "0")
    point = f".{digits}" if digits else ""
    power = exponent - 1
    return f"0x{bits >> _MANTISSA_BITS}{point}p{'-' if power < 0 else '+'}{abs(power):02d}"


def _round_bits(bits: int, exponent: int, precision: int) -> tuple[int, int]:
    unit = 1 << (_MANTISSA_BITS - 4 * precision)
    whole, rest = divmod(bits, unit)
    whole += rest * 2 > unit or (rest * 2 == unit and whole & 1)
    bits = whole * unit
    return (bits >> 1, exponent + 1) if bits >> (_MANTISSA_BITS + 1) else (bits, exponent)


def _binary(value: float) -> str:
    _, exponent = math.frexp(value)
    power = max(exponent - _MANTISSA_BITS - 1, _LEAST_BINARY_EXPONENT) if value else -1074
    return f"{int(math.ldexp(value, -power))}p{power:+d}"
