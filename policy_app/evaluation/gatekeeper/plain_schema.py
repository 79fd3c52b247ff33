"""The schemas that most policies write, judged without a validator.

Types, properties, lists and choices are nearly all that parameters are described with.  A value
that plainly fits such a schema needs no JSON Schema library, whose import takes longer than
judging an object does.  Everything else (another keyword, or a value that does not fit) is left to
the library, which alone says what is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

_TYPES: Mapping[str, type] = {
    "string": str,
    "array": list,
    "object": dict,
    "boolean": bool,
    "integer": int,
    "null": type(None),
}


def is_plain(schema: Any) -> bool:
    """Whether a schema is valid, and says nothing but what ``fits`` understands."""
    try:
        return _is_plain(schema)
    except RecursionError:
        return False


def fits(schema: Mapping[str, Any], value: Any) -> bool:
    """Whether a value fits a plain schema for certain; False tells nothing."""
    try:
        return _fits(schema, value)
    except RecursionError:
        return False


def _is_plain(schema: Any) -> bool:
    if not isinstance(schema, dict):
        return False
    for keyword, value in schema.items():
        check = _KEYWORDS.get(keyword)
        if check is None or not check(value):
            return False
    return True


def _are_plain(properties: Any) -> bool:
    return isinstance(properties, dict) and all(map(_is_plain, properties.values()))


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_type(value: Any) -> bool:
    names = [value] if isinstance(value, str) else value
    return _are_texts(names) and all(name in _TYPES for name in names)


def _are_texts(value: Any) -> bool:
    return (
        isinstance(value, list) and all(map(_is_text, value)) and len(set(value)) == len(value) > 0
    )


def _is_count(value: Any) -> bool:
    return type(value) is int and value >= 0


def _is_anything(_: Any) -> bool:
    return True


_KEYWORDS: Mapping[str, Callable[[Any], bool]] = {
    "title": _is_text,
    "description": _is_text,
    "default": _is_anything,
    "type": _is_type,
    "enum": _are_texts,
    "required": _are_texts,
    "minProperties": _is_count,
    "minItems": _is_count,
    "properties": _are_plain,
    "items": _is_plain,
    "additionalProperties": lambda value: isinstance(value, bool) or _is_plain(value),
}


def _fits(schema: Mapping[str, Any], value: Any) -> bool:
    wanted = schema.get("type", ())
    names = (wanted,) if isinstance(wanted, str) else wanted
    if names and all(type(value) is not _TYPES[name] for name in names):
        return False
    if "enum" in schema and value not in schema["enum"]:
        return False
    if isinstance(value, dict):
        return _fields_fit(schema, value)
    if isinstance(value, list):
        return _items_fit(schema, value)
    return True


def _items_fit(schema: Mapping[str, Any], value: list[Any]) -> bool:
    if len(value) < schema.get("minItems", 0):
        return False
    return "items" not in schema or all(_fits(schema["items"], item) for item in value)


def _fields_fit(schema: Mapping[str, Any], value: Mapping[str, Any]) -> bool:
    if len(value) < schema.get("minProperties", 0):
        return False
    if any(name not in value for name in schema.get("required", ())):
        return False
    known, rest = schema.get("properties", {}), schema.get("additionalProperties", True)
    for name, inner in value.items():
        below = known.get(name, rest)
        if below is False or (below is not True and not _fits(below, inner)):
            return False
    return True
