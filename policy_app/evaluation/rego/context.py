"""What a query is given beside its input: how it is to run, and what it lends to builtins."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from policy_app.evaluation.rego.limits import DEFAULT_LIMITS, Budget, Limits
from policy_app.evaluation.rego.model import Value

Provider = Callable[[Value], Value]


@dataclass(frozen=True, slots=True)
class Options:
    """How a query runs.

    ``strict`` makes a builtin's error an error of the query.  ``now_ns`` fixes the clock
    (nanoseconds since 1970), ``external_data`` answers the builtin of that name.
    """

    limits: Limits = DEFAULT_LIMITS
    strict: bool = False
    now_ns: int | None = None
    external_data: Provider | None = None
    seed: str = ""


DEFAULT_OPTIONS = Options()


class Context:
    """What one query lends to builtins; ``builtins.core.Context`` says what each part is.

    Most queries ask for nothing of it, so its parts are made when they are asked for.
    """

    __slots__ = ("_notes", "_now_ns", "_options", "budget")

    def __init__(self, budget: Budget, options: Options) -> None:
        self.budget = budget
        self._options = options

    @property
    def now_ns(self) -> int:
        try:
            return self._now_ns
        except AttributeError:
            now = self._options.now_ns
            self._now_ns: int = time.time_ns() if now is None else now
            return self._now_ns

    @property
    def seed(self) -> str:
        return self._options.seed

    @property
    def external_data(self) -> Provider | None:
        return self._options.external_data

    @property
    def notes(self) -> list[str]:
        try:
            return self._notes
        except AttributeError:
            self._notes: list[str] = []
            return self._notes

    def note(self, message: str) -> None:
        self.notes.append(message)
