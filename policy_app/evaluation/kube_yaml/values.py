"""YAML text to plain JSON values, in one pass over libyaml's events."""

from __future__ import annotations

import copy
from array import array
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from policy_app.evaluation.kube_yaml.faults import YamlFault
from policy_app.evaluation.kube_yaml.places import pack
from policy_app.evaluation.kube_yaml.scalars import scalar, unknown_tag

MERGE_KEY = "<<"
_COLLECTION_TAGS = {
    yaml.MappingStartEvent: (None, "!", "tag:yaml.org,2002:map"),
    yaml.SequenceStartEvent: (None, "!", "tag:yaml.org,2002:seq"),
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


def events(text: str) -> Iterator[yaml.Event]:
    """libyaml's events; raises ``YamlFault`` where the text is no YAML."""
    # types-PyYAML leaves the C loader's own methods out.
    loader: Any = yaml.CSafeLoader(text)
    next_event = loader.get_event
    try:
        while (event := next_event()) is not None:
            yield event
    except yaml.MarkedYAMLError as error:
        raise YamlFault.of(error, text) from None
    except yaml.YAMLError as error:
        raise YamlFault(str(error), 1, 1) from None
    finally:
        loader.dispose()


def documents(text: str, bounds: Bounds) -> Iterator[Parsed]:
    """Each document of a text.  Raises ``YamlFault`` at the first thing that cannot be read."""
    builder = _Builder(bounds)
    for event in events(text):
        kind = type(event)
        take = _TAKES.get(kind)
        if take is not None:
            take(builder, event)
        elif kind is yaml.DocumentStartEvent:
            builder = builder.next_document()
        elif kind is yaml.DocumentEndEvent:
            yield builder.finish()


class _Frame:
    """A collection that is still open."""

    __slots__ = ("anchor", "counted", "is_mapping", "key", "merges", "value")

    def __init__(self, value: Any, anchor: str | None, counted: int) -> None:
        self.value = value
        self.is_mapping = type(value) is dict
        self.anchor = anchor
        self.counted = counted
        self.key: Any = _NO_KEY
        self.merges: list[Any] = []


class _Builder:
    """Builds one document; anchors live as long as it, the count of aliases longer."""

    def __init__(self, bounds: Bounds, aliased: int = 0) -> None:
        self._bounds = bounds
        self._aliased = aliased
        self._count = 0
        self._stack: list[_Frame] = []
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._result = Parsed(None, 1, 1)
        self._places = array("Q")
        self._placed = True

    def next_document(self) -> _Builder:
        return _Builder(self._bounds, self._aliased)

    def finish(self) -> Parsed:
        result = self._result
        return Parsed(
            result.value, result.line, result.column, self._places if self._placed else None
        )

    def scalar(self, event: Any) -> None:
        self._count += 1
        value = scalar(event)
        frame = self._stack[-1] if self._stack else None
        if frame is not None and frame.is_mapping and frame.key is _NO_KEY:
            frame.key = self._key(event, value, frame)
            self._places.append(pack(event))
        else:
            self._add(event, value)
        if event.anchor:
            self._anchors[event.anchor] = (value, 1)

    def _key(self, event: Any, value: Any, frame: _Frame) -> Any:
        if value == MERGE_KEY and event.implicit[0]:
            self._placed = False
            return _MERGE
        if isinstance(value, str):
            key = value
        elif value is None:
            raise YamlFault.at(event, "A field's name is null", "Put it in quotes.")
        else:
            key = ("false", "true")[value] if isinstance(value, bool) else str(value)
        if key in frame.value:
            raise YamlFault.at(event, f"The field {key!r} stands here twice", "Keep one of them.")
        return key

    def open(self, event: Any) -> None:
        self._count += 1
        if event.tag not in _COLLECTION_TAGS[type(event)]:
            raise unknown_tag(event, event.tag)
        if len(self._stack) >= self._bounds.nesting:
            raise YamlFault.at(
                event, f"The document is nested deeper than {self._bounds.nesting} levels"
            )
        self._refuse_as_key(event)
        if not self._stack or not self._stack[-1].is_mapping:
            self._places.append(pack(event))
        if not self._stack:
            self._result = Parsed(None, event.start_mark.line + 1, event.start_mark.column + 1)
        value: Any = {} if type(event) is yaml.MappingStartEvent else []
        self._stack.append(_Frame(value, event.anchor, self._count))

    def _refuse_as_key(self, event: yaml.Event) -> None:
        if self._stack and self._stack[-1].is_mapping and self._stack[-1].key is _NO_KEY:
            raise YamlFault.at(
                event,
                "A field's name must be a word, not a list or an object",
                "Text with braces or brackets at its start needs quotes around it.",
            )

    def close(self, event: Any) -> None:
        frame = self._stack.pop()
        for merged in frame.merges:
            for key, value in merged.items():
                frame.value.setdefault(key, value)
        if frame.anchor:
            self._anchors[frame.anchor] = (frame.value, self._count - frame.counted + 1)
        self._put(event, frame.value)

    def alias(self, event: Any) -> None:
        self._placed = False
        if event.anchor not in self._anchors:
            open_now = any(frame.anchor == event.anchor for frame in self._stack)
            problem = "refers to itself" if open_now else "has no anchor before it"
            raise YamlFault.at(event, f"The alias *{event.anchor} {problem}")
        value, size = self._anchors[event.anchor]
        self._count += size
        self._aliased += size
        if self._aliased > self._bounds.aliased_nodes:
            raise YamlFault.at(
                event,
                f"Aliases add more than {self._bounds.aliased_nodes:,} values",
                "Write the values out, or split the file.",
            )
        self._refuse_as_key(event)
        # Each use gets values of its own: whoever changes an object must not change two.
        self._add(event, copy.deepcopy(value))

    def _add(self, event: Any, value: Any) -> None:
        """A value that has no place yet."""
        if not self._stack or not self._stack[-1].is_mapping:
            self._places.append(pack(event))
        self._put(event, value)

    def _put(self, event: Any, value: Any) -> None:
        if not self._stack:
            place = self._result
            if not isinstance(value, (dict, list)):
                place = Parsed(None, event.start_mark.line + 1, event.start_mark.column + 1)
            self._result = Parsed(value, place.line, place.column)
            return
        frame = self._stack[-1]
        if not frame.is_mapping:
            frame.value.append(value)
            return
        key, frame.key = frame.key, _NO_KEY
        if key is _MERGE:
            frame.merges += _mergeable(event, value)
        else:
            frame.value[key] = value


_TAKES: Mapping[type, Callable[[_Builder, Any], None]] = {
    yaml.ScalarEvent: _Builder.scalar,
    yaml.MappingStartEvent: _Builder.open,
    yaml.SequenceStartEvent: _Builder.open,
    yaml.MappingEndEvent: _Builder.close,
    yaml.SequenceEndEvent: _Builder.close,
    yaml.AliasEvent: _Builder.alias,
}


def _mergeable(event: yaml.Event, value: Any) -> list[dict[str, Any]]:
    values = value if isinstance(value, list) else [value]
    if not all(isinstance(item, dict) for item in values):
        raise YamlFault.at(event, "Only objects can be merged with '<<'")
    return values
