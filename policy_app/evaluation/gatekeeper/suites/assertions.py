"""Whether the violations of an object are those that a suite asserts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from policy_app.evaluation.gatekeeper.suites.errors import (
    INVALID_PATTERN,
    INVALID_YAML,
    WRONG_NUMBER,
    SuiteError,
)
from policy_app.evaluation.gatekeeper.suites.patterns import compiled
from policy_app.evaluation.gatekeeper.suites.suite import Assertion


def check(assertion: Assertion, messages: Sequence[str]) -> None:
    """Raise ``SuiteError``, worded as gator words it, unless the messages are as asserted."""
    wanted = _wanted(assertion)
    pattern = None if assertion.message is None else _compiled(assertion.message)
    found = sum(pattern is None or bool(pattern.search(message)) for message in messages)
    if not _holds(assertion.violations, found):
        containing = "" if assertion.message is None else f" containing {_quoted(assertion)}"
        raise SuiteError(
            WRONG_NUMBER,
            f"got {found} violations{containing} but want {wanted}: "
            f"got messages [{' '.join(messages)}]",
        )


def _wanted(assertion: Assertion) -> str:
    match assertion.violations:
        case "yes":
            return "at least 1"
        case "no":
            return "none"
        case int(number) if number >= 0:
            return f"exactly {number}"
    raise SuiteError(
        INVALID_YAML,
        'assertion.violation, if set, must be a nonnegative integer, "yes", or "no"',
    )


def _holds(violations: str | int, found: int) -> bool:
    if violations == "yes":
        return found > 0
    return found == (0 if violations == "no" else violations)


def _quoted(assertion: Assertion) -> str:
    return json.dumps(assertion.message, ensure_ascii=False)


def _compiled(pattern: str) -> Any:
    try:
        return compiled(pattern)
    except ValueError as error:
        raise SuiteError(INVALID_PATTERN, f"{pattern!r}: {error}") from None
