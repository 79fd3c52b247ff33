"""Things as keys of a cache by what they are, not by what they hold.

Schemas and the kinds made of them are large, cannot be hashed, and never change once made.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Same(Generic[T]):
    """One thing, equal to itself alone.  It holds the thing, so that no other takes its place."""

    thing: T

    def __hash__(self) -> int:
        return id(self.thing)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and other.thing is self.thing
