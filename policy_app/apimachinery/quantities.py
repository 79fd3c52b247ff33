"""Amounts such as ``500m`` and ``1Gi``: as numbers, and in the one form that servers store.

Source: ``resource.Quantity`` of apimachinery.
"""

from __future__ import annotations

import re
from decimal import ROUND_UP, Context, Decimal
from functools import lru_cache

_FORM = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))([KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?")
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_SUFFIXES = {exponent: suffix for suffix, exponent in _DECIMAL.items()}
_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}
_FINEST, _COARSEST = -9, 18
_THOUSAND, _KIBI = 1000, 1024
_EXACT = Context(prec=100)
_LONGEST = 64


def number(text: object) -> Decimal | None:
    """The amount that a text names; None where it names none."""
    match = _FORM.fullmatch(str(text)[: _LONGEST + 1])
    if match is None or len(match[0]) > _LONGEST:
        return None
    amount, suffix = Decimal(match[1]), match[2] or ""
    if suffix in _BINARY:
        return _EXACT.multiply(amount, Decimal(_KIBI ** _BINARY[suffix]))
    exponent = _DECIMAL.get(suffix)
    power = int(suffix[1:]) if exponent is None else exponent
    return amount.scaleb(power, _EXACT) if abs(power) <= _LONGEST else None


@lru_cache(maxsize=4096)
def canonical(text: str) -> str | None:
    """``1Gi`` for ``1024Mi``, ``250m`` for ``0.25``; None for a text that is no amount.

    Amounts finer than a billionth are rounded up.
    """
    amount = number(text)
    if amount is None:
        return None
    amount = amount.quantize(Decimal("1e-9"), rounding=ROUND_UP, context=_EXACT)
    suffix = text.lstrip("+-.0123456789")
    if suffix in _BINARY and abs(amount) >= _KIBI and amount == amount.to_integral_value():
        return _in_powers_of_1024(int(amount))
    return _in_powers_of_1000(amount, suffix[:1] if suffix[1:] else "")


def text(amount: Decimal, *, binary: bool = False) -> str:
    """An amount in the form that servers store; ``binary`` is for bytes, which go by 1024."""
    amount = amount.quantize(Decimal("1e-9"), rounding=ROUND_UP, context=_EXACT)
    is_whole = amount == amount.to_integral_value()
    if binary and is_whole and abs(amount) >= _KIBI and int(amount) % _KIBI == 0:
        return _in_powers_of_1024(int(amount))
    return _in_powers_of_1000(amount, "")


def _in_powers_of_1024(amount: int) -> str:
    power = 0
    while power < len(_BINARY) and amount % _KIBI == 0:
        amount //= _KIBI
        power += 1
    return f"{amount}{[*_BINARY][power - 1] if power else ''}"


def _in_powers_of_1000(amount: Decimal, exponent_letter: str) -> str:
    if not amount:
        return "0"
    exponent = _FINEST
    scaled = int(amount.scaleb(-_FINEST, _EXACT))
    while exponent < _COARSEST and scaled % _THOUSAND == 0:
        scaled //= _THOUSAND
        exponent += 3
    if exponent_letter in ("e", "E"):
        return f"{scaled}e{exponent}" if exponent else str(scaled)
    return f"{scaled}{_SUFFIXES[exponent]}"
