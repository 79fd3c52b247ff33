"""Where Rego meets Python's own limits: numbers, blocks, errors nobody foresaw."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from policy_app.evaluation.rego import RegoError, RegoLimitError
from policy_app.evaluation.rego.limits import Limits
from policy_app.evaluation.rego.program import Options, Program
from tests.evaluation.rego.asking import UNDEFINED, error, run_error, value

# -- negated relations


@pytest.mark.parametrize(
    ("statement", "document", "answer"),
    [
        ("not walk(input, [[], 9])", {}, True),
        ('not walk(input, [["a"], 9])', {"a": 9}, UNDEFINED),
        ('not walk(input, [["a"], 9])', {"a": 8}, True),
        ("not count([x | walk(input, [x, 9])]) == 0", {"a": 9}, True),
        ("not count([1 | not walk(input, [[], 9])]) == 1", {"a": 9}, UNDEFINED),
        ("not walk(input.a, [[], 1]) with input as {}", {"a": 1}, UNDEFINED),
    ],
)
def test_a_negated_relation_holds_where_no_result_fits(
    statement: str, document: dict[str, Any], answer: Any
) -> None:
    assert value(f"p {{ {statement} }}", input=document) == answer


@pytest.mark.parametrize("member", [8, 9])
def test_a_negated_relation_is_asked_for_every_member(member: int) -> None:
    text = 'import future.keywords\np { every x in input.a { not walk(x, [["b"], 9]) } }'
    answer = value(text, input={"a": [{"b": member}]})
    assert answer == (True if member != 9 else UNDEFINED)


@pytest.mark.parametrize("pattern", ["[_, 9]", "[x, 9]"])
def test_a_variable_of_a_negated_relation_is_unsafe(pattern: str) -> None:
    assert error(f"p {{ not walk(input, {pattern}) }}").code == "rego_unsafe_var_error"


# -- numbers


@pytest.mark.parametrize(("text", "number"), [("1e400", 10**400), ("-1.5e400", -15 * 10**399)])
def test_a_number_beyond_floats_is_an_exact_integer(text: str, number: int) -> None:
    assert value(f"p = {text}") == number


@pytest.mark.parametrize("text", ["1e5000", "1" + "0" * 320 + ".5", "1e999999999"])
def test_a_number_beyond_reason_does_not_parse(text: str) -> None:
    assert error(f"p = {text}").code == "rego_parse_error"


def test_a_number_with_a_point_stays_a_float_and_equals_the_integer() -> None:
    assert value('p = sprintf("%d %v", [1.0, 1.0])') == "%!d(float64=1) 1"
    assert value("p { 1.0 == 1; {1}[1.0]; [5][0.0] == 5; 1.0 + 1 == 2 }") is True


@pytest.mark.parametrize("text", ["p = input.x", "p = [input.x]", "p[x] { x := input.x }"])
@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_numbers_that_json_has_not_are_never_sent_out(text: str, number: str) -> None:
    document = json.loads(f'{{"x": {number}}}')
    with pytest.raises(RegoError, match="no number of JSON"):
        value(text, input=document)
    with pytest.raises(RegoError):
        value("p = json.marshal(input)", input=document)


# -- depth


def _nested(count: int) -> str:
    return "; ".join(f"input.a[x{n}]" for n in range(count))


@pytest.mark.parametrize("depth", [15, 16, 17, 18, 40, 70])
def test_iterations_nest_deeper_than_blocks_of_python(depth: int) -> None:
    shown = ", ".join(f"x{n}" for n in range(depth))
    text = f"p = [{shown}] {{ {_nested(depth)}; x{depth - 1} == 0 }}"
    assert value(text, input={"a": [1]}) == [0] * depth
    assert value(f"p {{ {_nested(depth)}; x0 == 1 }}", input={"a": [1]}) == UNDEFINED


def test_deep_iterations_collect_all_that_they_find() -> None:
    text = f"p = [[x0, x19] | {_nested(20)}; x0 != x19; x1 + x2 == x2 * x1]"
    few = {"a": [1]}
    assert value(text.replace("x0 != x19", "x0 == x19"), input=few) == [[0, 0]]
    text = f"p[x] {{ {_nested(20)}; y := input.b[_]; x := y + x19 }}"
    assert value(text, input={"a": [1], "b": [1, 2]}) == [1, 2]


def test_a_deep_rule_with_two_values_is_a_conflict() -> None:
    text = f"p = x {{ {_nested(20)}; x := input.b[_] }}"
    with pytest.raises(RegoError) as caught:
        value(text, input={"a": [1], "b": [1, 2]})
    assert caught.value.code == "eval_conflict_error"


# -- time


def _large(last: int) -> list[list[int]]:
    return [*([n] for n in range(100_000)), [last]]


@pytest.mark.parametrize(
    "step",
    [
        "input.a[_] == input.b",
        "internal.member_2(input.b, input.a)",
        "{input.b}[input.a[_]]",
        "input.a < input.b",
        "count({input.b}) < 0",
    ],
)
def test_large_values_that_are_almost_equal_do_not_outrun_the_deadline(step: str) -> None:
    text = f"p {{ x := numbers.range(1, 3000)[_]; {step}; x < 0 }}"
    document = {"a": [_large(1), _large(2)], "b": _large(3)}
    started = time.monotonic()
    with pytest.raises(RegoLimitError):
        value(text, input=document, options=Options(limits=Limits(deadline_s=0.2)))
    assert time.monotonic() - started < 3


# -- errors nobody foresaw


def _fail(kind: type[Exception], message: str) -> Callable[..., Any]:
    def fail(*_: Any) -> Any:
        raise kind(message)

    return fail


@pytest.mark.parametrize(
    ("kind", "message", "expected"),
    [
        (RecursionError, "", RegoLimitError),
        (MemoryError, "", RegoLimitError),
        (OverflowError, "int too large to convert to float", RegoLimitError),
        (ValueError, "Exceeds the limit for integer string conversion", RegoLimitError),
        (KeyError, "x", RegoError),
        (AttributeError, "x", RegoError),
    ],
)
def test_an_error_inside_a_builtin_is_one_of_rego(
    kind: type[Exception], message: str, expected: type[RegoError]
) -> None:
    program = Program(("package t\np[x] { x := external_data(input) }",), "v0")
    options = Options(external_data=_fail(kind, message))
    asks: list[Callable[[], Any]] = [
        lambda: program.query("data.t.p", input={}, options=options),
        lambda: program.eval_query("x = data.t.p", input={}, options=options),
        lambda: program.explain("data.t.p", input={}, options=options),
    ]
    for ask in asks:
        with pytest.raises(expected):
            ask()


def test_a_limit_inside_a_query_leaves_the_next_query_its_own_time() -> None:
    document = {"a": copy.deepcopy(_large(1)), "b": _large(1)}
    program = Program(("package t\np { input.a == input.b }",), "v0")
    short = Options(limits=Limits(deadline_s=0))
    with pytest.raises(RegoLimitError):
        program.query("data.t.p", input=document, options=short)
    assert program.query("data.t.p", input=document) is True


def test_a_runtime_error_has_its_code() -> None:
    assert run_error("p = 1\np = 2 { true }").code == "eval_conflict_error"
