"""Which tests and cases to run: gator's ``--run``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from policy_app.evaluation.gatekeeper.suites.errors import INVALID_FILTER, SuiteError
from policy_app.evaluation.gatekeeper.suites.patterns import compiled
from policy_app.evaluation.gatekeeper.suites.suite import Test

_BOTH = "//"


@dataclass(frozen=True, slots=True)
class Filter:
    """Patterns (RE2, anywhere in a name) for the names of tests and cases."""

    test: Any = None
    case: Any = None
    either: bool = False
    """Whether one of the names is enough."""

    @classmethod
    def parse(cls, text: str) -> Filter:
        """``RE`` selects by the name of a test or a case, ``TEST//CASE`` by both.

        Nothing selects everything.  Raises ``SuiteError``.
        """
        if not text:
            return cls()
        parts = text.split(_BOTH)
        if len(parts) > 2:
            raise SuiteError(INVALID_FILTER, f'a filter may include at most one "{_BOTH}"')
        patterns = [_compiled(part) for part in parts]
        return cls(patterns[0], patterns[-1], either=len(patterns) == 1)

    def takes_test(self, test: Test) -> bool:
        """Whether a test is run at all."""
        if self.test is None or self.test.search(test.name):
            return True
        return self.either and any(self.takes_case(test, case.name) for case in test.cases)

    def takes_case(self, test: Test, name: str) -> bool:
        """Whether a case of a test is run."""
        if self.test is None:
            return True
        names = bool(self.test.search(test.name)), bool(self.case.search(name))
        return any(names) if self.either else all(names)


def _compiled(pattern: str) -> Any:
    try:
        return compiled(pattern)
    except ValueError as error:
        raise SuiteError(INVALID_FILTER, f"{pattern!r}: {error}") from None
