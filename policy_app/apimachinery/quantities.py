"""Amounts such as ``500m`` and ``1Gi`` as numbers. Source: apimachinery's ``Quantity``."""

from __future__ import annotations

import re
from decimal import Decimal

_FORM = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))([KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?")
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}


def number(text: object) -> Decimal | None:
    """The amount that a text names; None where it names none."""
    match = _FORM.fullmatch(str(text))
    if match is None:
        return None
    amount, suffix = Decimal(match[1]), match[2] or ""
    if suffix in _BINARY:
        return amount * Decimal(1024 ** _BINARY[suffix])
    exponent = _DECIMAL.get(suffix)
    return amount.scaleb(int(suffix[1:]) if exponent is None else exponent)
