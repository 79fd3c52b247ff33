"""Functions of template expressions that work on arrays and objects.

Source: ARM template functions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from policy_app.evaluation.language.functions import (
    function,
    list_of,
    look_up,
    number_of,
    same,
    text_of,
    to_string,
)
from policy_app.evaluation.language.reading import kind_of


@function("contains", 2)
def _contains(container: Any, item: Any) -> bool:
    if isinstance(container, Mapping):
        return look_up(container, text_of(item))[0]
    if isinstance(container, list):
        return any(same(value, item) for value in container)
    return to_string(item) in text_of(container)


@function("empty", 1)
def _empty(value: Any) -> bool:
    if value is None:
        return True
    return not _length(value)


@function("length", 1)
def _length(value: Any) -> int:
    if isinstance(value, (str, list, Mapping)):
        return len(value)
    raise ValueError(f"needs a string, an array or an object, but was given {kind_of(value)}")


@function("first", 1)
def _first(value: Any) -> Any:
    return _end(value, 0)


@function("last", 1)
def _last(value: Any) -> Any:
    return _end(value, -1)


def _end(value: Any, index: int) -> Any:
    if not isinstance(value, (str, list)):
        raise ValueError(f"needs a string or an array, but was given {kind_of(value)}")
    if not value:
        return "" if isinstance(value, str) else None
    return value[index]


@function("take", 2)
def _take(value: Any, count: Any) -> Any:
    if not isinstance(value, (str, list)):
        raise ValueError(f"needs a string or an array, but was given {kind_of(value)}")
    return value[: max(number_of(count), 0)]


@function("skip", 2)
def _skip(value: Any, count: Any) -> Any:
    if not isinstance(value, (str, list)):
        raise ValueError(f"needs a string or an array, but was given {kind_of(value)}")
    return value[max(number_of(count), 0) :]


@function("array", 1)
def _array(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@function("createArray", 0, None)
def _create_array(*values: Any) -> list[Any]:
    return list(values)


@function("createObject", 0, None)
def _create_object(*pairs: Any) -> dict[str, Any]:
    if len(pairs) % 2:
        raise ValueError("needs a value for each name")
    return {text_of(name): value for name, value in zip(pairs[::2], pairs[1::2], strict=True)}


@function("union", 2, None)
def _union(*values: Any) -> Any:
    if isinstance(values[0], Mapping):
        return _merge([value if isinstance(value, Mapping) else _object(value) for value in values])
    found: list[Any] = []
    for item in (item for value in values for item in list_of(value)):
        if not any(same(item, seen) for seen in found):
            found.append(item)
    return found


def _object(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ValueError(f"needs an object, but was given {kind_of(value)}")
    return value


def _merge(values: list[Mapping[str, Any]]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for value in values:
        for name, inner in value.items():
            both = isinstance(merged.get(name), Mapping) and isinstance(inner, Mapping)
            merged[name] = _merge([merged[name], inner]) if both else inner
    return merged


@function("intersection", 2, None)
def _intersection(*values: Any) -> Any:
    first, *others = values
    if isinstance(first, Mapping):
        objects = [_object(other) for other in others]
        return {
            name: value
            for name, value in first.items()
            if all(name in other and same(other[name], value) for other in objects)
        }
    lists = [list_of(other) for other in others]
    return [
        item
        for item in list_of(first)
        if all(any(same(item, value) for value in values) for values in lists)
    ]
