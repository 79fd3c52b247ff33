"""What became of suites, tests and cases.  Times are in seconds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

Outcome = Literal["passed", "failed", "skipped"]


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One object."""

    name: str
    error: str = ""
    skipped: bool = False
    seconds: float = 0.0
    trace: tuple[str, ...] = ()
    """What was found and why, where that was asked for and the object could be judged."""

    @property
    def outcome(self) -> Outcome:
        """In one word."""
        if self.skipped:
            return "skipped"
        return "failed" if self.error else "passed"


@dataclass(frozen=True, slots=True)
class TestResult:
    """One template with one constraint; with an error of its own, no case was run."""

    name: str
    error: str = ""
    skipped: bool = False
    seconds: float = 0.0
    cases: tuple[CaseResult, ...] = ()
    left_out: int = 0
    """How many cases a skipped test has."""

    @property
    def failed(self) -> bool:
        """Whether the test or one of its cases went wrong."""
        return bool(self.error) or any(case.error for case in self.cases)

    def outcomes(self) -> Iterator[Outcome]:
        """One for each case; a test that has none, or could not begin, counts as one."""
        if self.skipped:
            for _ in range(max(self.left_out, 1)):
                yield "skipped"
        elif self.error or not self.cases:
            yield "failed" if self.error else "passed"
        else:
            yield from (case.outcome for case in self.cases)


@dataclass(frozen=True, slots=True)
class SuiteResult:
    """One file of tests."""

    path: str
    seconds: float = 0.0
    tests: tuple[TestResult, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether anything in it went wrong."""
        return any(test.failed for test in self.tests)


def count(results: Iterable[SuiteResult], outcome: Outcome) -> int:
    """How many cases came out this way."""
    return sum(
        each == outcome for suite in results for test in suite.tests for each in test.outcomes()
    )
