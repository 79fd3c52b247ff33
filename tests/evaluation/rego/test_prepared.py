"""Queries that are asked about many inputs: what depends on the data alone is computed once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from policy_app.evaluation.rego import Options, Program, RegoError, Undefined, compile_modules
from policy_app.evaluation.rego.limits import Limits
from policy_app.evaluation.rego.program import Prepared

DATA = {"inventory": {name: {"app": name[0]} for name in ("a1", "a2", "b1")}}


def _program(rules: str) -> Program:
    return compile_modules((f"package t\n{rules}",))


def _prepared(rules: str, data: Any = DATA, **options: Any) -> Prepared:
    return _program(rules).prepare("data.t.p", data=data, options=Options(**options))


INDEX = """
by_app[app] = names { app := data.inventory[_].app
  names := {name | data.inventory[name].app == app} }
p[name] { by_app[input.app][name] }
"""


def test_every_input_gets_its_own_answer() -> None:
    prepared = _prepared(INDEX)
    asked = ["a", "b", "c", "a"]
    assert [prepared.query({"app": app}) for app in asked] == [
        ["a1", "a2"],
        ["b1"],
        [],
        ["a1", "a2"],
    ]


def test_an_index_of_the_data_is_made_once() -> None:
    """Making it takes nearly all the elements that a query may have."""
    data = {"inventory": [{"app": "a"}] * 900}
    prepared = _prepared(
        "all[n] = x { x := data.inventory[n] }\np = count(all) + input.n",
        data,
        limits=Limits(max_elements=1_000),
    )
    slots = [prepared.query({"n": n}) for n in range(3)]
    assert slots == [900, 901, 902]
    assert any(type(slot) is dict and len(slot) == 900 for slot in prepared._slots)


def test_another_prepared_query_has_other_data() -> None:
    program = _program("all[x] { x := data.inventory[_] }\np = count(all)")
    counts = [
        program.prepare("data.t.p", data={"inventory": list(range(size))}) for size in (1, 2, 3)
    ]
    assert [one.query({}) for one in counts for _ in range(2)] == [1, 1, 2, 2, 3, 3]
    assert program.query("data.t.p", data={"inventory": []}) == 0


@pytest.mark.parametrize(
    "rules",
    [
        "r = input.n\np = r",
        "q = input.n\nr = q\np = r",
        "f(x) = y { y := x + input.n }\nr = f(0)\np = r",
        "r = [x | x := input.n][0]\np = r",
        "r = x { every_n; x := input.n }\nevery_n { input.n >= 0 }\np = r",
        'r = input["n"]\np = x { x := data.t.r }',
        "r[k] = v { v := input[k] }\np = r.n",
        "r[v] { v := input.n }\np = x { r[x] }",
    ],
)
def test_what_looks_at_the_input_is_computed_for_each(rules: str) -> None:
    prepared = _prepared(rules)
    assert [prepared.query({"n": n}) for n in (1, 2, 3)] == [1, 2, 3]


def test_with_replaces_the_data_for_what_it_stands_behind_only() -> None:
    rules = """
    size = count(data.inventory)
    p = [size, other] { other := size with data.inventory as input.others }
    """
    prepared = _prepared(rules)
    asked = [{"others": [1] * n} for n in (5, 6)]
    assert [prepared.query(one) for one in asked] == [[3, 5], [3, 6]]


def test_with_before_anything_else_leaves_nothing_behind() -> None:
    rules = """
    size = count(data.inventory)
    p = x { input.replace; x := size with data.inventory as [1] } else = size
    """
    prepared = _prepared(rules)
    asked = (True, False, True)
    assert [prepared.query({"replace": one}) for one in asked] == [1, 3, 1]


def test_a_rule_with_a_with_is_computed_for_each() -> None:
    rules = "inner = input.n\nr = x { x := inner with data.inventory as {} }\np = r"
    prepared = _prepared(rules)
    assert [prepared.query({"n": n}) for n in (1, 2)] == [1, 2]


def test_the_clock_is_read_for_each() -> None:
    prepared = _prepared("now = time.now_ns()\np = now")
    assert prepared.query({}) < prepared.query({})


def test_an_error_comes_each_time() -> None:
    prepared = _prepared("r = x { x := data.inventory[_].app }\np = r")
    for _ in range(2):
        with pytest.raises(RegoError, match="multiple outputs"):
            prepared.query({})


def test_what_is_undefined_stays_undefined() -> None:
    prepared = _prepared("r = data.inventory.missing\np = r")
    for _ in range(2):
        with pytest.raises(Undefined):
            prepared.query({})


def test_threads_get_the_same_answers() -> None:
    prepared = _prepared(INDEX)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda app: prepared.query({"app": app}), "ab" * 200))
    assert answers == [["a1", "a2"], ["b1"]] * 200
