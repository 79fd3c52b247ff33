"""Read fields out of ARM's JSON, and say which field was wrong when one is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NoReturn, TypeVar

from policy_app.evaluation.language.errors import LanguageError

T = TypeVar("T")

_NAMES: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (bool, "true or false"),
    (str, "a string"),
    ((int, float), "a number"),
    (Mapping, "an object"),
    (list, "an array"),
    (type(None), "null"),
)


def kind_of(value: Any) -> str:
    """The JSON type of a value, in words: ``a string``, ``an object``, ``true or false``…"""
    return next((word for types, word in _NAMES if isinstance(value, types)), type(value).__name__)


_SCALARS = (str, int, float, type(None))

MAX_DEPTH = 100
"""Objects and arrays inside each other; what is deeper is no policy."""


def refuse_deep(value: Any, error: type[LanguageError]) -> None:
    """Raise ``error`` for JSON that is nested deeper than any policy needs to be."""
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for outer in level
            # The usual types come first: a class of ``abc`` is asked slowly.
            if not isinstance(outer, _SCALARS) and isinstance(outer, (dict, list, Mapping))
            for inner in (outer if isinstance(outer, list) else outer.values())
        ]
        if not level:
            return
    raise error(f"The body is nested deeper than {MAX_DEPTH} levels.")


class Reader:
    """One JSON object, its path, and the error to raise for what is wrong inside it."""

    __slots__ = ("_error", "fields", "path")

    def __init__(self, value: Any, path: str, error: type[LanguageError]) -> None:
        self.path = path
        self._error = error
        if not isinstance(value, Mapping):
            self.refuse("", f"should be an object, but is {kind_of(value)}")
        self.fields: Mapping[str, Any] = value

    def where(self, name: str) -> str:
        """The path of a field of this object."""
        return ".".join(part for part in (self.path, name) if part)

    def refuse(self, name: str, problem: str) -> NoReturn:
        """Raise this reader's error about a field; ``problem`` continues the field's name."""
        label = name or self.path.rpartition(".")[2] or "The body"
        raise self._error(f"{label} {problem}.", path=self.where(name))

    def _typed(self, name: str, types: type[T] | tuple[type[T], ...], word: str) -> T | None:
        value = self.fields.get(name)
        if value is None:
            return None
        if not isinstance(value, types) or (isinstance(value, bool) and types is not bool):
            self.refuse(name, f"should be {word}, but is {kind_of(value)}")
        return value

    def text(self, name: str, default: str = "") -> str:
        """A string field; ``default`` where it is absent or null."""
        value = self._typed(name, str, "a string")
        return default if value is None else value

    def required_text(self, name: str) -> str:
        """A string field that must be there and not empty."""
        value = self.text(name)
        if not value:
            self.refuse(name, "is required and must not be empty")
        return value

    def choice(self, name: str, choices: tuple[str, ...], default: str | None = None) -> str:
        """One of a few words, in any letter case; required where there is no ``default``."""
        text = self.required_text(name) if default is None else self.text(name, default)
        found = {choice.lower(): choice for choice in choices}.get(text.lower())
        if found is None:
            self.refuse(name, f"must be one of {', '.join(choices)}")
        return found

    def moment(self, name: str) -> datetime | None:
        """A moment with its offset; without one it is UTC.  None where it is absent or null."""
        text = self._typed(name, str, "a string")
        if text is None:
            return None
        try:
            moment = datetime.fromisoformat(text)
            moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            return moment.astimezone(UTC)
        except (ValueError, OverflowError):
            self.refuse(name, f"should be a moment such as 2026-12-31T23:59:00Z, but is {text!r}")

    def integer(self, name: str, default: int, low: int, high: int) -> int:
        """A whole number within bounds; ``default`` where it is absent or null."""
        value = self._typed(name, int, "a whole number")
        if value is None:
            return default
        if not low <= value <= high:
            self.refuse(name, f"must be from {low} to {high}, but is {value}")
        return value

    def fraction(self, name: str) -> float | None:
        """A number from 0 to 1; None where it is absent or null."""
        value = self._typed(name, (int, float), "a number")
        if value is not None and not 0 <= value <= 1:
            self.refuse(name, f"must be from 0 to 1, but is {value}")
        return value

    def object(self, name: str) -> Mapping[str, Any]:
        """An object field; empty where it is absent or null."""
        value = self.fields.get(name)
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            self.refuse(name, f"should be an object, but is {kind_of(value)}")
        return value

    def array(self, name: str) -> list[Any]:
        """An array field; empty where it is absent or null."""
        value = self._typed(name, list, "an array")
        return [] if value is None else value

    def texts(self, name: str) -> tuple[str, ...]:
        """An array of strings; empty where it is absent or null."""
        values = self.array(name)
        for index, value in enumerate(values):
            if not isinstance(value, str):
                self.refuse(f"{name}[{index}]", f"should be a string, but is {kind_of(value)}")
        return tuple(values)

    def objects(self, name: str) -> list[Reader]:
        """A reader for each object of an array field."""
        return [
            Reader(value, self.where(f"{name}[{index}]"), self._error)
            for index, value in enumerate(self.array(name))
        ]

    def child(self, name: str) -> Reader:
        """A reader for an object field, empty where it is absent or null."""
        return Reader(self.object(name), self.where(name), self._error)
