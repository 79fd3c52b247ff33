"""Paths into a value: ``"a/b"`` with JSON Pointer's escapes, or ``["a", "b"]``."""

from __future__ import annotations

from policy_app.evaluation.rego.builtins.core import operand_error, operand_type_error
from policy_app.evaluation.rego.values import RegoSet, Value, type_name

Path = list[Value]


def paths(value: Value) -> list[Path]:
    """The paths of an operand (the second) that is an array or a set of them."""
    if type(value) not in (list, RegoSet):
        raise operand_type_error(2, value, "set", "array")
    return [read_path(member) for member in value]


def read_path(value: Value) -> Path:
    """One path as its segments."""
    if type(value) is list:
        return value
    if type(value) is not str:
        raise operand_error(
            2,
            "must be one of {set, array} containing string paths or array of path segments"
            f" but got {type_name(value)}",
        )
    if not value:
        return []
    segments = value.lstrip("/").split("/")
    return [segment.replace("~1", "/").replace("~0", "~") for segment in segments]
