"""Kubernetes' quantities: ``quantity("1Gi").compareTo(quantity("500Mi"))``.

Source: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/ and
https://kubernetes.io/docs/reference/using-api/cel/.
"""

from __future__ import annotations

import re
from fractions import Fraction

from policy_app.evaluation.cel.budget import Budget
from policy_app.evaluation.cel.errors import CelError
from policy_app.evaluation.cel.functions.registry import overload
from policy_app.evaluation.cel.values import INT_MAX, INT_MIN, Quantity

_WRITTEN = re.compile(
    r"(?P<number>[+-]?(?:\d+\.?\d*|\.\d+))"
    r"(?:[eE](?P<exponent>[+-]?\d{1,4})|(?P<suffix>[numkMGTPE]|[KMGTPE]i)?)",
    re.ASCII,
)
_SUFFIXES = {
    "n": Fraction(1, 10**9),
    "u": Fraction(1, 10**6),
    "m": Fraction(1, 1000),
    **{letter: Fraction(1000**power) for power, letter in enumerate("kMGTPE", 1)},
    **{f"{letter}i": Fraction(1024**power) for power, letter in enumerate("KMGTPE", 1)},
}
_LONGEST = 100
"""Characters of a quantity that anybody would write."""
_FINEST = 10**9
"""Kubernetes rounds away from zero to whole billionths."""
_LARGEST = Fraction(INT_MAX) * 1000**6
_MOST_EXPONENT = 40


def _parse(text: str) -> Quantity | None:
    found = _WRITTEN.fullmatch(text) if len(text) <= _LONGEST else None
    if found is None:
        return None
    amount = Fraction(found["number"])
    if found["exponent"]:
        exponent = int(found["exponent"])
        if abs(exponent) > _MOST_EXPONENT:
            return None
        amount *= Fraction(10) ** exponent
    elif found["suffix"]:
        amount *= _SUFFIXES[found["suffix"]]
    return Quantity(_rounded(amount))


def _rounded(amount: Fraction) -> Fraction:
    scaled = abs(amount) * _FINEST
    whole = -(-scaled.numerator // scaled.denominator)
    bounded = min(Fraction(whole, _FINEST), _LARGEST)
    return -bounded if amount < 0 else bounded


@overload("quantity", "string")
def _quantity(budget: Budget, text: str) -> Quantity:
    found = _parse(text)
    if found is None:
        raise CelError(
            "quantities must match the regular expression "
            "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
        )
    return found


@overload("isQuantity", "string")
def _is_quantity(budget: Budget, text: str) -> bool:
    return _parse(text) is not None


@overload("sign", "quantity")
def _sign(budget: Budget, value: Quantity) -> int:
    return (value.amount > 0) - (value.amount < 0)


@overload("isInteger", "quantity")
def _is_integer(budget: Budget, value: Quantity) -> bool:
    return value.amount.denominator == 1 and INT_MIN <= value.amount <= INT_MAX


@overload("asInteger", "quantity")
def _as_integer(budget: Budget, value: Quantity) -> int:
    if not _is_integer(budget, value):
        raise CelError("cannot convert value to integer")
    return int(value.amount)


@overload("asApproximateFloat", "quantity")
def _as_float(budget: Budget, value: Quantity) -> float:
    return float(value.amount)


@overload("add", "quantity", "quantity")
def _add(budget: Budget, left: Quantity, right: Quantity) -> Quantity:
    return Quantity(left.amount + right.amount)


@overload("add", "quantity", "int")
def _add_int(budget: Budget, left: Quantity, right: int) -> Quantity:
    return Quantity(left.amount + right)


@overload("sub", "quantity", "quantity")
def _sub(budget: Budget, left: Quantity, right: Quantity) -> Quantity:
    return Quantity(left.amount - right.amount)


@overload("sub", "quantity", "int")
def _sub_int(budget: Budget, left: Quantity, right: int) -> Quantity:
    return Quantity(left.amount - right)


@overload("isLessThan", "quantity", "quantity")
def _is_less(budget: Budget, left: Quantity, right: Quantity) -> bool:
    return left.amount < right.amount


@overload("isGreaterThan", "quantity", "quantity")
def _is_greater(budget: Budget, left: Quantity, right: Quantity) -> bool:
    return left.amount > right.amount


@overload("compareTo", "quantity", "quantity")
def _compare(budget: Budget, left: Quantity, right: Quantity) -> int:
    return (left.amount > right.amount) - (left.amount < right.amount)
