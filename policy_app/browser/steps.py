"""Forms of several tabs that people go through step by step, as components/stepped_form.html
draws them: the tabs are one HTML form, and the last of them is the review.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Generic, Protocol, TypeVar

REVIEW = "review"


class Tabbed(Protocol):
    """What the browser posts back of such a form."""

    tab: str
    left: frozenset[str]
    """The tabs that people have left, so that their errors are shown."""


class OnTab(Protocol):
    """Something wrong on a tab."""

    @property
    def tab(self) -> str:
        """The tab's name."""


Fault = TypeVar("Fault", bound=OnTab)


class Faulty(Generic[Fault]):
    """A form that has been checked: which of its ``faults`` are shown, and where."""

    __slots__ = ()
    form: Tabbed
    faults: tuple[Fault, ...]

    @property
    def shown(self) -> list[Fault]:
        """The faults of the tabs that people have left: nobody is told off while typing."""
        return [one for one in self.faults if one.tab in self.form.left]

    def on(self, tab: str) -> list[Fault]:
        """The shown faults of one tab."""
        return [one for one in self.shown if one.tab == tab]


@dataclass(frozen=True, slots=True)
class Step:
    """A tab's head; ``faults`` counts the errors that it shows."""

    name: str
    label: str
    current: bool
    faults: int
    count: int | None = None
    """How many things the tab holds; None where that is not told."""


Checked = TypeVar("Checked", bound=Faulty[Any])


class Stepped(Generic[Checked]):
    """What the template asks of the view of such a form, worked out once."""

    id: ClassVar[str]
    """The form's in the page."""
    labels: ClassVar[Mapping[str, str]]
    """Of the tabs before the review, by name, in their order."""
    form: Tabbed
    checked: Checked

    @property
    def is_edit(self) -> bool:
        """True where saving changes what is stored already."""
        raise NotImplementedError

    @property
    def as_of(self) -> str:
        """When what is edited was last stored, as the page was opened; empty for something new."""
        raise NotImplementedError

    @property
    def counts(self) -> Mapping[str, int]:
        """How many things the tabs hold that tell it."""
        return {}

    @cached_property
    def steps(self) -> list[Step]:
        """The tabs, of which one is current."""
        labels = {**self.labels, REVIEW: "Review + save" if self.is_edit else "Review + create"}
        return [self._step(name, label) for name, label in labels.items()]

    @property
    def on_review(self) -> bool:
        """True on the last tab, where it can be stored."""
        return self.form.tab == REVIEW

    @property
    def summary(self) -> Sequence[OnTab]:
        """The errors to list on top: all in the review, else those of the tab."""
        return self.checked.shown if self.on_review else self.checked.on(self.form.tab)

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

    def _step(self, name: str, label: str) -> Step:
        faults, count = len(self.checked.on(name)), self.counts.get(name)
        return Step(name, label, name == self.form.tab, faults, count)
