"""Strangers' expressions: none takes more time or memory than its budget."""

from __future__ import annotations

import tracemalloc
from typing import Any

import pytest

from policy_app.evaluation.cel.budget import Budget
from policy_app.evaluation.cel.errors import CelError, CelLimitError
from tests.evaluation.cel.asking import value

MANY = list(range(2_000))
LONG = "a" * 1_000_000
GROWING = {
    "text": "['x']" + ".map(a, a + a + a + a)" * 18,
    "lists": "[['x']]" + ".map(a, a + a + a + a)" * 18,
    "replacements": "'xxxxxxxxxx'" + ".replace('x', 'xxxxxxxxxx')" * 18,
    "joins": "['xx']" + ".map(a, [a, a, a, a, a, a, a, a].join(a))" * 10,
    "splits": "many.map(x, long.split(''))",
    "shown": "['x']" + ".map(a, [a, a, a, a])" * 14 + ".map(a, '%s'.format([a]))",
}
WORKING = {
    "nested macros": "many.all(a, many.all(b, many.all(c, c >= 0)))",
    "nested maps": "many.map(a, many.map(b, many.map(c, c)))",
    "comparisons": "many.all(x, [many] == [many] && {'a': many} == {'a': many})",
    "searches": "many.all(x, !long.contains(long + 'b'))",
    "patterns": "many.all(x, long.matches('(a*)*b') || true)",
    "empty matches": "long.findAll('a*b|').size() > 0",
    "errors": "many.exists(x, many.exists(y, many.exists(z, 1 / (x - x) == 1)))",
}


@pytest.fixture
def given() -> dict[str, Any]:
    return {"pod": MANY, "request": LONG}


@pytest.mark.parametrize("text", GROWING.values(), ids=GROWING)
def test_what_is_made_is_bounded(text: str, given: dict[str, Any]) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(CelLimitError):
            _ask(text, given)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert most < 64_000_000


@pytest.mark.parametrize("text", WORKING.values(), ids=WORKING)
def test_work_is_bounded(text: str, given: dict[str, Any]) -> None:
    with pytest.raises(CelLimitError, match="operation cancelled"):
        _ask(text, given)


def test_time_is_bounded_as_well_as_cost() -> None:
    with pytest.raises(CelLimitError, match=r"it took longer than 0\.05 s"):
        value("pod.all(a, pod.all(b, a >= 0))", Budget(10**9, 0.05), pod=MANY)


def test_a_value_may_be_nested_deeper_than_it_can_be_compared() -> None:
    deep: list[Any] = []
    for _ in range(5_000):
        deep = [deep]

    with pytest.raises(CelLimitError, match="nested too deeply"):
        value("pod == pod", pod=deep)


@pytest.mark.parametrize("text", ["int(request)", "duration(request)", "double(request)"])
def test_numbers_of_a_million_digits_are_no_numbers(text: str) -> None:
    with pytest.raises(CelError, match="type conversion error"):
        value(text, request="9" * 1_000_000)


def test_an_expression_within_the_budget_charges_what_it_costs() -> None:
    budget = Budget()
    assert value("[1, 2, 3].map(x, x + 1).size() == 3", budget) is True

    assert 10 < 1_000_000 - budget.left < 100


def _ask(text: str, given: dict[str, Any]) -> Any:
    return value(text.replace("many", "pod").replace("long", "request"), **given)
