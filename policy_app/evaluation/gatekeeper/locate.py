"""Which container and which field a message is about.

A template answers with text.  The container and the field that it means are told from the words
of the message and its details, against the object's own names: a best effort, for people to find
the line, and never part of a decision.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from functools import cached_property
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
# Where a container's name stands by itself, and where it is said to be one.
_ALONE_BEFORE = re.compile(r"(?<![\w.:/@-])")
_ALONE_AFTER = re.compile(r"(?![\w:/@]|[.-]\w)")
_CALLED = re.compile(r"[Cc]ontainer:?\s+[<\"'`]?\Z")
_CALLED_WITHIN = 40
_OPENING, _CLOSING = frozenset("<\"'`"), frozenset(">\"'`")
# What an object says of itself at its top tells nothing about a field.
_IDENTITY = frozenset({"apiVersion", "kind"})
# No message says of these which field they are in.
_MUTE = frozenset({bool, float, type(None)})
_SHORTEST_VALUE = 4
_SMALLEST_NUMBER = 10


@dataclass(frozen=True, slots=True)
class _Container:
    name: str
    image: str
    path: Path
    value: Mapping[str, Any]


class Locator:
    """Tells the places in one object; asked often, it goes through the object just once."""

    def __init__(self, thing: Mapping[str, Any]) -> None:
        self._thing = thing
        self._inside: dict[Path, _Index] = {}

    def locate(self, message: str, details: Mapping[str, Any] | None = None) -> tuple[str, str]:
        """The container's name and the path of the field; each empty where it cannot be told.

        With a container, the path is that of a field that the message names below it, or the
        container's own.  Without one, it is that of a field of the object that the message names.
        """
        words = _words(message, details)
        container = _chosen(self._containers, message, details, words)
        if container is not None:
            inside = self._index_of(container).best(words - {container.name})
            return container.name, field_path(inside or container.path)
        return "", field_path(self._around.best(words - {self._name}) or ())

    @cached_property
    def _containers(self) -> list[_Container]:
        return _containers(self._thing)

    @cached_property
    def _name(self) -> str:
        """The object's own name: it stands in most messages, and tells nothing about a field."""
        return str(_at(self._thing, ("metadata", "name")))

    @cached_property
    def _around(self) -> _Index:
        """The object without its containers."""
        return _Index(self._thing, (), [each.value for each in self._containers])

    def _index_of(self, container: _Container) -> _Index:
        index = self._inside.get(container.path)
        if index is None:
            index = self._inside[container.path] = _Index(container.value, container.path)
        return index


def _words(message: str, details: Mapping[str, Any] | None) -> Set[str]:
    text = f"{message} {json.dumps(details, default=str)}" if details else message
    words = {word.rstrip(".:-/") for word in _WORD.findall(text)}
    for word in [word for word in words if "." in word]:
        words.update(word.split("."))
    # Names of fields are compared in lower case, since a sentence may begin with one.
    return words.union(map(str.lower, words))


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
    words: Set[str],
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
    # Without a pattern: each name would have to be compiled into one of its own.
    best, at = 0, message.find(name) if name else -1
    while at >= 0:
        best = max(best, _clarity_at(message, at, at + len(name)))
        at = message.find(name, at + 1)
    return best


def _clarity_at(message: str, start: int, end: int) -> int:
    """The same for one place in the message where the name stands."""
    alone = _ALONE_BEFORE.match(message, start) and _ALONE_AFTER.match(message, end)
    if alone and _CALLED.search(message, max(0, start - _CALLED_WITHIN), start):
        return 3
    if message[start - 1 : start] in _OPENING and message[end : end + 1] in _CLOSING:
        return 2
    return 1 if alone else 0


class _Index:
    """The fields below a value by the words that speak of them, in the order of the text."""

    def __init__(self, value: Any, path: Path, skip: Iterable[Any] = ()) -> None:
        """``skip`` are values inside that are left out."""
        self._path = path
        self._skip = {id(each) for each in skip}
        # The value itself, and then all below it.
        self._steps: list[str | int] = [""]
        self._above = [-1]
        self._named: dict[str, list[int]] = {}
        self._holding: dict[str, list[int]] = {}
        self._add(value, 0)

    def _add(self, value: Any, above: int) -> None:
        """All that is below a collection, whose own number is ``above``."""
        for step, inner in enumerate(value) if isinstance(value, list) else value.items():
            number = len(self._steps)
            self._steps.append(step)
            self._above.append(above)
            if type(step) is str and step not in _COMMON:
                self._named.setdefault(step.lower(), []).append(number)
            kind = type(inner)
            if kind is str or kind is int:
                if step != "name" and not (step in _IDENTITY and self._is_top(above)):
                    self._hold(inner, number)
            # Asking for the usual types first is much quicker than asking for any mapping.
            elif (
                kind not in _MUTE
                and id(inner) not in self._skip
                and isinstance(inner, (dict, list, Mapping))
            ):
                self._add(inner, number)

    def _is_top(self, number: int) -> bool:
        return number == 0 and not self._path

    def _hold(self, value: str | int, number: int) -> None:
        """A plain value that messages may name: an image, a port, a capability."""
        if isinstance(value, str):
            if len(value) >= _SHORTEST_VALUE:
                self._holding.setdefault(value, []).append(number)
        elif value >= _SMALLEST_NUMBER:
            self._holding.setdefault(str(value), []).append(number)

    def best(self, words: Set[str]) -> Path | None:
        """The path that the words speak of most; the first of equals."""
        named = {number for word in words & self._named.keys() for number in self._named[word]}
        held = {number for word in words & self._holding.keys() for number in self._holding[word]}
        best, where = 0, None
        for number in sorted(named | held):
            score = self._score(number, named) + (3 if number in held else 0)
            if score > best:
                best, where = score, number
        return None if where is None else self._path_of(where)

    def _path_of(self, number: int) -> Path:
        steps: list[str | int] = []
        while number > 0:
            steps.append(self._steps[number])
            number = self._above[number]
        return (*self._path, *reversed(steps))

    def _score(self, number: int, named: Set[int]) -> int:
        """Two for each name on the way that is spoken of."""
        score = 0
        while number >= 0:
            score += 2 if number in named else 0
            number = self._above[number]
        return score
