"""Bounds that no policy can outrun: time, produced elements, string sizes.

A query owns one ``Budget``.  Generated code and builtins charge it; past a bound it raises
``RegoLimitError``, which unwinds the query and frees what the query had produced.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NoReturn

from policy_app.evaluation.rego.errors import RegoLimitError

STRIDE = 4_000
"""Iterations and calls between two looks at the clock: less than a millisecond."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one query may use.

    ``deadline_s`` is wall time in seconds, without the time that providers of external data take,
    which ``max_wait_s`` bounds; ``max_elements`` counts members of arrays, objects and
    sets that the query produces in total; ``max_string`` is the length of one string and
    ``max_characters`` that of all produced strings together.
    """

    deadline_s: float = 1.0
    max_wait_s: float = 30.0
    max_elements: int = 1_000_000
    max_string: int = 4_000_000
    max_characters: int = 64_000_000


DEFAULT_LIMITS = Limits()


class _Running(threading.local):
    def __init__(self) -> None:
        self.budgets: list[Budget] = []
        self.ends_at = math.inf


RUNNING = _Running()
"""The budgets of the queries that this thread is in, the innermost last: comparing and hashing
large values takes long inside one step, so the values charge it themselves.

A stack, because a thread's own attributes are slow to reach: it is reached once a query."""


@contextmanager
def ending_at(moment: float) -> Iterator[None]:
    """Let no query of this thread go on past a moment of ``time.monotonic``.

    For who must answer in time, however many queries that takes.
    """
    before, RUNNING.ends_at = RUNNING.ends_at, min(moment, RUNNING.ends_at)
    try:
        yield
    finally:
        RUNNING.ends_at = before


def charge_work(steps: int) -> None:
    """Count steps against the deadline of the query that this thread is in, if any."""
    budgets = RUNNING.budgets
    if budgets:
        budget = budgets[-1]
        budget.ticks -= steps
        if budget.ticks < 0:
            budget.refill()


class Budget:
    """What is left of one query's limits.

    Generated code counts ``ticks``, ``elements`` and ``characters`` down itself, since a call
    takes several times as long, and calls a method once one of them is below zero.
    """

    __slots__ = ("_deadline", "_waited", "characters", "elements", "limits", "texts", "ticks")

    def __init__(self, limits: Limits = DEFAULT_LIMITS) -> None:
        self.limits = limits
        self._deadline: float | None = None
        self.elements = limits.max_elements
        self.ticks = STRIDE
        self.characters = limits.max_characters
        self.texts: dict[int, tuple[Any, str]] | None = None
        """What was printed, by identity; from the first one on."""

    def check_deadline(self) -> None:
        """Raise ``RegoLimitError`` once the query's time is used up."""
        now = time.monotonic()
        if self._deadline is None:
            # Most queries end before their first look at the clock, no more than a stride of
            # small steps in, and reading it took them a twentieth of their time.
            self._deadline = now + self.limits.deadline_s
        if now >= RUNNING.ends_at:
            raise _exceeded("the time for the answer is over")
        if now >= self._deadline:
            raise _exceeded(f"the query took longer than {self.limits.deadline_s:g} s")

    def forgive(self, seconds: float) -> None:
        """Leave time out of the account that others took; raises once that was too much."""
        # Set on first use: hardly any query waits for anybody.
        self._waited: float = getattr(self, "_waited", 0.0) + seconds
        if self._waited > self.limits.max_wait_s:
            raise _exceeded(f"the query waited longer than {self.limits.max_wait_s:g} s for data")
        if self._deadline is not None:
            self._deadline += seconds

    def charge_elements(self, count: int) -> None:
        """Count ``count`` produced members; call it before they are produced."""
        self.elements -= count
        if self.elements < 0:
            self.exhausted()

    def exhausted(self) -> NoReturn:
        """What generated code calls once it has counted ``elements`` below zero."""
        raise _exceeded(f"the query produced more than {self.limits.max_elements} elements")

    def refill(self) -> None:
        """What generated code calls once it has counted ``ticks`` below zero."""
        self.ticks = STRIDE
        self.check_deadline()

    def charge_string(self, length: int) -> None:
        """Count a produced string of ``length`` characters; call it before it is produced."""
        self.characters -= length
        if self.characters < 0 or length > self.limits.max_string:
            self.refuse_string(length)

    def refuse_string(self, length: int) -> NoReturn:
        """What generated code calls once a string of this length went past a bound."""
        if length > self.limits.max_string:
            raise _exceeded(f"a string would be longer than {self.limits.max_string} characters")
        raise _exceeded(
            f"the query produced more than {self.limits.max_characters} characters of text"
        )


def _exceeded(message: str) -> RegoLimitError:
    return RegoLimitError(message, code="rego_limit_error")
