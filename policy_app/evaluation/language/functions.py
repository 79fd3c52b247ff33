"""The functions of Azure's template expressions, as far as policies for Kubernetes can use them.

Each takes evaluated arguments and returns a JSON value, or raises ``ValueError`` with the rest of
a sentence.  Source: ARM template functions; names are compared without regard to case.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from policy_app.evaluation.language.reading import kind_of

MAX_RESULT = 131_072
"""Characters in a string that a function makes; ARM's limit for a parameter's value."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function and how many arguments it takes; ``most`` is None where there is no limit."""

    name: str
    run: Callable[..., Any]
    least: int
    most: int | None


FUNCTIONS: dict[str, Function] = {}
"""By lower-case name.  ``parameters``, ``if`` and ``coalesce`` are lazy: see ``expressions``."""


def _function(
    name: str, least: int, most: int | None = -1
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def register(run: Callable[..., Any]) -> Callable[..., Any]:
        FUNCTIONS[name.lower()] = Function(name, run, least, least if most == -1 else most)
        return run

    return register


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"needs a string, but was given {kind_of(value)}")
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"needs true or false, but was given {kind_of(value)}")
    return value


def _number(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"needs an integer, but was given {kind_of(value)}")
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError(f"needs an array, but was given {kind_of(value)}")
    return value


def _bounded(text: str) -> str:
    if len(text) > MAX_RESULT:
        raise ValueError(f"makes a string of more than {MAX_RESULT:,} characters")
    return text


def same(left: Any, right: Any) -> bool:
    """Equality of JSON values: ``true`` is not ``1``, and strings compare exactly."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    return bool(left == right)


def look_up(container: Mapping[str, Any], key: str) -> tuple[bool, Any]:
    """Whether an object has a property, and its value; ARM ignores the case of names."""
    if key in container:
        return True, container[key]
    for name, value in container.items():
        if name.lower() == key.lower():
            return True, value
    return False, None


# Logic and comparison


@_function("true", 0)
def _true() -> bool:
    return True


@_function("false", 0)
def _false() -> bool:
    return False


@_function("null", 0)
def _null() -> None:
    return None


@_function("equals", 2)
def _equals(left: Any, right: Any) -> bool:
    return same(left, right)


@_function("not", 1)
def _not(value: Any) -> bool:
    return not _flag(value)


@_function("and", 2, None)
def _and(*values: Any) -> bool:
    flags = [_flag(value) for value in values]
    return all(flags)


@_function("or", 2, None)
def _or(*values: Any) -> bool:
    flags = [_flag(value) for value in values]
    return any(flags)


def _ordered(left: Any, right: Any) -> tuple[Any, Any]:
    if isinstance(left, str):
        return left, _text(right)
    return _number(left), _number(right)


@_function("less", 2)
def _less(left: Any, right: Any) -> bool:
    first, second = _ordered(left, right)
    return bool(first < second)


@_function("lessOrEquals", 2)
def _less_or_equals(left: Any, right: Any) -> bool:
    first, second = _ordered(left, right)
    return bool(first <= second)


@_function("greater", 2)
def _greater(left: Any, right: Any) -> bool:
    first, second = _ordered(left, right)
    return bool(first > second)


@_function("greaterOrEquals", 2)
def _greater_or_equals(left: Any, right: Any) -> bool:
    first, second = _ordered(left, right)
    return bool(first >= second)


# Conversion


@_function("int", 1)
def _int(value: Any) -> int:
    if isinstance(value, str):
        try:
            return int(_bounded_digits(value))
        except ValueError:
            raise ValueError(f"cannot make an integer of {value!r}") from None
    return _number(value)


def _bounded_digits(text: str) -> str:
    # Python reads "1_000" and a million digits; ARM reads neither.
    if "_" in text or len(text) > 20:
        raise ValueError(text)
    return text


@_function("bool", 1)
def _bool(value: Any) -> bool:
    if isinstance(value, str) and value.lower() in ("true", "false", "1", "0"):
        return value.lower() in ("true", "1")
    if isinstance(value, int):
        return bool(value)
    raise ValueError(f"cannot make true or false of {kind_of(value)}")


@_function("string", 1)
def _string(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "True" if value else "False"
    return _bounded(json.dumps(value, separators=(",", ":"), ensure_ascii=False))


@_function("json", 1)
def _json(value: Any) -> Any:
    try:
        return json.loads(_text(value))
    except (json.JSONDecodeError, RecursionError):
        raise ValueError("was given a string that is no JSON") from None


# Strings


@_function("concat", 1, None)
def _concat(*values: Any) -> Any:
    if isinstance(values[0], list):
        return [item for value in values for item in _list(value)]
    if any(isinstance(value, (list, Mapping)) for value in values):
        raise ValueError("joins strings or arrays, but not both")
    return _bounded("".join(_string(value) for value in values))


@_function("toLower", 1)
def _to_lower(value: Any) -> str:
    return _text(value).lower()


@_function("toUpper", 1)
def _to_upper(value: Any) -> str:
    return _text(value).upper()


@_function("trim", 1)
def _trim(value: Any) -> str:
    return _text(value).strip()


@_function("replace", 3)
def _replace(value: Any, old: Any, new: Any) -> str:
    if not _text(old):
        raise ValueError("cannot replace an empty string")
    text, old, new = _text(value), _text(old), _text(new)
    if len(text) + text.count(old) * (len(new) - len(old)) > MAX_RESULT:
        raise ValueError(f"makes a string of more than {MAX_RESULT:,} characters")
    return text.replace(old, new)


@_function("substring", 2, 3)
def _substring(value: Any, start: Any, length: Any = None) -> str:
    text, first = _text(value), _number(start)
    count = len(text) - first if length is None else _number(length)
    if first < 0 or count < 0 or first + count > len(text):
        raise ValueError(f"goes past the {len(text)} characters of its string")
    return text[first : first + count]


@_function("startsWith", 2)
def _starts_with(value: Any, start: Any) -> bool:
    return _text(value).lower().startswith(_text(start).lower())


@_function("endsWith", 2)
def _ends_with(value: Any, end: Any) -> bool:
    return _text(value).lower().endswith(_text(end).lower())


@_function("indexOf", 2)
def _index_of(value: Any, part: Any) -> int:
    if isinstance(value, list):
        return next((index for index, item in enumerate(value) if same(item, part)), -1)
    return _text(value).lower().find(_text(part).lower())


@_function("split", 2)
def _split(value: Any, marks: Any) -> list[str]:
    parts = [_text(value)]
    for mark in [marks] if isinstance(marks, str) else _list(marks):
        if not _text(mark):
            raise ValueError("cannot split at an empty string")
        parts = [piece for part in parts for piece in part.split(mark)]
    return parts


@_function("join", 2)
def _join(values: Any, mark: Any) -> str:
    return _bounded(_text(mark).join(_string(value) for value in _list(values)))


# Arrays and objects


@_function("contains", 2)
def _contains(container: Any, item: Any) -> bool:
    if isinstance(container, Mapping):
        return look_up(container, _text(item))[0]
    if isinstance(container, list):
        return any(same(value, item) for value in container)
    return _string(item) in _text(container)


@_function("empty", 1)
def _empty(value: Any) -> bool:
    if value is None:
        return True
    return not _length(value)


@_function("length", 1)
def _length(value: Any) -> int:
    if isinstance(value, (str, list, Mapping)):
        return len(value)
    raise ValueError(f"needs a string, an array or an object, but was given {kind_of(value)}")


@_function("first", 1)
def _first(value: Any) -> Any:
    return _end(value, 0)


@_function("last", 1)
def _last(value: Any) -> Any:
    return _end(value, -1)


def _end(value: Any, index: int) -> Any:
    if not isinstance(value, (str, list)):
        raise ValueError(f"needs a string or an array, but was given {kind_of(value)}")
    if not value:
        return "" if isinstance(value, str) else None
    return value[index]


@_function("take", 2)
def _take(value: Any, count: Any) -> Any:
    if not isinstance(value, (str, list)):
        raise ValueError(f"needs a string or an array, but was given {kind_of(value)}")
    return value[: max(_number(count), 0)]


@_function("skip", 2)
def _skip(value: Any, count: Any) -> Any:
    if not isinstance(value, (str, list)):
        raise ValueError(f"needs a string or an array, but was given {kind_of(value)}")
    return value[max(_number(count), 0) :]


@_function("array", 1)
def _array(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@_function("createArray", 0, None)
def _create_array(*values: Any) -> list[Any]:
    return list(values)


@_function("createObject", 0, None)
def _create_object(*pairs: Any) -> dict[str, Any]:
    if len(pairs) % 2:
        raise ValueError("needs a value for each name")
    return {_text(name): value for name, value in zip(pairs[::2], pairs[1::2], strict=True)}


@_function("union", 2, None)
def _union(*values: Any) -> Any:
    if isinstance(values[0], Mapping):
        return _merge([value if isinstance(value, Mapping) else _object(value) for value in values])
    found: list[Any] = []
    for item in (item for value in values for item in _list(value)):
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


@_function("intersection", 2, None)
def _intersection(*values: Any) -> Any:
    first, *others = values
    if isinstance(first, Mapping):
        objects = [_object(other) for other in others]
        return {
            name: value
            for name, value in first.items()
            if all(name in other and same(other[name], value) for other in objects)
        }
    lists = [_list(other) for other in others]
    return [
        item
        for item in _list(first)
        if all(any(same(item, value) for value in values) for values in lists)
    ]


# Arithmetic, as far as ranges need it


@_function("add", 2)
def _add(left: Any, right: Any) -> int:
    return _number(left) + _number(right)


@_function("sub", 2)
def _sub(left: Any, right: Any) -> int:
    return _number(left) - _number(right)


@_function("min", 1, None)
def _min(*values: Any) -> int:
    return min(_numbers(values))


@_function("max", 1, None)
def _max(*values: Any) -> int:
    return max(_numbers(values))


def _numbers(values: tuple[Any, ...]) -> list[int]:
    given = _list(values[0]) if len(values) == 1 and isinstance(values[0], list) else values
    if not given:
        raise ValueError("needs at least one integer")
    return [_number(value) for value in given]
