"""The JSONPaths of columns: fields, indexes, slices, wildcards and filters on one field.

Source: the JSONPath of ``client-go/util/jsonpath``, as far as printer columns use it:
``.status.conditions[?(@.type=="Ready")].status``, ``.spec.ports[*].port``,
``.metadata.labels.a\\.b``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

_STEP = re.compile(
    r"""\.(?P<field>(?:\\.|[^.\[\]\\*])+)
      | \[(?P<index>-?\d+)\]
      | \[(?P<slice>-?\d*:-?\d*)\]
      | (?:\.|\[)(?P<all>\*)\]?
      | \[(?P<around>["'])(?P<quoted>.*?)(?P=around)\]
      | \[\?\(\s*@\.(?P<key>[^=!<>\s)]+)\s*(?:(?P<op>==|!=)\s*
            (?:(?P<quote>["'])(?P<wanted>.*?)(?P=quote)|(?P<bare>[\w.-]+))\s*)?\)\]""",
    re.VERBOSE,
)


def value_at(thing: Mapping[str, Any], path: str) -> Any:
    """The first value that a path finds; None for none, and for a path that is none."""
    steps = _steps(path)
    found: list[Any] = [thing] if steps else []
    for step in steps:
        found = [value for one in found for value in _taken(one, step)]
    return found[0] if found else None


def is_valid(path: str) -> bool:
    """Whether the whole text is a path of the supported form."""
    return bool(_steps(path))


@lru_cache(maxsize=1024)
def _steps(path: str) -> tuple[re.Match[str], ...]:
    steps: list[re.Match[str]] = []
    at = 0
    while at < len(path):
        match = _STEP.match(path, at)
        if match is None:
            return ()
        steps.append(match)
        at = match.end()
    return tuple(steps)


def _taken(value: Any, step: re.Match[str]) -> Iterable[Any]:
    field = step["field"] or step["quoted"]
    if field is not None:
        name = re.sub(r"\\(.)", r"\1", field)
        return [value[name]] if isinstance(value, Mapping) and name in value else []
    if step["all"]:
        return value.values() if isinstance(value, Mapping) else _items(value)
    if step["slice"]:
        first, last = (int(one) if one else None for one in step["slice"].split(":"))
        return _items(value)[first:last]
    if step["index"] is not None:
        items, index = _items(value), int(step["index"])
        return [items[index]] if -len(items) <= index < len(items) else []
    return [one for one in _items(value) if _fits(one, step)]


def _fits(value: Any, step: re.Match[str]) -> bool:
    """Whether an element has a field, and the value that is asked for."""
    given = value_at(value, f".{step['key']}") if isinstance(value, Mapping) else None
    if given is None or not step["op"]:
        return given is not None
    wanted = step["wanted"] if step["bare"] is None else step["bare"]
    text = str(given).lower() if isinstance(given, bool) else str(given)
    return (text == wanted) == (step["op"] == "==")


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
