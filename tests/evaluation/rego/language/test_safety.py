"""Names and safety: scopes, declarations, statements put in order, negation."""

from __future__ import annotations

import pytest

from tests.evaluation.rego.asking import UNDEFINED, error, v1, value


def test_statements_are_put_in_an_order_that_works() -> None:
    assert value("p { x > 1; x = input.a[_] }", input={"a": [1, 2]}) is True
    assert value("p { not x == 1; x = input.a[_] }", input={"a": [2]}) is True
    assert value("p = y { y = [z | z = x]; x = 3 }") == [3]


@pytest.mark.parametrize(
    ("text", "variable"),
    [
        ("p { x }", "x"),
        ("p = x { true }", "x"),
        ("p[x] { true }", "x"),
        ("p { not x }", "x"),
        ("p { x == 1 }", "x"),
        ("p { x > y; y = 1 }", "x"),
        ("p { not input.a[_] == 1 }", "_"),
        ("p { y := [x | true] }", "x"),
        ("f(x) = y { true }", "y"),
    ],
)
def test_a_variable_without_a_value_is_refused(text: str, variable: str) -> None:
    found = error(text)
    assert (found.code, found.line) == ("rego_unsafe_var_error", 2)
    assert found.message == f"var {variable} is unsafe"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("p { x := 1; x := 2 }", "var x assigned above"),
        ("p { y := x; x := 2 }", "var x referenced above"),
        ("p { some x; x = 1; x := 2 }", "var x declared above"),
        ("p { some x; true }", "declared var x unused"),
        ("p { not x := 1 }", "cannot assign vars inside negated expression"),
        ("p { input.x := 1 }", "cannot assign to ref"),
        ("f(x) = x\np { f := 1; f(2) }", "called function f shadowed"),
    ],
)
def test_a_wrong_declaration_is_refused(text: str, message: str) -> None:
    found = error(text)
    assert (found.code, found.message) == ("rego_compile_error", message)


def test_a_declared_variable_hides_a_rule() -> None:
    assert value("x = 5\np = y { x := 1; y := x }") == 1
    assert value("x = 5\np = y { y := x }") == 5
    assert value('f(input) = input.a\np = f({"a": 1})', input={"a": 2}) == 1


def test_some_makes_a_name_local() -> None:
    assert value("i = 1\np[i] { some i; input.a[i] == 2 }", input={"a": [2, 1, 2]}) == [0, 2]


def test_what_is_undefined_holds_under_not() -> None:
    assert value("p { not input.x }") is True
    assert value("p { not input.x }", input={"x": False}) is True
    assert value("p { not input.x }", input={"x": 0}) == UNDEFINED
    assert value("p { not input.x == 1 }") is True
    assert value("p { not q }\nq { input.a.b.c }") is True


def test_operands_of_a_negated_call_are_computed_before_it() -> None:
    """As OPA does: https://github.com/open-policy-agent/opa/issues/1877."""
    assert value('p { not startswith(input.x, "a") }') == UNDEFINED
    assert value('p { not startswith(input.x, "a") }', input={"x": "b"}) is True
    assert value("p { not count(input.x) == 1 }") == UNDEFINED
    assert value("p { not input.x > 1 }") == UNDEFINED
    assert v1("p if { not f(input.x) }\nf(x) if x") == UNDEFINED


def test_imports_bring_data_input_and_aliases() -> None:
    library = "package lib.a\nx = 1"
    assert value("import data.lib.a\np = a.x", library) == 1
    assert value("import data.lib.a.x as y\np = y", library) == 1
    assert value("import input.deep.thing\np = thing.z", input={"deep": {"thing": {"z": 3}}}) == 3


def test_an_import_may_not_have_the_name_of_a_rule() -> None:
    assert error("import data.lib.a\na = 1", "package lib.a\nx = 1").code == "rego_compile_error"


def test_the_order_of_modules_and_rules_does_not_matter() -> None:
    assert value("p = q\nq = data.later.r", "package later\nr = s\ns = 4") == 4


def test_modules_of_one_package_see_each_others_rules() -> None:
    assert value("p = q", "package t\nq = 2") == 2
