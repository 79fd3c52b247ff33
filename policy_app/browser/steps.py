"""The tabs of a form that people go through step by step."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True, slots=True)
class Step:
    """A tab's head; ``faults`` counts the errors that it shows."""

    name: str
    label: str
    current: bool
    faults: int
    count: int | None = None
    """How many things the tab holds; None where that is not told."""


class Stepped:
    """What the view of such a form knows once it has its ``steps``, of which one is current."""

    @cached_property
    def steps(self) -> list[Step]:
        """The tabs, in their order."""
        raise NotImplementedError

    @property
    def before(self) -> Step | None:
        """The tab that Previous turns to."""
        at = self._at
        return self.steps[at - 1] if at else None

    @property
    def after(self) -> Step | None:
        """The tab that Next turns to."""
        return next(iter(self.steps[self._at + 1 :]), None)

    @property
    def _at(self) -> int:
        return next(number for number, one in enumerate(self.steps) if one.current)
