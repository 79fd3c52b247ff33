"""Two versions of a definition side by side: rows of lines, and what the difference comes to.

The JSON of both is laid out one field a line; a template that is embedded as Base64 is shown as
the text that it is, since nobody reads the other.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

from policy_app.evaluation.language.details import from_base64
from policy_app.evaluation.language.version_rule import STAMPS, Reason, differences
from policy_app.models import DefinitionVersion
from policy_app.services import definitions

Change = Literal["same", "changed", "added", "removed"]


@dataclass(frozen=True, slots=True)
class Side:
    """One line of one version; ``number`` counts from 1."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """A line of both, or of one of them."""

    change: Change
    left: Side | None
    right: Side | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """``rows`` in order; ``reasons`` are what makes the second version what it is."""

    rows: tuple[Row, ...]
    reasons: tuple[Reason, ...]

    def excerpts(self, context: int = 3) -> list[tuple[Row, ...]]:
        """The changed places with some lines around each, those far from any left out."""
        near = {
            place
            for number, row in enumerate(self.rows)
            if row.change != "same"
            for place in range(number - context, number + context + 1)
        }
        found: list[list[Row]] = []
        for number, row in enumerate(self.rows):
            if number not in near:
                continue
            if number - 1 not in near or not found:
                found.append([])
            found[-1].append(row)
        return [tuple(one) for one in found]


def compare(before: DefinitionVersion, after: DefinitionVersion) -> Comparison:
    """Two versions of one definition, or two definitions of one kind."""
    old, new = lines(before.body), lines(after.body)
    reasons = differences(definitions.parse(before), definitions.parse(after))
    return Comparison(tuple(_rows(old, new)), tuple(reasons))


def lines(body: Mapping[str, Any]) -> list[str]:
    """A body as it is compared: indented JSON, embedded texts written out."""
    metadata = body.get("metadata") or {}
    own = {name: value for name, value in metadata.items() if name not in STAMPS}
    shown = {**body, **({"metadata": own} if metadata else {})}
    return json.dumps(_readable(shown), indent=2, ensure_ascii=False).splitlines()


def _rows(old: list[str], new: list[str]) -> Iterator[Row]:
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for tag, left, left_end, right, right_end in matcher.get_opcodes():
        change: Change = "same" if tag == "equal" else "changed"
        for step in range(max(left_end - left, right_end - right)):
            one = _side(old, left + step, left_end)
            other = _side(new, right + step, right_end)
            yield Row(change if one and other else ("removed" if one else "added"), one, other)


def _side(texts: list[str], at: int, end: int) -> Side | None:
    return Side(at + 1, texts[at]) if at < end else None


def _readable(value: Any) -> Any:
    if isinstance(value, Mapping):
        if value.get("sourceType") == "Base64Encoded" and isinstance(value.get("content"), str):
            return {**value, "content": _decoded(value["content"])}
        return {name: _readable(inner) for name, inner in value.items()}
    return [_readable(one) for one in value] if isinstance(value, list) else value


def _decoded(content: str) -> Any:
    try:
        return from_base64(content).splitlines()
    except ValueError:
        return content
