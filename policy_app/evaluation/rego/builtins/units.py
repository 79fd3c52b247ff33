"""Quantities such as ``128Mi`` or ``100m`` as numbers."""

from __future__ import annotations

import re
from fractions import Fraction

from policy_app.evaluation.rego.builtins.core import BuiltinError, Family, limit_error
from policy_app.evaluation.rego.builtins.numbers import MAX_DIGITS, Number

FAMILY = Family("units")

_LETTERS = "kmgtpe"
_DECIMAL = {letter: 1000 ** (power + 1) for power, letter in enumerate(_LETTERS)}
_BINARY = {letter + "i": 1024 ** (power + 1) for power, letter in enumerate(_LETTERS)}

_UNITS: dict[str, Fraction] = {
    "": Fraction(1),
    # The number that Go has for 0.001; what it is off by is rounded away below.
    "m": Fraction(0.001),
    "M": Fraction(1000**2),
    **{name: Fraction(size) for name, size in _BINARY.items()},
    **{name.capitalize(): Fraction(size) for name, size in _BINARY.items()},
    **{name: Fraction(size) for name, size in _DECIMAL.items() if name != "m"},
    **{name.upper(): Fraction(size) for name, size in _DECIMAL.items()},
}
_BYTE_UNITS: dict[str, int] = {
    "": 1,
    **_DECIMAL,
    **_BINARY,
    **{f"{name}b": size for name, size in (_DECIMAL | _BINARY).items()},
}

_EXPONENT_DIGITS = 6
_AMOUNT = re.compile(r"[+-]?(\d+(?:\.\d*)?|\.\d+)(?:[eE]([+-]?\d+))?", re.ASCII)
_START = re.compile(r"(?:[eE](?:[+-](?P<signed>\d*)|(?P<plain>\d+))|[\d.+-])*", re.ASCII)


def _split(text: str) -> tuple[str, str]:
    """The amount and the unit behind it; ``e`` belongs to the amount where a number follows."""
    if len(text) > MAX_DIGITS:
        raise limit_error(f"a quantity is longer than {MAX_DIGITS} characters")
    match = _START.match(text)
    end = match.end() if match else 0
    amount = text[:end]
    if re.search(rf"[eE][+-]?\d{{{_EXPONENT_DIGITS + 1}}}", amount):
        raise BuiltinError("exponent too large")
    return amount, text[end:]


def _amount(text: str, problem: str) -> Fraction:
    match = _AMOUNT.fullmatch(text)
    if match is None:
        raise BuiltinError(problem)
    if abs(int(match[2] or 0)) + len(text) > MAX_DIGITS:
        raise limit_error(f"a number would be longer than {MAX_DIGITS} digits")
    return Fraction(text)


@FAMILY.builtin("units.parse", "string", result="number")
def parse(text: str) -> Number:
    """A quantity as a number: ``1K`` is 1000, ``1Ki`` 1024, ``100m`` 0.1."""
    plain = text.replace('"', "")
    if " " in plain:
        raise BuiltinError("units.parse: spaces not allowed in resource strings")
    amount, unit = _named("units.parse", plain)
    if not amount:
        raise BuiltinError("units.parse: no amount provided")
    unit = unit[:1] + unit[1:].lower()
    if unit not in _UNITS:
        raise BuiltinError(f"units.parse: unit {unit} not recognized")
    size = _amount(amount, "units.parse: could not parse amount to a number") * _UNITS[unit]
    return int(size) if size.denominator == 1 else float(round(size, 10))


@FAMILY.builtin("units.parse_bytes", "string", result="number")
def parse_bytes(text: str) -> int:
    """A quantity of bytes as an integer: ``1KB`` is 1000, ``1KiB`` 1024, in any case."""
    plain = text.lower().replace('"', "")
    if " " in plain:
        raise BuiltinError("units.parse_bytes: spaces not allowed in resource strings")
    amount, unit = _named("units.parse_bytes", plain)
    if not amount:
        raise BuiltinError("units.parse_bytes: no byte amount provided")
    if unit not in _BYTE_UNITS:
        raise BuiltinError(f"units.parse_bytes: byte unit {unit} not recognized")
    size = _amount(amount, "units.parse_bytes: could not parse byte amount to a number")
    return int(size * _BYTE_UNITS[unit])


def _named(name: str, text: str) -> tuple[str, str]:
    try:
        return _split(text)
    except BuiltinError as error:
        raise BuiltinError(f"{name}: {error.message}") from None
