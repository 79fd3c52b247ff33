"""Values as text and as JSON."""

from __future__ import annotations

import json
import math
from typing import Any

from policy_app.evaluation.rego.errors import RegoError
from policy_app.evaluation.rego.model import ATOMS, RegoSet, Value, hash_key, unkey, weigh
from policy_app.evaluation.rego.order import sort_values, sorted_pairs


def to_json(value: Value) -> Any:
    """Plain JSON data: sets become sorted lists, other keys than strings their JSON text.

    Raises ``RegoLimitError`` for a value that is too large to be sent out.
    """
    if type(value) not in ATOMS:
        weigh(value)
    return _to_json(value)


def _to_json(value: Value) -> Any:
    kind = type(value)
    if kind is list:
        return [m if type(m) is str else _to_json(m) for m in value]
    if kind is RegoSet:
        return [_to_json(member) for member in sort_values(value.items.values())]
    if kind is dict:
        return {
            k if type(k) is str else json_text(unkey(k)): v if type(v) is str else _to_json(v)
            for k, v in value.items()
        }
    return finite(value) if kind is float else value


def finite(number: float) -> float:
    """The number itself; ``RegoError`` for those that Python reads from JSON, and JSON has not."""
    if not math.isfinite(number):
        raise RegoError(f"{number} is no number of JSON", code="eval_type_error")
    return number


def json_text(value: Value) -> str:
    """The value as compact JSON text, with objects' keys sorted."""
    return json.dumps(to_json(value), ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def from_json(value: Any) -> Value:
    """JSON-like Python data as a Rego value: tuples become arrays, sets become sets."""
    if isinstance(value, dict):
        return {hash_key(from_json(key)): from_json(member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [from_json(member) for member in value]
    if isinstance(value, set | frozenset):
        return RegoSet.of(from_json(member) for member in value)
    return value


def render(value: Value) -> str:
    """The text that OPA prints for a value: ``{"privileged": true}``, ``{1, 2}``, ``set()``.

    Raises ``RegoLimitError`` for a value that is too large to print.
    """
    kind = type(value)
    if kind is str:
        return quote(value)
    if kind in ATOMS:
        return _render_scalar(value)
    if kind is RegoSet or not ATOMS.issuperset(
        map(type, value.values() if kind is dict else value)
    ):
        # A flat value is as large as what is kept of it; others may repeat their parts.
        weigh(value)
    return _render(value)


def _render(value: Value) -> str:
    kind = type(value)
    if kind is str:
        return quote(value)
    if kind is list:
        return "[" + ", ".join([_render(member) for member in value]) + "]"
    if kind is dict:
        if {*map(type, value)} == {str}:
            fields = sorted(value)
            return "{" + ", ".join([f"{quote(k)}: {_render(value[k])}" for k in fields]) + "}"
        pairs = sorted_pairs(value)
        return "{" + ", ".join([f"{_render(unkey(k))}: {_render(v)}" for k, v in pairs]) + "}"
    if kind is RegoSet:
        if not value.items:
            return "set()"
        return "{" + ", ".join([_render(m) for m in sort_values(value.items.values())]) + "}"
    return _render_scalar(value)


def _render_scalar(value: Value) -> str:
    if value is None:
        return "null"
    if type(value) is bool:
        return "true" if value else "false"
    return str(value) if type(value) is int else number_text(value)


def number_text(number: int | float) -> str:
    """The number as JSON text; exponents as Go writes them (``1e+21``, ``1e-07``)."""
    if type(number) is float and math.isinf(number):
        return "1e+309" if number > 0 else "-1e+309"
    return str(number)


_ESCAPES = {
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
    "\\": "\\\\",
    '"': '\\"',
}
_BYTE, _BASIC_PLANE = 0x80, 0x10000


def quote(text: str) -> str:
    """The string as Go's ``strconv.Quote`` writes it."""
    if text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return '"' + "".join([_quoted(char) for char in text]) + '"'


def _quoted(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    if char.isprintable():
        return char
    code = ord(char)
    if code < _BYTE:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < _BASIC_PLANE else f"\\U{code:08x}"
