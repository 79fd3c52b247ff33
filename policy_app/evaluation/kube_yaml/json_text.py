"""JSON files, read as JSON: YAML 1.1 has other numbers, and no surrogate pairs."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import Any

from policy_app.evaluation.kube_yaml.scalars import whole
from policy_app.evaluation.kube_yaml.values import Parsed

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_SPACE = re.compile(r"[ \t\r\n]*")


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("the same name twice")
    return value


def _float(text: str) -> int | float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("out of range")
    return whole(number)


def _constant(name: str) -> Any:
    raise ValueError(name)


_DECODER = json.JSONDecoder(object_pairs_hook=_pairs, parse_float=_float, parse_constant=_constant)


@dataclass(frozen=True, slots=True)
class JsonValue:
    """A value and the text that it was read from."""

    parsed: Parsed
    text: str
    line: int
    """Where the text starts; the places in ``parsed`` count within it."""


def values(text: str, nesting: int) -> list[JsonValue] | None:
    """The JSON values of a text, one after the other; None where the text is not just that.

    A text with a duplicate name, or nested too deep, is also left to YAML's reader, which tells
    where.
    """
    at = _skip(text, 0)
    if text[at : at + 1] != "{":
        return None
    found: list[JsonValue] = []
    line, counted = 1, 0
    while at < len(text):
        line += text.count("\n", counted, at)
        start = counted = at
        try:
            value, at = _DECODER.raw_decode(text, start)
        except (ValueError, RecursionError):
            return None
        if not _depth_within(value, nesting):
            return None
        if _SURROGATE.search(text, start, at):
            value = _without_surrogates(value)
        found.append(JsonValue(Parsed(value, 1, 1), text[start:at], line))
        at = _skip(text, at)
    return found


def _without_surrogates(value: Any) -> Any:
    """Half a surrogate pair is no character: it becomes U+FFFD, as with the decoder of Go."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {
            _without_surrogates(name): _without_surrogates(inner) for name, inner in value.items()
        }
    return value


def _skip(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return space.end() if space else at


def _depth_within(value: Any, nesting: int) -> bool:
    level = [value]
    for _ in range(nesting + 1):
        level = [
            inner
            for outer in level
            if isinstance(outer, (dict, list))
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return True
    return False
