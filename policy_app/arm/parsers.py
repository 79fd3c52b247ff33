"""Read a JSON body strictly: what is wrong with it is said with its line and column."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import IO, Any, NoReturn

from rest_framework.parsers import BaseParser

from policy_app.services.errors import PolicyError

MAX_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 64
"""Azure's parameters nest a dozen levels; beyond this a body is a mistake or an attack."""

_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class ArmJsonParser(BaseParser):
    """RFC 8259 JSON in UTF-8; ``InvalidRequestContent`` for anything else."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """The body as Python values."""
        raw = stream.read(MAX_BYTES + 1)
        if len(raw) > MAX_BYTES:
            raise PolicyError(
                "RequestContentTooLarge",
                f"The request content is larger than {MAX_BYTES // 1024 // 1024} MB.",
                status=413,
            )
        return loads(raw)


def loads(raw: bytes) -> Any:
    """Parse one JSON text; raises ``PolicyError`` (``InvalidRequestContent``)."""
    text = _decoded(raw)
    _refuse_depth(text)
    try:
        value = json.loads(
            text,
            parse_constant=_refuse_constant,
            parse_float=_finite,
            object_pairs_hook=_unique,
        )
    except json.JSONDecodeError as error:
        raise _invalid(f"{error.msg} at {_place(text, error.pos)}") from error
    except ValueError as error:  # an integer of more digits than Python converts
        raise _invalid("a number in it has too many digits") from error
    if "\\u" in text:
        _refuse_unstorable(value)
    return value


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _invalid(f"it is not UTF-8 text at byte {error.start + 1}") from error


def _refuse_depth(text: str) -> None:
    """Before parsing: Python's parser recurses, and everything after it does too."""
    depth = 0
    for found in _BRACKETS.finditer(text):
        if found[0] in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                where = _place(text, found.start())
                raise _invalid(f"it nests deeper than {MAX_DEPTH} levels at {where}")
        elif found[0] in "]}":
            depth -= 1


def _refuse_constant(name: str) -> NoReturn:
    raise _invalid(f"{name} is no JSON number")


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise _invalid(f"the number {digits} is too large")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Which of two equal names counts differs between parsers, so that none is guessed."""
    result = dict(pairs)
    if len(result) != len(pairs):
        counts = Counter(name for name, _ in pairs)
        twice = next(name for name, count in counts.items() if count > 1)
        raise _invalid(f"the property '{twice}' is given twice in one object")
    return result


def _refuse_unstorable(value: Any) -> None:
    for text in _strings(value):
        if found := _UNSTORABLE.search(text):
            raise _invalid(f"the character \\u{ord(found[0]):04x} in it cannot be stored")


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, one in value.items():
            yield name
            yield from _strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from _strings(one)


def _place(text: str, position: int) -> str:
    line = text.count("\n", 0, position) + 1
    column = position - text.rfind("\n", 0, position)
    return f"line {line}, column {column}"


def _invalid(what: str) -> PolicyError:
    return PolicyError(
        "InvalidRequestContent", f"The request content cannot be read as JSON: {what}."
    )
