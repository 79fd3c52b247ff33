"""Suites written down: the resource of a suite, and what a case asserts of given messages.

Source: ``Suite`` of ``test.gatekeeper.sh/v1alpha1``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from policy_app.evaluation.gatekeeper.suites.suite import GROUP, KIND, Assertion, Case, Test

_VERSION = "v1alpha1"
_SPECIAL = re.compile(r"[\\.+*?()|\[\]{}^$]")


def assertions_of(messages: Sequence[str]) -> tuple[Assertion, ...]:
    """What holds for these messages and for no others: each of them, and how many there are."""
    if not messages:
        return (Assertion("no"),)
    each = [Assertion(count, _pattern(text)) for text, count in Counter(messages).items()]
    return (*each, Assertion(len(messages)))


def to_object(name: str, tests: Iterable[Test]) -> dict[str, Any]:
    """The resource that ``read_suite`` reads."""
    return {
        "apiVersion": f"{GROUP}/{_VERSION}",
        "kind": KIND,
        "metadata": {"name": name},
        "tests": [_test(test) for test in tests],
    }


def _test(test: Test) -> dict[str, Any]:
    written: dict[str, Any] = {
        "name": test.name,
        "template": test.template,
        "constraint": test.constraint,
    }
    if test.expansion:
        written["expansion"] = test.expansion
    return {**written, "cases": [_case(case) for case in test.cases]}


def _case(case: Case) -> dict[str, Any]:
    return {
        "name": case.name,
        "object": case.object,
        "assertions": [_assertion(one) for one in case.assertions],
    }


def _assertion(one: Assertion) -> dict[str, Any]:
    written: dict[str, Any] = {"violations": one.violations}
    return written if one.message is None else {**written, "message": one.message}


def _pattern(message: str) -> str:
    """The message and nothing else, for RE2, where these characters mean something."""
    return f"^{_SPECIAL.sub(lambda found: chr(92) + found[0], message)}$"
