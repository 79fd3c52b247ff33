"""Which container and which field a message is about.

A template answers with text.  The container and the field that it means are told from the words
of the message and its details, against the object's own names: a best effort, for people to find
the line, and never part of a decision.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from policy_app.evaluation.gatekeeper.json_schema import field_path

Path = tuple[str | int, ...]

_POD_SPECS: tuple[Path, ...] = (
    ("spec", "jobTemplate", "spec", "template", "spec"),
    ("spec", "template", "spec"),
    ("template", "spec"),
    ("spec",),
)
_CONTAINER_LISTS = ("containers", "initContainers", "ephemeralContainers")
_WORD = re.compile(r"[\w$/][\w./:@$-]*")
# Words that every message and every object has; they tell nothing about a place.
_COMMON = frozenset(
    {
        *("apiVersion", "kind", "metadata", "name", "namespace", "spec", "status", "type", "value"),
        *("key", "containers", "initContainers", "template", "pod", "items", "data", "rules"),
    }
)
_SHORTEST_VALUE = 4
_SMALLEST_NUMBER = 10


@dataclass(frozen=True, slots=True)
class _Container:
    name: str
    image: str
    path: Path
    value: Mapping[str, Any]


def locate(
    thing: Mapping[str, Any], message: str, details: Mapping[str, Any] | None = None
) -> tuple[str, str]:
    """The container's name and the path of the field; each empty where it cannot be told.

    With a container, the path is that of a field that the message names below it, or the
    container's own.  Without one, it is that of a field of the object that the message names.
    """
    words = _words(message, details)
    found = _containers(thing)
    container = _chosen(found, message, details, words)
    if container is not None:
        inside = _best(container.value, container.path, words - {container.name})
        return container.name, field_path(inside or container.path)
    others = {each.path for each in found}
    # The object's own name stands in most messages, and tells nothing about a field.
    telling = words - {str(_at(thing, ("metadata", "name")))}
    return "", field_path(_best(thing, (), telling, skip=others) or ())


def _words(message: str, details: Mapping[str, Any] | None) -> frozenset[str]:
    text = f"{message} {json.dumps(details, default=str)}" if details else message
    words = {word.rstrip(".:-/") for word in _WORD.findall(text)}
    parts = {part for word in words if "." in word for part in word.split(".")}
    # Names of fields are compared in lower case, since a sentence may begin with one.
    return frozenset(words | parts | {word.lower() for word in words | parts})


def _containers(thing: Mapping[str, Any]) -> list[_Container]:
    for path in _POD_SPECS:
        spec = _at(thing, path)
        if isinstance(spec, (dict, Mapping)) and isinstance(spec.get("containers"), list):
            return list(_listed(spec, path))
    return []


def _at(value: Any, path: Path) -> Any:
    for step in path:
        value = value.get(step) if isinstance(value, (dict, Mapping)) else None
    return value


def _listed(spec: Mapping[str, Any], path: Path) -> Iterator[_Container]:
    for group in _CONTAINER_LISTS:
        entries = spec.get(group)
        for index, entry in enumerate(entries if isinstance(entries, list) else ()):
            if isinstance(entry, (dict, Mapping)) and isinstance(entry.get("name"), str):
                image = entry.get("image")
                yield _Container(
                    entry["name"],
                    image if isinstance(image, str) else "",
                    (*path, group, index),
                    entry,
                )


def _chosen(
    found: list[_Container],
    message: str,
    details: Mapping[str, Any] | None,
    words: frozenset[str],
) -> _Container | None:
    """The container that the message most clearly names; by its image only where by no name."""
    said = (details or {}).get("container")
    ranked = [(_clarity(each.name, message, said), len(each.name), each) for each in found]
    best = max(ranked, key=lambda entry: entry[:2], default=None)
    if best is not None and best[0] > 0:
        return best[2]
    by_image = [each for each in found if each.image and each.image in words]
    return by_image[0] if len(by_image) == 1 else None


def _clarity(name: str, message: str, said: Any) -> int:
    """How clearly a message names a container: told, quoted, or just mentioned."""
    if said == name:
        return 4
    if name not in message:
        return 0
    quoted = re.escape(name)
    alone = rf"(?<![\w.:/@-]){quoted}(?![\w:/@]|[.-]\w)"
    if re.search(rf"[Cc]ontainer:?\s+[<\"'`]?{alone}", message):
        return 3
    if re.search(rf"[<\"'`]{quoted}[>\"'`]", message):
        return 2
    return 1 if re.search(alone, message) else 0


def _best(
    value: Any, path: Path, words: frozenset[str], skip: set[Path] | None = None
) -> Path | None:
    """The path below a value that the words speak of most; the first of equals."""
    best: tuple[int, Path] | None = None
    for score, where in _scored(value, path, words, skip or set(), 0):
        if best is None or score > best[0]:
            best = score, where
    return best[1] if best else None


def _scored(
    value: Any, path: Path, words: frozenset[str], skip: set[Path], score: int
) -> Iterator[tuple[int, Path]]:
    if path in skip:
        return
    # Asking for the usual types first is much quicker than asking for any mapping.
    if isinstance(value, (str, int)):
        if _is_said(value, path, words):
            yield score + 3, path
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _scored(item, (*path, index), words, skip, score)
    elif isinstance(value, (dict, Mapping)):
        for name, inner in value.items():
            named = 2 if name.lower() in words and name not in _COMMON else 0
            if named:
                yield score + named, (*path, name)
            yield from _scored(inner, (*path, name), words, skip, score + named)


def _is_said(value: Any, path: Path, words: frozenset[str]) -> bool:
    """Whether a plain value itself stands in the message: an image, a port, a capability."""
    if path[-1:] == ("name",) or path[:1] in (("apiVersion",), ("kind",)):
        return False
    if isinstance(value, str):
        return len(value) >= _SHORTEST_VALUE and value in words
    if isinstance(value, bool) or not isinstance(value, int):
        return False
    return value >= _SMALLEST_NUMBER and str(value) in words
