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


def function(
    name: str, least: int, most: int | None = -1
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register the function below under its name; ``most`` is ``least`` unless it is given."""

    def register(run: Callable[..., Any]) -> Callable[..., Any]:
        FUNCTIONS[name.lower()] = Function(name, run, least, least if most == -1 else most)
        return run

    return register


def text_of(value: Any) -> str:
    """The argument as a string, which it must be."""
    if not isinstance(value, str):
        raise ValueError(f"needs a string, but was given {kind_of(value)}")
    return value


def flag_of(value: Any) -> bool:
    """The argument as true or false, which it must be."""
    if not isinstance(value, bool):
        raise ValueError(f"needs true or false, but was given {kind_of(value)}")
    return value


def number_of(value: Any) -> int:
    """The argument as an integer, which it must be."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"needs an integer, but was given {kind_of(value)}")
    return value


def list_of(value: Any) -> list[Any]:
    """The argument as an array, which it must be."""
    if not isinstance(value, list):
        raise ValueError(f"needs an array, but was given {kind_of(value)}")
    return value


def bounded(text: str) -> str:
    """The text, unless it is longer than a function may make one."""
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


@function("true", 0)
def _true() -> bool:
    return True


@function("false", 0)
def _false() -> bool:
    return False


@function("null", 0)
def _null() -> None:
    return None


@function("equals", 2)
def _equals(left: Any, right: Any) -> bool:
    return same(left, right)


@function("not", 1)
def _not(value: Any) -> bool:
    return not flag_of(value)


@function("and", 2, None)
def _and(*values: Any) -> bool:
    flags = [flag_of(value) for value in values]
    return all(flags)


@function("or", 2, None)
def _or(*values: Any) -> bool:
    flags = [flag_of(value) for value in values]
    return any(flags)


def _ordered(left: Any, right: Any) -> tuple[Any, Any]:
    if isinstance(left, str):
        return left, text_of(right)
    return number_of(left), number_of(right)


@function("less", 2)
def _less(left: Any, right: Any) -> bool:
    first, second = _ordered(left, right)
    return bool(first < second)


@function("lessOrEquals", 2)
def _less_or_equals(left: Any, right: Any) -> bool:
    first, second = _ordered(left, right)
    return bool(first <= second)


@function("greater", 2)
def _greater(left: Any, right: Any) -> bool:
    first, second = _ordered(left, right)
    return bool(first > second)


@function("greaterOrEquals", 2)
def _greater_or_equals(left: Any, right: Any) -> bool:
    first, second = _ordered(left, right)
    return bool(first >= second)


# Conversion


@function("int", 1)
def _int(value: Any) -> int:
    if isinstance(value, str):
        try:
            return int(_bounded_digits(value))
        except ValueError:
            raise ValueError(f"cannot make an integer of {value!r}") from None
    return number_of(value)


def _bounded_digits(text: str) -> str:
    # Python reads "1_000" and a million digits; ARM reads neither.
    if "_" in text or len(text) > 20:
        raise ValueError(text)
    return text


@function("bool", 1)
def _bool(value: Any) -> bool:
    if isinstance(value, str) and value.lower() in ("true", "false", "1", "0"):
        return value.lower() in ("true", "1")
    if isinstance(value, int):
        return bool(value)
    raise ValueError(f"cannot make true or false of {kind_of(value)}")


@function("string", 1)
def to_string(value: Any) -> str:
    """A value as ``string()`` writes it."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "True" if value else "False"
    return bounded(json.dumps(value, separators=(",", ":"), ensure_ascii=False))


@function("json", 1)
def _json(value: Any) -> Any:
    try:
        return json.loads(text_of(value))
    except (json.JSONDecodeError, RecursionError):
        raise ValueError("was given a string that is no JSON") from None


# Arithmetic, as far as ranges need it


@function("add", 2)
def _add(left: Any, right: Any) -> int:
    return number_of(left) + number_of(right)


@function("sub", 2)
def _sub(left: Any, right: Any) -> int:
    return number_of(left) - number_of(right)


@function("min", 1, None)
def _min(*values: Any) -> int:
    return min(_numbers(values))


@function("max", 1, None)
def _max(*values: Any) -> int:
    return max(_numbers(values))


def _numbers(values: tuple[Any, ...]) -> list[int]:
    given = list_of(values[0]) if len(values) == 1 and isinstance(values[0], list) else values
    if not given:
        raise ValueError("needs at least one integer")
    return [number_of(value) for value in given]
