"""``"%s is %d".format([…])``.

Source: the formatter of https://github.com/google/cel-go/tree/master/ext.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from typing import Any

from policy_app.evaluation.cel.budget import Budget
from policy_app.evaluation.cel.errors import CelError
from policy_app.evaluation.cel.functions.conversions import in_64_bits
from policy_app.evaluation.cel.functions.registry import call, overload
from policy_app.evaluation.cel.values import kind_of

_CLAUSE = re.compile(r"%(?:(?P<percent>%)|(?:\.(?P<precision>\d{1,4}))?(?P<verb>[a-zA-Z])?)")
_BASES = {"b": "b", "o": "o", "x": "x", "X": "X"}
_MOST_PRECISION = 1000
_DEFAULT_PRECISION = 6


@overload("format", "string", "list")
def _format(budget: Budget, text: str, args: list[Any]) -> str:
    pieces, waiting, at = [], iter(args), 0
    for clause in _CLAUSE.finditer(text):
        pieces.append(text[at : clause.start()])
        pieces.append("%" if clause["percent"] else _clause(budget, clause, waiting))
        at = clause.end()
    pieces.append(text[at:])
    budget.charge_text(sum(map(len, pieces)))
    return "".join(pieces)


def _clause(budget: Budget, clause: re.Match[str], waiting: Iterator[Any]) -> str:
    verb = clause["verb"]
    if verb is None:
        raise CelError("could not parse formatting clause: unexpected end of string")
    try:
        value = next(waiting)
    except StopIteration:
        raise CelError("index out of range") from None
    precision = int(clause["precision"] or _DEFAULT_PRECISION)
    if precision > _MOST_PRECISION:
        raise CelError(f"precision specifier exceeds maximum of {_MOST_PRECISION}")
    kind = kind_of(value)
    if verb == "s":
        return _text(budget, value)
    if verb == "d" and kind in ("int", "uint"):
        return _converted(budget, value)
    if verb in ("f", "e") and kind in ("int", "uint", "double"):
        return _fraction(float(call("double", budget, (value,))), verb, precision)
    if verb in _BASES:
        return _based(value, kind, verb)
    if verb not in "sdfe":
        raise CelError(
            f'could not parse formatting clause: unrecognized formatting clause "{verb}"'
        )
    raise CelError(f"error during formatting: no formatting function for type {kind} in %{verb}")


def _fraction(value: float, verb: str, precision: int) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return format(value, f".{precision}{verb}")


def _based(value: Any, kind: str, verb: str) -> str:
    if kind in ("int", "uint") or (kind == "bool" and verb == "b"):
        return format(int(in_64_bits(value)), _BASES[verb])
    if verb in "xX" and kind in ("string", "bytes"):
        raw = value.encode() if kind == "string" else value
        return str(raw.hex().upper() if verb == "X" else raw.hex())
    raise CelError(f"error during formatting: no formatting function for type {kind} in %{verb}")


def _text(budget: Budget, value: Any) -> str:
    """``%s``: a value as anybody would write it; the members of maps in the order of their keys."""
    kind = kind_of(value)
    budget.charge(1)
    if kind == "list":
        return "[" + ", ".join(_text(budget, each) for each in value) + "]"
    if kind == "map":
        shown = [f"{_text(budget, key)}: {_text(budget, each)}" for key, each in value.items()]
        return "{" + ", ".join(sorted(shown)) + "}"
    writer = _WRITERS.get(kind)
    if writer is None:
        raise CelError(f"error during formatting: string clause cannot take a value of type {kind}")
    return writer(budget, value)


def _converted(budget: Budget, value: Any) -> str:
    return str(call("string", budget, (value,)))


_WRITERS: dict[str, Callable[[Budget, Any], str]] = {
    **dict.fromkeys(("string", "bytes", "int", "uint", "double", "bool"), _converted),
    **dict.fromkeys(("duration", "timestamp"), _converted),
    "null_type": lambda budget, value: "null",
    "type": lambda budget, value: str(value.name),
}
