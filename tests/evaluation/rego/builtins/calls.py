"""Calling a builtin as the engine does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from policy_app.evaluation.rego.builtins import REGISTRY, BuiltinError, NoResult
from policy_app.evaluation.rego.limits import Budget, Limits
from policy_app.evaluation.rego.values import RegoSet, Value

NOW_NS = 1_600_000_000_000_000_000
NARROW = Limits(deadline_s=0.5, max_elements=1_000, max_string=10_000, max_characters=20_000)
# Answers do not depend on how busy the machine is that tests them; limits have tests of their own.
PATIENT = Limits(deadline_s=60)


@dataclass(slots=True)
class QueryContext:
    """A query that fixes its clock and keeps its messages."""

    budget: Budget = field(default_factory=lambda: Budget(PATIENT))
    now_ns: int = NOW_NS
    seed: str = "seed"
    external_data: Callable[[Value], Value] | None = None
    notes: list[str] = field(default_factory=list)

    def note(self, message: str) -> None:
        """Keep a message."""
        self.notes.append(message)


def call(name: str, *operands: Value, context: QueryContext | None = None) -> Value:
    """What a builtin answers; a relation answers with the list of its results."""
    builtin = REGISTRY[name]
    assert builtin.variadic or builtin.arity == len(operands)
    lent = (context or QueryContext(),) if builtin.needs_context else ()
    answer = builtin.fn(*lent, *operands)
    return list(answer) if builtin.relation else answer


def narrowly(name: str, *operands: Value) -> Value:
    """What a builtin answers under limits that are easy to pass."""
    return call(name, *operands, context=QueryContext(Budget(NARROW)))


def problem(name: str, *operands: Value) -> str:
    """The code and message of the error that a builtin raises."""
    with pytest.raises(BuiltinError) as raised:
        call(name, *operands)
    assert not isinstance(raised.value, NoResult)
    return f"{raised.value.code}: {raised.value.message}"


def is_undefined(name: str, *operands: Value) -> bool:
    """Whether the builtin has no answer, which is no error."""
    try:
        call(name, *operands)
    except NoResult:
        return True
    return False


def a_set(*members: Value) -> RegoSet:
    """A set of these members."""
    return RegoSet.of(members)
