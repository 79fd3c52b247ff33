"""Where generated code takes a short way, the answer is that of the long one."""

from __future__ import annotations

from typing import Any

import pytest

from policy_app.evaluation.rego import RegoError
from policy_app.evaluation.rego.limits import RUNNING, Limits
from policy_app.evaluation.rego.program import Options, Program
from tests.evaluation.rego.asking import UNDEFINED, value

STRICT = Options(strict=True)


# -- calls that are made once a query


def test_a_call_that_depends_on_parameters_alone_follows_a_replaced_input() -> None:
    text = """
f(x) = n { n := count([y | y := x[_]]) }
q[n] { i := input.items[_]; n := f(input.parameters.list) + i }
p = [few, many, q] {
  few := q with input.parameters.list as []
  many := q with input.parameters.list as [1, 2, 3]
}"""
    given = {"items": [10, 20], "parameters": {"list": ["a"]}}
    assert value(text, input=given) == [[10, 20], [13, 23], [11, 21]]


def test_a_variable_keeps_its_value_where_the_input_is_replaced_behind_it() -> None:
    text = """
f(x) = n { n := count([y | y := x[_]]) }
p[n] {
  i := input.items[_]
  list := input.parameters.list
  n := f(list) + i with input.parameters.list as [1, 2, 3]
}"""
    assert value(text, input={"items": [10], "parameters": {"list": ["a"]}}) == [11]


def test_a_call_that_has_no_answer_is_undefined_in_every_round() -> None:
    text = "f(x) = x { x > 5 }\np[n] { i := input.items[_]; n := f(input.least) + i }"
    assert value(text, input={"items": [1, 2], "least": 3}) == []
    assert value(text, input={"items": [1, 2], "least": 6}) == [7, 8]


# -- functions that need what a constraint leaves out

EXCLUDED = """
excluded(c) { c.image == input.parameters.images[_] }
excluded(c) { named(c) }
named(c) { c.name == input.parameters.names[_] }
p[c.name] { c := input.containers[_]; not excluded(c) }"""
TWO = [{"name": "a", "image": "x"}, {"name": "b", "image": "y"}]


@pytest.mark.parametrize(
    ("parameters", "left"),
    [
        ({}, ["a", "b"]),
        ({"images": [], "names": None}, ["a", "b"]),
        ({"images": ["x"]}, ["b"]),
        ({"names": ["b"]}, ["a"]),
        ({"names": {"first": "a"}, "images": ["y"]}, []),
    ],
)
def test_containers_are_excluded_by_whatever_the_constraint_names(
    parameters: dict[str, Any], left: list[str]
) -> None:
    assert value(EXCLUDED, input={"containers": TWO, "parameters": parameters}) == left


def test_a_replaced_parameter_excludes_as_a_given_one() -> None:
    text = f"{EXCLUDED}\nr = x {{ x := p with input.parameters.names as [`a`] }}"
    given = {"containers": TWO, "parameters": {}}
    assert value(text, input=given, path="data.t.r") == ["b"]


def test_a_parameter_that_is_false_holds_nothing() -> None:
    text = "f(x) { input.parameters.on; x > 1 }\np { f(2) }\nelse = 0"
    for on, expected in ((True, True), (1, True), (False, 0), ([], True)):
        assert value(text, input={"parameters": {"on": on}}) == expected
    assert value(text, input={"parameters": {}}) == 0


def test_an_error_before_the_missing_parameter_is_still_an_error() -> None:
    text = "f(x) { to_number(x) > 1; x == input.parameters.list[_] }\np { f(input.x) }"
    given = {"x": "no number", "parameters": {}}
    assert value(text, input=given) == UNDEFINED
    with pytest.raises(RegoError, match="to_number"):
        value(text, input=given, options=STRICT)


def test_a_body_that_needs_nothing_answers_for_the_one_that_does() -> None:
    text = "f(x) = 1 { x == input.parameters.list[_] } else = 2 { true }\np = [f(1), f(3)]"
    assert value(text, input={"parameters": {}}) == [2, 2]
    assert value(text, input={"parameters": {"list": [3]}}) == [2, 1]


# -- violations that go out as they were made

VIOLATION = """
p[{"msg": msg, "details": {"fields": ["a"], "more": {}}}] { msg := input.messages[_] }"""


def test_violations_are_sorted_and_each_comes_once() -> None:
    details = {"fields": ["a"], "more": {}}
    found = value(VIOLATION, input={"messages": ["b", "a", "b"]})
    assert found == [{"msg": "a", "details": details}, {"msg": "b", "details": details}]
    assert value(VIOLATION, input={"messages": []}) == []


def test_messages_of_any_type_are_sorted_as_values_are() -> None:
    found = value(VIOLATION, input={"messages": ["b", {"x": [1]}, 2, None, 2]})
    assert [each["msg"] for each in found] == [None, 2, "b", {"x": [1]}]


def test_changing_an_answer_changes_no_later_one() -> None:
    program = Program((f"package t\n{VIOLATION}",), "v0")
    given = {"messages": ["b"]}
    (first,) = program.query("data.t.p", input=given)
    first["details"]["fields"].append("changed")
    first["details"]["more"]["x"] = "changed"
    assert program.query("data.t.p", input=given) == value(VIOLATION, input=given)


def test_rules_with_other_details_are_told_apart_by_them() -> None:
    text = 'p[{"msg": "m", "details": {"n": 2}}] { true }\np[{"msg": "m", "details": {}}] { true }'
    assert [each["details"] for each in value(text)] == [{}, {"n": 2}]


# -- small functions that are written out


def test_a_function_sees_no_variables_but_its_own() -> None:
    text = "f(y) = x { x := y + 1 }\np = [x, z] { x := 10; y := 20; z := f(x) + f(y) }"
    assert value(text) == [10, 32]


def test_a_function_that_has_no_value_fails_its_statement_alone() -> None:
    text = 'f(x) = y { y := x.a; y != 1 }\np[z] { i := input[_]; z := f(i) }\np["end"] { true }'
    assert value(text, input=[{"a": 1}, {"a": 2}, {}, 7]) == [2, "end"]


def test_an_error_in_a_function_is_reported_where_it_is_written() -> None:
    text = "f(x) = y { y := to_number(x) }\np = f(input.x)"
    with pytest.raises(RegoError, match="to_number") as raised:
        value(text, input={"x": "no number"}, options=STRICT)
    assert raised.value.line == 2


def test_functions_that_call_each_other_many_times_do_not_grow_the_program() -> None:
    calls = [f"f{n}(x) = f{n - 1}(x) + f{n - 1}(x) + f{n - 1}(x)" for n in range(1, 12)]
    text = "\n".join(["package t", "f0(x) = x", *calls, "p = f11(input.x)"])
    program = Program((text,), "v0")
    assert len(program._linked.text) < 200_000
    assert program.query("data.t.p", input={"x": 1}) == 3**11


# -- look-ups


def test_a_set_is_looked_into_as_an_object_is() -> None:
    text = 's = {x | x := input.list[_]}\np = [s.a, s["b"]] { not s.c; not s.a.x }'
    assert value(text, input={"list": ["a", "b"]}) == ["a", "b"]


@pytest.mark.parametrize("old", [None, "text", 1, [1], {"other": 1}])
def test_a_field_of_what_has_none_is_undefined(old: Any) -> None:
    text = 'p = "new" { not same }\nsame { before := input.old; before.kind == input.kind }'
    assert value(text, input={"old": old, "kind": "Node"}) == "new"
    assert value(text, input={"old": {"kind": "Node"}, "kind": "Node"}) == UNDEFINED


@pytest.mark.parametrize(
    ("given", "expected"),
    [([2, 1, 2], [2, 1, 2]), ({"a": 1}, [1]), ("text", []), (None, []), ([], [])],
)
def test_all_members_in_an_array_are_those_of_any_collection(given: Any, expected: Any) -> None:
    text = "p = [x | x := input.list[_]]"
    assert value(text, input={"list": given}) == expected
    assert value(text, input={}) == []


def test_constants_are_gone_through_with_their_keys() -> None:
    text = 'm = {"a": false, "b": 1, "c": null}\np = [[k, v] | v := m[k]]\nq = [k | m[k]]'
    assert value(text) == [["a", False], ["b", 1], ["c", None]]
    assert value(text, path="data.t.q") == ["b", "c"]


def test_a_test_for_a_type_speaks_of_its_own_variable() -> None:
    text = "p[[x, y]] { x := input[_]; is_string(x); y := input[_]; not is_string(y) }"
    assert value(text, input=["a", 1, {}]) == [["a", 1], ["a", {}]]


# -- the state of a query


def test_a_query_leaves_no_budget_behind_whatever_ends_it() -> None:
    program = Program(("package t\np = to_number(input.x)",), "v0")
    program.query("data.t.p", input={"x": "1"})
    for options in (STRICT, Options(limits=Limits(max_elements=0))):
        with pytest.raises(Exception):  # noqa: B017, PT011 - undefined, an error or a limit
            program.query("data.t.p", input={"x": "no number"}, options=options)
    assert RUNNING.budgets == []


def test_the_clock_of_a_query_stands_still_where_its_input_is_replaced() -> None:
    text = "now = time.now_ns()\np { x := time.now_ns(); y := now with input.a as 1; x == y }"
    assert value(text, input={}) is True
    text = "q[x] { y := input.list[_]; x := time.now_ns() with input.a as y }\np = count(q)"
    assert value(text, input={"list": [1, 2, 3]}) == 1
