"""JSON as people type it: parsed strictly, with the line and column of what is wrong.

The value of an object parameter is typed into a text field.  Python's own parser says where the
text stops being JSON; where it is JSON but does not fit the parameter's schema, the YAML parser
(JSON is a subset of it) says where the field at fault stands.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

import yaml

from policy_app.evaluation.gatekeeper.json_schema import field_path
from policy_app.evaluation.kube_yaml.positions import as_yaml

MAX_CHARACTERS = 200_000
MAX_DEPTH = 100
_TOO_DEEP = f"The value is nested too deeply: {MAX_DEPTH} levels are the most."
# NUL, which PostgreSQL cannot store, and halves of a surrogate pair, which are no text.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in a text; both count from 1."""

    line: int
    column: int

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}"


class JsonTextError(ValueError):
    """A text that is not the JSON it should be; ``spot`` is None where no place is known."""

    def __init__(self, message: str, spot: Spot | None = None) -> None:
        super().__init__(f"{message} ({spot})" if spot else message)
        self.message = message
        self.spot = spot


class _TwiceError(ValueError):
    """A key that an object has twice; the parser does not say where."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def parse(text: str, limit: int = MAX_CHARACTERS) -> Any:
    """The value that a text of at most ``limit`` characters describes.

    Raises ``JsonTextError`` for what is no JSON, for what JSON parsers disagree about (a key
    given twice, NaN, numbers too large) and for what cannot be stored or is nested too deeply.
    """
    if len(text) > limit:
        raise JsonTextError(f"This has {len(text):,} characters; a value may have {limit:,}.")
    try:
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_constant)
    except json.JSONDecodeError as error:
        raise JsonTextError(_plain(error, text), Spot(error.lineno, error.colno)) from None
    except RecursionError:
        raise JsonTextError(_TOO_DEEP) from None
    except _TwiceError as error:
        raise JsonTextError(
            f"The key {error.key!r} is given twice in one object.", _twice(text, error.key)
        ) from None
    except JsonTextError:
        raise
    except ValueError as error:
        # Python refuses to convert numbers of more than some 4,300 digits.
        raise JsonTextError(f"The value cannot be read: {error}.") from None
    _check(value)
    return value


def pretty(value: Any) -> str:
    """The value as the editor shows it: two spaces a level, no escapes for letters."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def compact(value: Any) -> str:
    """The value on one line."""
    return json.dumps(value, ensure_ascii=False)


def spot_of(text: str, path: str) -> Spot | None:
    """Where the field at ``path`` (``paths[0].readOnly``) stands in a JSON text.

    None where the path leads nowhere, as it does for a field that is missing.
    """
    try:
        root = yaml.compose(as_yaml(text), Loader=yaml.CSafeLoader)
    except yaml.YAMLError:
        return None
    found = next((node for where, node in _walk(root, ()) if where == path), None)
    return Spot(found.start_mark.line + 1, found.start_mark.column + 1) if found else None


def _check(value: Any) -> None:
    """Raise ``JsonTextError`` for depth, characters and numbers that others could not take."""
    waiting = [(value, 0)]
    while waiting:
        one, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise JsonTextError(_TOO_DEEP)
        if isinstance(one, dict):
            waiting += [(part, depth + 1) for pair in one.items() for part in pair]
        elif isinstance(one, list):
            waiting += [(part, depth + 1) for part in one]
        elif isinstance(one, str) and (found := _UNSTORABLE.search(one)):
            raise JsonTextError(f"A string has the character {found[0]!r}, which is no text.")
        elif isinstance(one, float) and not math.isfinite(one):
            raise JsonTextError("A number is too large.")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            raise _TwiceError(key)
        result[key] = value
    return result


def _constant(name: str) -> NoReturn:
    raise JsonTextError(f"{name} is no JSON number.")


# What Python's parser says, and what it means to someone who typed the text.
_PLAIN = {
    "Expecting value": "A value is missing here",
    "Expecting property name enclosed in double quotes": (
        "A key in double quotes is missing here; the last one takes no comma after it"
    ),
    "Illegal trailing comma before end of object": "The last field takes no comma after it",
    "Illegal trailing comma before end of array": "The last item takes no comma after it",
    "Expecting ':' delimiter": "A colon is missing here, between key and value",
    "Expecting ',' delimiter": "A comma or a closing bracket is missing here",
    "Extra data": "The value ended before this; remove what follows",
    "Unterminated string starting at": "The string that begins here has no closing quote",
    "Invalid control character at": "A line break or tab in a string is written \\n or \\t",
    "Invalid \\escape": "A backslash in a string is written twice",
}


# What other notations have, and JSON has not.
_FOREIGN = {
    "//": "JSON has no comments; remove this.",
    "/*": "JSON has no comments; remove this.",
    "#": "JSON has no comments; remove this.",
    "'": "JSON has double quotes around keys and strings.",
}


def _plain(error: json.JSONDecodeError, text: str) -> str:
    if not text.strip():
        return "There is no value; write {} for an empty object."
    for sign, meaning in _FOREIGN.items():
        if text.startswith(sign, error.pos):
            return meaning
    return _PLAIN.get(error.msg.rstrip(": "), error.msg) + "."


def _twice(text: str, key: str) -> Spot | None:
    """Where the first object that has the key twice has it again."""
    try:
        found = [yaml.compose(as_yaml(text), Loader=yaml.CSafeLoader)]
    except yaml.YAMLError:
        return None
    for node in found:  # which grows
        if isinstance(node, yaml.MappingNode):
            again = [name for name, _ in node.value if name.value == key][1:]
            if again:
                mark = again[0].start_mark
                return Spot(mark.line + 1, mark.column + 1)
            found += [value for _, value in node.value]
        elif isinstance(node, yaml.SequenceNode):
            found += node.value
    return None


def _walk(node: yaml.Node | None, way: tuple[str | int, ...]) -> Iterator[tuple[str, yaml.Node]]:
    """Every node with its path, written as the parameter checks write paths."""
    if node is None:
        return
    yield field_path(way), node
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield from _walk(item, (*way, index))
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _walk(value, (*way, str(key.value)))
