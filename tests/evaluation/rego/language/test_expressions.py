"""Unification, comparison, arithmetic, membership, references and comprehensions."""

from __future__ import annotations

import pytest

from tests.evaluation.rego.asking import UNDEFINED, error, v1, value


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("[x, 2] = [1, y]; z = [x, y]", [1, 2]),
        ('{"a": x, "b": [y, 2]} = {"a": 1, "b": [3, 2]}; z = [x, y]', [1, 3]),
        ("[x, y] = [y, 1]; z = [x, y]", [1, 1]),
        ("z = y; y = x; x = 3", 3),
        ("[[z]] = input.nested", 7),
        ("[1, z] = [1, 2, 3]", UNDEFINED),
        ('input.object = {"k": z}', "v"),
        ('input.object = {"other": z}', UNDEFINED),
    ],
)
def test_unification_works_in_both_directions(body: str, expected: object) -> None:
    document = {"nested": [[7]], "object": {"k": "v"}}
    assert value(f"p = z {{ {body} }}", input=document) == expected


@pytest.mark.parametrize(
    "expression",
    [
        "1 == 1.0",
        "{1, 2} == {2, 1}",
        'null < false; false < true; true < 0; 0 < ""; "z" < []; [9] < {}; {} < set()',
        "[1, 2] < [1, 3]; [1] < [1, 0]",
        '"a" < "b"; "B" < "a"',
        "1 != true; 0 != false",
        '{"a": 1} == {"a": 1.0}',
    ],
)
def test_values_of_all_types_have_one_order(expression: str) -> None:
    assert value(f"p {{ {expression} }}") is True


def test_true_is_not_one_however_deep() -> None:
    assert value("p { input.x == 1 }", input={"x": True}) == UNDEFINED
    assert value("p { input.x == [1] }", input={"x": [True]}) == UNDEFINED
    assert value("p { input.x[_] == 0 }", input={"x": [False]}) == UNDEFINED
    assert value("p { {1, 2}[input.x] }", input={"x": True}) == UNDEFINED


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1 + 2 * 3 - 4 / 2", 5),
        ("(1 + 2) * 3", 9),
        ("7 % 3", 1),
        ("5 - -1", 6),
        ("{1, 2, 3} - {2}", [1, 3]),
        ("{1, 2} & {2, 3}", [2]),
        ("{1} | {2}", [1, 2]),
        ("100000000000000000000 + 1", 100000000000000000001),
        ("1e3", 1000),
        ('"a\\nb\\u00e9"', "a\nbé"),
        ("`a\\nb`", "a\\nb"),
        ("{1: 2, null: 3, [1]: 4, true: 5}", {"1": 2, "null": 3, "[1]": 4, "true": 5}),
    ],
)
def test_literals_and_operators(expression: str, expected: object) -> None:
    assert value(f"p = {expression}") == expected


def test_a_variable_in_a_reference_iterates() -> None:
    document = {"a": [{"b": [{"c": 2}, {"c": 1}]}]}
    assert value("p { input.a[_].b[_].c == 1 }", input=document) is True
    assert value("p[[i, j]] { input.a[i].b[j].c == 1 }", input=document) == [[0, 1]]


def test_one_variable_in_two_references_joins_them() -> None:
    document = {"a": [2, 2, 1], "b": [3, 4, 3]}
    assert value("p[i] { input.a[i] == 2; input.b[i] == 3 }", input=document) == [0]


def test_keys_of_objects_and_members_of_sets_iterate_too() -> None:
    assert value("p[k] { input[k] }", input={"a": 1, "b": False}) == ["a"]
    assert value("p[x] { {3, 4}[x] }") == [3, 4]


def test_a_reference_may_look_a_composite_up_and_bind_a_part_of_it() -> None:
    text = 's := {[1, "a"], [2, "b"]}\np[x] { s[[x, "b"]] }'
    assert value(text) == [2]
    assert value('v[{"m": m}] { m := input.a[_] }\np[m] { v[{"m": m}] }', input={"a": [1]}) == [1]


def test_calls_and_literals_can_be_looked_into() -> None:
    assert value('p = split("a/b", "/")[1]') == "b"
    assert value("p = y { y := [1, 2, 3][i]; i == 1 }") == 2
    assert value('p = {"a": {"b": 1}}["a"].b') == 1


def test_a_key_can_be_a_reference() -> None:
    assert value("p = input.a[input.b]", input={"a": {"k": 1}, "b": "k"}) == 1


def test_negative_and_fractional_indexes_find_nothing() -> None:
    assert value("p = input.a[-1]", input={"a": [1]}) == UNDEFINED
    assert value("p = input.a[0.5]", input={"a": [1]}) == UNDEFINED
    assert value('p = input.a["0"]', input={"a": [1]}) == UNDEFINED
    assert value("p = input.a[0]", input={"a": "text"}) == UNDEFINED


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1 in [1, 2]", True),
        ("3 in [1, 2]", False),
        ('"v" in {"k": "v"}', True),
        ('"k" in {"k": "v"}', False),
        ("1 in {1, 2}", True),
        ("true in [1]", False),
        ('("k", "v" in {"k": "v"})', True),
        ("(0, 5 in [5])", True),
        ("(1, 5 in [5])", False),
    ],
)
def test_membership(expression: str, expected: bool) -> None:
    assert v1(f"p := {expression}") is expected


def test_some_in_goes_through_values_and_keys() -> None:
    assert v1("p contains [k, v] if some k, v in input.a", input={"a": {"x": 1}}) == [["x", 1]]
    assert v1("p contains y if { some [x, y] in [[1, 2], [3, 4]]; x == 3 }") == [4]


def test_every_needs_all_and_is_true_of_nothing() -> None:
    text = "p if every x in input.a { x > 1 }"
    assert v1(text, input={"a": [2, 3]}) is True
    assert v1(text, input={"a": [1, 3]}) == UNDEFINED
    assert v1(text, input={"a": []}) is True
    assert v1(text, input={}) == UNDEFINED
    assert v1("p if every k, v in input.a { k == v }", input={"a": [0, 1]}) is True


def test_every_sees_the_variables_around_it() -> None:
    text = "p if { y := 3; every x in [1, 2] { some z in [5]; x < y; z > y } }"
    assert v1(text) is True


def test_comprehensions_of_the_three_kinds() -> None:
    assert value("p = [x | x := input.a[_]; x > 1]", input={"a": [1, 2, 2]}) == [2, 2]
    assert value("p = {x | x := input.a[_]}", input={"a": [2, 1, 2]}) == [1, 2]
    assert value("p = {k: v | v := input.a[k]}", input={"a": ["x"]}) == {"0": "x"}


def test_a_comprehension_shares_the_variables_around_it() -> None:
    assert v1("p := [[y | y := x * z] | some x in [1, 2]] if z := 10") == [[10], [20]]
    assert value("p = [x, y] { x := 1; y := [x | x := 2] }") == [1, [2]]


def test_an_array_comprehension_over_a_set_rule_sees_each_member_once() -> None:
    text = "s[x] { x := input.a[_] }\np = [x | s[x]]"
    assert value(text, input={"a": [[1], [1], [2]]}) == [[1], [2]]
    assert value("s[x] { x := input.a[_] }\np = count(s)", input={"a": [[1], [1]]}) == 1


def test_a_comprehension_may_not_give_a_key_two_values() -> None:
    from tests.evaluation.rego.asking import run_error

    found = run_error("p = {1: v | v := input.a[_]}", input={"a": [1, 2]})
    assert found.code == "eval_conflict_error"


def test_a_builtins_error_makes_its_statement_undefined() -> None:
    assert value("p = 1 / input.x", input={"x": 0}) == UNDEFINED
    assert value('p { not to_number("x") }') is True


def test_a_builtins_error_is_an_error_where_errors_are_strict() -> None:
    from policy_app.evaluation.rego.program import Options
    from tests.evaluation.rego.asking import run_error

    found = run_error("p = 1 / input.x", input={"x": 0}, options=Options(strict=True))
    assert (found.code, found.line) == ("eval_builtin_error", 2)
    assert "div: divide by zero" in found.message


def test_a_call_with_one_operand_more_unifies_its_result() -> None:
    assert value("p = n { count([1, 2], n) }") == 2
    assert value("p { count([1, 2], 3) }") == UNDEFINED
    assert value("f(x) = x + 1\np = n { f(1, n) }") == 2


def test_walk_gives_every_part_with_its_path() -> None:
    assert value("p[x] { walk(input, [x, 1]) }", input={"a": [1, 2]}) == [["a", 0]]


def test_operands_that_never_fit_are_refused() -> None:
    found = error("p = count(1)")
    assert (found.code, found.line) == ("rego_type_error", 2)
    assert error('p { 1 == "a" }').code == "rego_type_error"
    assert error('q := "text"\np = abs(q)').code == "rego_type_error"


def test_a_call_of_nothing_known_is_refused() -> None:
    assert "undefined function foo" in error("p = foo(1)").message
    assert "arity mismatch" in error("p = count(1, 2, 3)").message
    assert "undefined function data.t.q" in error("q = 1\np = q(1)").message


def test_what_reaches_outside_is_refused_with_the_reason() -> None:
    found = error('p = http.send({"method": "get", "url": "http://example.org"})')
    assert found.code == "rego_type_error"
    assert "must not reach the network" in found.message
