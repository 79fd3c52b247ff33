"""JSON values: when two are the same, and what makes one out of the other.

Values are never changed in place here, so that parts that did not change are the same objects,
and comparing them costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Steps = tuple[str | int, ...]

_NAMES: Mapping[type, str] = {
    dict: "object",
    list: "list",
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    type(None): "null",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where two values differ; ``before`` or ``after`` is None where there is none."""

    kind: Literal["add", "remove", "replace"]
    steps: Steps
    before: Any = None
    after: Any = None


def type_name(value: Any) -> str:
    """What JSON calls a value's type."""
    return _NAMES.get(type(value), type(value).__name__)


def same(one: Any, other: Any) -> bool:
    """Equal in value and type: to Python, but not to JSON, ``True`` is 1 and 1 is 1.0."""
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def differences(before: Any, after: Any, steps: Steps = ()) -> Iterator[Difference]:
    """What to do to ``before``, in this order, for it to become ``after``."""
    if before is after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        yield from _in_objects(before, after, steps)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _in_lists(before, after, steps)
    elif not same(before, after):
        yield Difference("replace", steps, before, after)


def _in_objects(
    before: dict[str, Any], after: dict[str, Any], steps: Steps
) -> Iterator[Difference]:
    for key, value in before.items():
        if key in after:
            yield from differences(value, after[key], (*steps, key))
        else:
            yield Difference("remove", (*steps, key), before=value)
    for key, value in after.items():
        if key not in before:
            yield Difference("add", (*steps, key), after=value)


def _in_lists(before: list[Any], after: list[Any], steps: Steps) -> Iterator[Difference]:
    """Only what lies between the parts that both begin and end with."""
    start = _common(before, after)
    end = _common(before[start:][::-1], after[start:][::-1])
    old, new = before[start : len(before) - end], after[start : len(after) - end]
    both = min(len(old), len(new))
    for index in range(both):
        yield from differences(old[index], new[index], (*steps, start + index))
    # The last goes first, so that the others keep their places.
    for index in range(len(old) - 1, both - 1, -1):
        yield Difference("remove", (*steps, start + index), before=old[index])
    for index in range(both, len(new)):
        yield Difference("add", (*steps, start + index), after=new[index])


def _common(one: list[Any], other: list[Any]) -> int:
    length = 0
    for left, right in zip(one, other, strict=False):
        if not same(left, right):
            break
        length += 1
    return length


def to_patch(found: Iterator[Difference]) -> list[dict[str, Any]]:
    """Differences as an RFC 6902 JSON Patch."""
    patch = []
    for one in found:
        operation: dict[str, Any] = {"op": one.kind, "path": _pointer(one.steps)}
        if one.kind != "remove":
            operation["value"] = one.after
        patch.append(operation)
    return patch


def _pointer(steps: Steps) -> str:
    """RFC 6901: ``~`` and ``/`` are written ``~0`` and ``~1``."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in steps)


def without_nulls(value: Any) -> Any:
    """A value without the fields that are null."""
    if isinstance(value, Mapping):
        return {key: without_nulls(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [without_nulls(inner) for inner in value]
    return value
