"""Suites: tests of templates and constraints, in the format of gator.

A suite pairs a template with a constraint and says, for each object, how many violations there are
and what they say.  Source: ``test.gatekeeper.sh/v1alpha1`` and ``gator verify``.
"""

from __future__ import annotations

from policy_app.evaluation.gatekeeper.suites.errors import SuiteError
from policy_app.evaluation.gatekeeper.suites.filters import Filter
from policy_app.evaluation.gatekeeper.suites.results import (
    CaseResult,
    SuiteResult,
    TestResult,
    count,
)
from policy_app.evaluation.gatekeeper.suites.runner import run
from policy_app.evaluation.gatekeeper.suites.suite import Assertion, Case, Suite, Test, read_suite

__all__ = [
    "Assertion",
    "Case",
    "CaseResult",
    "Filter",
    "Suite",
    "SuiteError",
    "SuiteResult",
    "Test",
    "TestResult",
    "count",
    "read_suite",
    "run",
]
