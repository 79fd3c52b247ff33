"""Definitions and assignments as people have them: ARM's JSON, or what ``az policy … show`` prints.

az prints the properties at the top level, beside ``id`` and ``name``; ARM and Azure's repository
keep them in ``properties``.  Both are read into ARM's form, with the line of what is wrong.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from policy_app.evaluation.kube_yaml.positions import Mark, as_yaml, marks, parse_path
from policy_app.services.errors import PolicyError

Thing = Literal["policyDefinitions", "policySetDefinitions", "policyAssignments"]

MAX_CHARACTERS = 4 * 1024 * 1024
_MAX_DEPTH = 64
_OUTER = ("id", "name", "type", "systemData", "location", "identity")
_SHOWN = frozenset(
    {"versions", "resourceGroup", "scope", "instanceId", "latestDefinitionVersion"}
    | {"effectiveDefinitionVersion", "kind", "systemData"}
)
"""What a read shows, or az adds, and no write takes."""
_KINDS: tuple[tuple[str, Thing], ...] = (
    # the first field that is there tells what it is
    ("policyRule", "policyDefinitions"),
    ("policyDefinitions", "policySetDefinitions"),
    ("policyDefinitionId", "policyAssignments"),
)


@dataclass(frozen=True, slots=True)
class Imported:
    """What a text describes; ``body`` is a PUT's, an id or a name that is not given is empty."""

    thing: Thing
    name: str
    arm_id: str
    body: dict[str, Any]
    text: str

    def line_of(self, target: str) -> int:
        """The line of a field as errors name it (``properties.policyRule``), or of its parent."""
        return line_of(self.text, target)


class ImportTextError(PolicyError):
    """A text that cannot be taken; ``line`` and ``column`` count from 1, 0 where unknown."""

    def __init__(self, message: str, line: int = 0, column: int = 0, target: str = "") -> None:
        where = f" (line {line}, column {column})" if line else ""
        super().__init__("InvalidRequestContent", f"{message}{where}", target=target)
        self.line = line
        self.column = column


def read(text: str) -> Imported:
    """The one definition or assignment in a text.  Raises ``ImportTextError``."""
    value = _parsed(text)
    if not isinstance(value, dict):
        what = "This should be"
        if isinstance(value, list):
            what = f"This is a list of {len(value)}: take"
        raise ImportTextError(f"{what} one JSON object, as 'az policy … show' prints it.", 1, 1)
    nested = isinstance(value.get("properties"), dict)
    given = value["properties"] if nested else value
    thing = _thing(given, text)
    properties = dict(_kept(given, thing, nested=nested))
    body: dict[str, Any] = {"properties": properties}
    if thing == "policyAssignments":
        body |= {one: value[one] for one in ("location", "identity") if value.get(one)}
    name, arm_id = _text(value, "name", text), _text(value, "id", text)
    return Imported(thing, name or arm_id.rpartition("/")[2], arm_id, body, text)


def line_of(text: str, target: str) -> int:
    """The line of a field in either form; that of its nearest parent where it is not there."""
    if not target:
        return 0
    root = _root(text)
    steps = parse_path(target)
    nested = bool(root.children.get("properties")) or steps[:1] != ("properties",)
    return root.find(steps if nested else steps[1:]).line


@lru_cache(maxsize=2)
def _root(text: str) -> Mark:
    """The marks of a text; a long one that is wrong in many places is read once for all of them."""
    return marks(as_yaml(text), 0)


def _kept(given: dict[str, Any], thing: Thing, *, nested: bool) -> Iterator[tuple[str, Any]]:
    for name, value in given.items():
        if value is None or name in _SHOWN or (not nested and name in _OUTER):
            continue
        if name == "policyDefinitions" and isinstance(value, list):
            yield name, [_member(one) for one in value]
        elif name == "policyType" and thing != "policyAssignments":
            yield name, "Custom"
        else:
            yield name, value


def _member(one: Any) -> Any:
    """A member of a set without the fields that az prints as null."""
    if not isinstance(one, dict):
        return one
    return {name: value for name, value in one.items() if value is not None and name not in _SHOWN}


def _thing(given: dict[str, Any], text: str) -> Thing:
    found = next((thing for field, thing in _KINDS if given.get(field) is not None), None)
    if found is None:
        raise ImportTextError(_unknown(given), line_of(text, "properties") or 1, 1)
    return found


def _unknown(given: dict[str, Any]) -> str:
    """Why nobody can tell what an object is."""
    if {"if", "then"} <= given.keys():
        return (
            "This is a rule alone. A definition has it in the property policyRule, beside mode and"
            " parameters."
        )
    fields = [field for field, _ in _KINDS]
    alike = {field.lower(): field for field in fields}
    for name in given:
        if field := alike.get(name.lower().replace("_", "")):
            return f"'{name}' is written {field} in what ARM and az print."
    known = ", ".join(fields)
    return f"This is no policy definition, initiative or assignment: one of {known} is missing."


def _text(value: dict[str, Any], name: str, text: str) -> str:
    found = value.get(name) or ""
    if not isinstance(found, str):
        raise ImportTextError(f"'{name}' should be a string.", line_of(text, name), 1, name)
    return found


def _parsed(text: str) -> Any:
    if len(text) > MAX_CHARACTERS:
        raise ImportTextError(
            f"A text may have {MAX_CHARACTERS:,} characters; this has {len(text):,}."
        )
    try:
        value = json.loads(text.removeprefix("\ufeff"), parse_constant=_constant)
    except json.JSONDecodeError as error:
        message = f"This is no JSON: {error.msg}."
        raise ImportTextError(message, error.lineno, error.colno) from None
    except RecursionError:
        raise ImportTextError("The JSON is nested too deeply.") from None
    except ValueError as error:
        raise ImportTextError(f"This is no JSON: {error}.") from None
    if _depth(value) > _MAX_DEPTH:
        raise ImportTextError(f"The JSON is nested deeper than {_MAX_DEPTH} levels.")
    return value


def _constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def _depth(value: Any) -> int:
    depth, level = 0, [value]
    while level and depth <= _MAX_DEPTH:
        depth += 1
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
    return depth
