"""Functions of template expressions that work on strings.  Source: ARM template functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from policy_app.evaluation.language.functions import (
    MAX_RESULT,
    bounded,
    function,
    list_of,
    number_of,
    same,
    text_of,
    to_string,
)


@function("concat", 1, None)
def _concat(*values: Any) -> Any:
    if isinstance(values[0], list):
        return [item for value in values for item in list_of(value)]
    if any(isinstance(value, (list, Mapping)) for value in values):
        raise ValueError("joins strings or arrays, but not both")
    return bounded("".join(to_string(value) for value in values))


@function("toLower", 1)
def _to_lower(value: Any) -> str:
    return text_of(value).lower()


@function("toUpper", 1)
def _to_upper(value: Any) -> str:
    return text_of(value).upper()


@function("trim", 1)
def _trim(value: Any) -> str:
    return text_of(value).strip()


@function("replace", 3)
def _replace(value: Any, old: Any, new: Any) -> str:
    if not text_of(old):
        raise ValueError("cannot replace an empty string")
    text, old, new = text_of(value), text_of(old), text_of(new)
    if len(text) + text.count(old) * (len(new) - len(old)) > MAX_RESULT:
        raise ValueError(f"makes a string of more than {MAX_RESULT:,} characters")
    return text.replace(old, new)


@function("substring", 2, 3)
def _substring(value: Any, start: Any, length: Any = None) -> str:
    text, first = text_of(value), number_of(start)
    count = len(text) - first if length is None else number_of(length)
    if first < 0 or count < 0 or first + count > len(text):
        raise ValueError(f"goes past the {len(text)} characters of its string")
    return text[first : first + count]


@function("startsWith", 2)
def _starts_with(value: Any, start: Any) -> bool:
    return text_of(value).lower().startswith(text_of(start).lower())


@function("endsWith", 2)
def _ends_with(value: Any, end: Any) -> bool:
    return text_of(value).lower().endswith(text_of(end).lower())


@function("indexOf", 2)
def _index_of(value: Any, part: Any) -> int:
    if isinstance(value, list):
        return next((index for index, item in enumerate(value) if same(item, part)), -1)
    return text_of(value).lower().find(text_of(part).lower())


@function("split", 2)
def _split(value: Any, marks: Any) -> list[str]:
    parts = [text_of(value)]
    for mark in [marks] if isinstance(marks, str) else list_of(marks):
        if not text_of(mark):
            raise ValueError("cannot split at an empty string")
        parts = [piece for part in parts for piece in part.split(mark)]
    return parts


@function("join", 2)
def _join(values: Any, mark: Any) -> str:
    return bounded(text_of(mark).join(to_string(value) for value in list_of(values)))
