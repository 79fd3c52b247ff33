"""Which fields a list may be asked for, and what stands behind each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class Kind(Enum):
    """What a field holds, and so how it is compared."""

    TEXT = "text"
    """In any letter case, as ARM compares names."""
    KEY = "key"
    """An ARM id whose column holds it in lower case: compared exactly, by its index."""
    CHOICE = "choice"
    """One of a few words, in any letter case; any other word is refused."""
    NUMBER = "number"
    TIME = "time"
    BOOLEAN = "boolean"


@dataclass(frozen=True, slots=True)
class Column:
    """A field: its name in ARM's spelling, and the lookup of the model behind it."""

    name: str
    lookup: str
    kind: Kind = Kind.TEXT
    choices: tuple[str, ...] = ()
    bare: bool = False
    """Whether its values may stand without quotes, as Azure's reference writes some."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The fields of one list, and its functions without arguments (``atScope()``)."""

    columns: tuple[Column, ...]
    functions: Mapping[str, Callable[[], Any]] = field(default_factory=dict)
    """What each makes: a ``Q``, or a function of a record where records are filtered."""

    def find(self, name: str) -> Column | None:
        """The field of this name, in any letter case."""
        return next((one for one in self.columns if one.name.lower() == name.lower()), None)

    def function(self, name: str) -> Callable[[], Any] | None:
        """The function of this name, in any letter case."""
        return next(
            (make for own, make in self.functions.items() if own.lower() == name.lower()), None
        )

    def __iter__(self) -> Iterator[Column]:
        return iter(self.columns)

    @property
    def expected(self) -> str:
        """What a condition may begin with, for messages."""
        names = [*(f"{name}()" for name in self.functions), *(one.name for one in self.columns)]
        return " or ".join(names)
