"""Why a case came out as it did: gator's ``--trace``, with fields and reasons for OPA's steps."""

from __future__ import annotations

from collections.abc import Iterator

from policy_app.evaluation.results import Decision, Violation


def trace(decision: Decision) -> Iterator[str]:
    """One line for each violation, and for a constraint that found nothing or did not look."""
    for violation in decision.violations:
        yield _violation(violation)
    for left_out in decision.not_applied:
        yield f"{left_out.constraint} did not judge the object: {left_out.reason}"
    for constraint in decision.passed:
        yield f"{constraint} judged the object and found nothing"


def _violation(violation: Violation) -> str:
    path = violation.place.path if violation.place else ""
    return f"{violation.message} [{path}]" if path else violation.message
