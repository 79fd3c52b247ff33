"""Where each field of a document stands: asked for what is shown, and never on the fast way."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import yaml

from policy_app.evaluation.kube_yaml.faults import YamlFault
from policy_app.evaluation.kube_yaml.values import MERGE_KEY, events

Step = str | int
_STEP = re.compile(
    r"\[(?P<index>\d+)\]|\[\"(?P<quoted>(?:[^\"\\]|\\.)*)\"\]|\['(?P<single>[^']*)'\]"
    r"|\[(?P<bare>[^\]]*)\]|\.?(?P<name>[^.\[\]]+)"
)

# Halves of surrogate pairs, and characters that YAML ends a line at or does not take at all.
_ONLY_JSON = re.compile(
    r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
    "|[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
)


@dataclass(slots=True)
class Mark:
    """A value's place; lines and columns count from 1 within the text."""

    line: int
    column: int
    end_line: int
    children: dict[Step, Mark] = field(default_factory=dict)

    def find(self, steps: Sequence[Step]) -> Mark:
        """The mark at a path, or of its nearest ancestor that exists."""
        mark = self
        for step in steps:
            if step not in mark.children:
                break
            mark = mark.children[step]
        return mark


@lru_cache(maxsize=4_096)
def parse_path(path: str) -> tuple[Step, ...]:
    """``spec.containers[0].args`` as steps; names with dots are written ``["a.b"]``."""
    steps: list[Step] = []
    for found in _STEP.finditer(path):
        if found["index"] is not None:
            steps.append(int(found["index"]))
        elif found["quoted"] is not None:
            steps.append(re.sub(r"\\(.)", r"\1", found["quoted"]))
        else:
            steps.append(next(filter(None, found.group("single", "bare", "name")), ""))
    return tuple(steps)


def as_yaml(text: str) -> str:
    """A JSON text with other characters where YAML would misread it, and everything in its place.

    YAML takes all of JSON but for these; where something stands is the same, what it says is not.
    """
    return _ONLY_JSON.sub(lambda found: "\\u0020" if found[0][1:] else " ", text)


def marks(text: str, ordinal: int) -> Mark:
    """The marks of the ``ordinal``-th document of a text, counted from 0."""
    builder = _Marker()
    try:
        for event in events(text):
            if isinstance(event, yaml.DocumentStartEvent):
                ordinal -= 1
            elif ordinal == -1:
                builder.take(event)
            if ordinal < -1:
                break
    except YamlFault:
        # What was read before the fault still has its place.
        pass
    return builder.root


class _Marker:
    """Builds the marks of one document."""

    def __init__(self) -> None:
        self.root = Mark(1, 1, 1)
        self._stack: list[tuple[Mark, bool]] = []
        self._keys: list[Any] = []
        self._anchors: dict[str, Mark] = {}

    def take(self, event: Any) -> None:
        if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            mark = self._place(event)
            self._stack.append((mark, isinstance(event, yaml.MappingStartEvent)))
            self._keys.append(None)
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            self._close(event)
        elif isinstance(event, yaml.ScalarEvent):
            if self._awaits_key():
                self._keys[-1] = (event.value, event.start_mark)
            else:
                self._place(event)
        elif isinstance(event, yaml.AliasEvent):
            known = self._anchors.get(str(event.anchor))
            self._place(event, known.children if known else None)

    def _awaits_key(self) -> bool:
        return bool(self._stack) and self._stack[-1][1] and self._keys[-1] is None

    def _close(self, event: Any) -> None:
        mark, _ = self._stack.pop()
        self._keys.pop()
        start, end = event.start_mark, event.end_mark
        # A block collection ends where the next thing begins; only brackets have a width.
        if (start.line, start.column) != (end.line, end.column):
            mark.end_line = max(mark.end_line, end.line + 1)
        if self._stack:
            parent = self._stack[-1][0]
            parent.end_line = max(parent.end_line, mark.end_line)

    def _place(self, event: Any, children: dict[Step, Mark] | None = None) -> Mark:
        mark = _mark(event)
        if children is not None:
            mark.children = children
        if event.anchor and not isinstance(event, yaml.AliasEvent):
            self._anchors[event.anchor] = mark
        if not self._stack:
            self.root = mark
            return mark
        parent, is_mapping = self._stack[-1]
        parent.end_line = max(parent.end_line, mark.end_line)
        if not is_mapping:
            parent.children[len(parent.children)] = mark
            return mark
        (key, start), self._keys[-1] = self._keys[-1], None
        if key == MERGE_KEY:
            for name, inner in mark.children.items():
                parent.children.setdefault(name, inner)
            return mark
        # A field is shown by its name; what hangs below it keeps its own place.
        mark.line, mark.column = start.line + 1, start.column + 1
        parent.children[key] = mark
        return mark


def _mark(event: Any) -> Mark:
    start, end = event.start_mark, event.end_mark
    line = start.line + 1
    if isinstance(event, yaml.ScalarEvent):
        # The text of a block scalar ends at the start of the line after it.
        last = end.line + 1 if end.column else end.line
        return Mark(line, start.column + 1, max(line, last))
    return Mark(line, start.column + 1, line)
