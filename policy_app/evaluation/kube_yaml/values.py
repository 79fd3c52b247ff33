"""YAML text to plain JSON values, in one pass over libyaml's events."""

from __future__ import annotations

import copy
from array import array
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import yaml

from policy_app.evaluation.kube_yaml.faults import YamlFault
from policy_app.evaluation.kube_yaml.places import COLUMN_BITS, LAST_COLUMN, pack_place
from policy_app.evaluation.kube_yaml.scalars import plain, refuse_infinite, tagged, unknown_tag

MERGE_KEY = "<<"
_COLLECTION_TAGS: Mapping[type, tuple[str, str]] = {
    dict: ("!", "tag:yaml.org,2002:map"),
    list: ("!", "tag:yaml.org,2002:seq"),
}
_NO_KEY = object()
_MERGE = object()


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much one text may ask for."""

    nesting: int = 100
    """Collections inside each other."""
    aliased_nodes: int = 100_000
    """Values that aliases add, all together."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """One document's value, and where it starts (counted from 1)."""

    value: Any
    line: int
    column: int
    places: array[int] | None = None
    """See ``places``; None where the text has aliases, or was not read as YAML."""


@contextmanager
def _reading(text: str) -> Iterator[Iterator[Any]]:
    """libyaml's events; raises ``YamlFault`` where the text is no YAML."""
    # types-PyYAML leaves the C loader's own methods out.
    loader: Any = yaml.CSafeLoader(text)
    try:
        yield iter(loader.get_event, None)
    except yaml.MarkedYAMLError as error:
        raise YamlFault.of(error, text) from None
    except yaml.YAMLError as error:
        raise YamlFault(str(error), 1, 1) from None
    finally:
        loader.dispose()


def events(text: str) -> Iterator[yaml.Event]:
    """libyaml's events; raises ``YamlFault`` where the text is no YAML."""
    with _reading(text) as found:
        yield from found


def documents(text: str, bounds: Bounds) -> Iterator[Parsed]:
    """Each document of a text.  Raises ``YamlFault`` at the first thing that cannot be read."""
    takes = _Builder(bounds).takes()
    with _reading(text) as found:
        for event in found:
            document = takes[type(event)](event)
            if document is not None:
                yield document


class _Frame:
    """A collection that is still open."""

    __slots__ = ("anchor", "is_mapping", "key", "merges", "value")

    def __init__(self, value: Any, anchor: str | None) -> None:
        self.value = value
        self.is_mapping = type(value) is dict
        self.anchor = anchor
        self.key: Any = _NO_KEY
        self.merges: list[tuple[Any, Any]] = []


class _Builder:
    """Builds one document after the other; the count of aliases outlives them.

    Reading takes longer than judging, and what is done here for each word of a text was half of
    it: so the usual way of a scalar calls as little as can be.
    """

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._aliased = 0

    def takes(self) -> Mapping[type, Callable[[Any], Parsed | None]]:
        """What to do with each kind of event; gives a document once it is whole."""
        return {
            yaml.ScalarEvent: self._scalar,
            yaml.MappingStartEvent: self._open,
            yaml.SequenceStartEvent: self._open,
            yaml.MappingEndEvent: self._close,
            yaml.SequenceEndEvent: self._close,
            yaml.AliasEvent: self._alias,
            yaml.DocumentStartEvent: self._begin,
            yaml.DocumentEndEvent: self._finish,
            yaml.StreamStartEvent: _pass_over,
            yaml.StreamEndEvent: _pass_over,
        }

    def _begin(self, _: Any) -> None:
        # Anchors live as long as their document.
        self._anchors: dict[str, Any] = {}
        self._stack: list[_Frame] = []
        self._frame: _Frame | None = None
        self._result: tuple[Any, int, int] = (None, 1, 1)
        self._places = array("Q")
        self._placed = True

    def _finish(self, _: Any) -> Parsed:
        return Parsed(*self._result, self._places if self._placed else None)

    def _scalar(self, event: Any) -> None:
        text, frame = event.value, self._frame
        value = plain(text) if event.implicit[0] else text
        if event.tag is not None:
            value = tagged(event)
        if type(value) is float:
            refuse_infinite(event, value)
        if event.anchor is not None:
            self._anchors[event.anchor] = value
        if frame is None or not frame.is_mapping:
            self._add(event, value)
        elif frame.key is not _NO_KEY:
            self._put(event, value, frame)
        else:
            if type(value) is not str or value in frame.value or value == MERGE_KEY:
                value = self._key(event, value, frame)
            frame.key = value
            mark = event.start_mark
            column = mark.column
            self._places.append(
                mark.line << COLUMN_BITS | (column if column < LAST_COLUMN else LAST_COLUMN)
            )

    def _key(self, event: Any, value: Any, frame: _Frame) -> Any:
        """The name of a field that is none of the usual ones."""
        if value == MERGE_KEY and event.implicit[0]:
            self._placed = False
            return _MERGE
        if value is None:
            raise YamlFault.at(event, "A field's name is null", "Put it in quotes.")
        key = ("false", "true")[value] if isinstance(value, bool) else str(value)
        if key in frame.value:
            raise YamlFault.at(event, f"The field {key!r} stands here twice", "Keep one of them.")
        return key

    def _open(self, event: Any) -> None:
        value: Any = {} if type(event) is yaml.MappingStartEvent else []
        if event.tag is not None and event.tag not in _COLLECTION_TAGS[type(value)]:
            raise unknown_tag(event, event.tag)
        if len(self._stack) >= self._bounds.nesting:
            raise YamlFault.at(
                event, f"The document is nested deeper than {self._bounds.nesting} levels"
            )
        frame = self._frame
        if frame is None or not frame.is_mapping:
            self._add(event, value)
        else:
            if frame.key is _NO_KEY:
                raise _no_name(event)
            self._put(event, value, frame)
        self._frame = _Frame(value, event.anchor)
        self._stack.append(self._frame)

    def _close(self, _: Any) -> None:
        frame = self._stack.pop()
        self._frame = self._stack[-1] if self._stack else None
        for event, value in frame.merges:
            for merged in _mergeable(event, value):
                for name, inner in merged.items():
                    frame.value.setdefault(name, inner)
        if frame.anchor is not None:
            self._anchors[frame.anchor] = frame.value

    def _alias(self, event: Any) -> None:
        self._placed = False
        if event.anchor not in self._anchors:
            open_now = any(frame.anchor == event.anchor for frame in self._stack)
            problem = "refers to itself" if open_now else "has no anchor before it"
            raise YamlFault.at(event, f"The alias *{event.anchor} {problem}")
        value = self._anchors[event.anchor]
        self._aliased += _size(value)
        if self._aliased > self._bounds.aliased_nodes:
            raise YamlFault.at(
                event,
                f"Aliases add more than {self._bounds.aliased_nodes:,} values",
                "Write the values out, or split the file.",
            )
        frame = self._frame
        # Each use gets values of its own: whoever changes an object must not change two.
        own = copy.deepcopy(value)
        if frame is None or not frame.is_mapping:
            self._add(event, own)
        elif frame.key is _NO_KEY:
            raise _no_name(event)
        else:
            self._put(event, own, frame)

    def _add(self, event: Any, value: Any) -> None:
        """A value that no name stands before: an item of a list, or the document's own."""
        mark = event.start_mark
        self._places.append(pack_place(mark.line, mark.column))
        if self._frame is None:
            self._result = (value, mark.line + 1, mark.column + 1)
        else:
            self._frame.value.append(value)

    def _put(self, event: Any, value: Any, frame: _Frame) -> None:
        """The value of a field."""
        if frame.key is _MERGE:
            frame.merges.append((event, value))
        else:
            frame.value[frame.key] = value
        frame.key = _NO_KEY


def _pass_over(_: Any) -> None:
    """What says nothing about a document."""


def _no_name(event: yaml.Event) -> YamlFault:
    return YamlFault.at(
        event,
        "A field's name must be a word, not a list or an object",
        "Text with braces or brackets at its start needs quotes around it.",
    )


def _size(value: Any) -> int:
    """How many words and collections a value is written with."""
    if isinstance(value, dict):
        return 1 + len(value) + sum(map(_size, value.values()))
    return 1 + sum(map(_size, value)) if isinstance(value, list) else 1


def _mergeable(event: yaml.Event, value: Any) -> list[dict[str, Any]]:
    values = value if isinstance(value, list) else [value]
    if not all(isinstance(item, dict) for item in values):
        raise YamlFault.at(event, "Only objects can be merged with '<<'")
    return values
