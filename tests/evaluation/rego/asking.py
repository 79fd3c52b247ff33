"""Asking a module that a test has written: its value, nothing, or its error."""

from __future__ import annotations

from typing import Any

import pytest

from policy_app.evaluation.rego import RegoError, Undefined
from policy_app.evaluation.rego.program import DEFAULT_OPTIONS, Options, Program, Version

UNDEFINED = "undefined"
"""What ``value`` answers for a rule without a value; no test's rule has this one."""


def value(
    text: str,
    *libraries: str,
    input: Any = None,
    data: dict[str, Any] | None = None,
    path: str = "data.t.p",
    version: Version = "v0",
    options: Options = DEFAULT_OPTIONS,
) -> Any:
    """The value of ``p`` in ``package t`` with this text below the package line."""
    program = Program((f"package t\n{text}", *libraries), version)
    try:
        return program.query(path, input={} if input is None else input, data=data, options=options)
    except Undefined:
        return UNDEFINED


def v1(text: str, *libraries: str, input: Any = None, data: dict[str, Any] | None = None) -> Any:
    """As ``value``, in the syntax of Rego v1."""
    return value(text, *libraries, input=input, data=data, version="v1")


def error(text: str, *libraries: str, version: Version = "v0") -> RegoError:
    """The error with which the module does not compile."""
    with pytest.raises(RegoError) as caught:
        Program((f"package t\n{text}", *libraries), version)
    return caught.value


def run_error(text: str, **options: Any) -> RegoError:
    """The error with which the query of ``p`` ends."""
    with pytest.raises(RegoError) as caught:
        value(text, **options)
    return caught.value
