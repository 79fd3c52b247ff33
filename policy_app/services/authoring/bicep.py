"""JSON as Bicep writes it: objects and arrays a line each entry, strings in single quotes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ESCAPES = {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_SPECIAL = re.compile(r"[\\'\n\r\t\x00-\x1f\x7f]|\$\{")


def value(one: Any, depth: int = 0) -> str:
    """A JSON value; ``depth`` is how far the lines after the first are indented.

    Source: the Bicep language's literals.  Floats have no literal and are read from JSON.
    """
    if isinstance(one, bool) or one is None:
        return {True: "true", False: "false", None: "null"}[one]
    if isinstance(one, int):
        return str(one)
    if isinstance(one, float):
        return f"json('{json.dumps(one)}')"
    if isinstance(one, str):
        return text(one)
    if isinstance(one, Mapping):
        inner = [f"{key(str(name))}: {value(part, depth + 1)}" for name, part in one.items()]
        return _block("{", inner, "}", depth)
    return _block("[", [value(part, depth + 1) for part in one], "]", depth)


def text(one: str) -> str:
    """A string, with what Bicep would interpret escaped."""
    return "'" + _SPECIAL.sub(_escaped, one) + "'"


def key(name: str) -> str:
    """The name of a property, in quotes where it is no identifier."""
    return name if _PLAIN_KEY.fullmatch(name) else text(name)


def _escaped(found: re.Match[str]) -> str:
    if found[0] == "${":
        return "\\${"
    return _ESCAPES.get(found[0]) or f"\\u{{{ord(found[0]):x}}}"


def _block(opening: str, lines: list[str], closing: str, depth: int) -> str:
    if not lines:
        return opening + closing
    indent = "  " * (depth + 1)
    inner = "\n".join(f"{indent}{line}" for line in lines)
    return f"{opening}\n{inner}\n{'  ' * depth}{closing}"
