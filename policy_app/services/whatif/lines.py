"""The lines of a manifest that a finding is about: the object as YAML, and one of its fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from policy_app.evaluation import manifests
from policy_app.evaluation.kube_yaml import writing
from policy_app.services.cluster.survey import without_secrets

_AROUND = 2


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the object's YAML; ``number`` counts from 1."""

    number: int
    text: str
    about: bool
    """Whether the finding is about this line."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A field of an object with the lines around it."""

    path: str
    lines: tuple[Line, ...]


class Manifest:
    """One object as the YAML that people would edit: without status and managed fields."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        shown = {key: value for key, value in without_secrets(body).items() if key != "status"}
        self.text = writing.dump(shown, sort=False)
        documents = manifests.load("manifest", self.text).documents
        self._document = documents[0] if documents else None

    def excerpt(self, path: str) -> Excerpt:
        """The lines around a field; a path that is not there shows what is nearest to it."""
        line = self._document.position(path)[0] if self._document and path else 0
        lines = self.text.splitlines()
        first, last = max(line - _AROUND, 1), min(line + _AROUND, len(lines))
        if not line:
            first, last = 1, min(2 * _AROUND, len(lines))
        shown = tuple(
            Line(number, lines[number - 1], number == line) for number in range(first, last + 1)
        )
        return Excerpt(path, shown)

    def line(self, path: str) -> int | None:
        """The line of a field, counted from 1."""
        return self._document.position(path)[0] if self._document and path else None
