"""What was changed in an object, as a diff of its YAML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

import yaml

CONTEXT = 3
"""Lines shown around a change."""

Sign = Literal["+", "-", " "]


@dataclass(frozen=True, slots=True)
class DiffLine:
    """A line of a diff: added, removed, or there for orientation."""

    sign: Sign
    text: str


def yaml_diff(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[list[DiffLine]]:
    """The changed places, each with the lines around it; none where nothing differs."""
    old, new = _lines(before), _lines(after)
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    return [
        [line for change in group for line in _drawn(change, old, new)]
        for group in matcher.get_grouped_opcodes(CONTEXT)
    ]


def _lines(value: Mapping[str, Any]) -> list[str]:
    text = yaml.dump(
        dict(value), Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True, width=1_000
    )
    return text.splitlines()


def _drawn(
    change: tuple[str, int, int, int, int], old: Sequence[str], new: Sequence[str]
) -> list[DiffLine]:
    tag, old_from, old_to, new_from, new_to = change
    if tag == "equal":
        return [DiffLine(" ", text) for text in old[old_from:old_to]]
    removed = [DiffLine("-", text) for text in old[old_from:old_to]]
    return removed + [DiffLine("+", text) for text in new[new_from:new_to]]
