"""Functions: patterns as arguments, several bodies, results that must agree."""

from __future__ import annotations

from tests.evaluation.rego.asking import UNDEFINED, error, run_error, v1, value


def test_arguments_may_be_patterns() -> None:
    text = 'f([x, {"a": y}]) = x + y\np = [f([1, {"a": 2}])]'
    assert value(text) == [3]
    assert value('f(1) = "one"\nf(2) = "two"\np = [f(1), f(2)]') == ["one", "two"]
    assert value("f(x, x) = true\np { f(1, 2) }") == UNDEFINED


def test_the_body_that_holds_answers() -> None:
    text = "f(x) = 1 { x > 2 }\nf(x) = 0 { x <= 2 }\np = [f(3), f(2)]"
    assert value(text) == [1, 0]


def test_bodies_that_disagree_are_an_error() -> None:
    found = run_error("f(x) = 1 { x > 0 }\nf(x) = 2 { x > 1 }\np = f(5)")
    assert found.code == "eval_conflict_error"
    assert "functions must not produce multiple outputs" in found.message


def test_else_belongs_to_its_own_definition() -> None:
    text = "f(x) := 1 if x == 1\nelse := 2 if x == 2\nelse := 3\np := [f(1), f(2), f(3)]"
    assert v1(text) == [1, 2, 3]


def test_a_function_without_a_body_is_true_for_its_arguments() -> None:
    assert value("f(0)\np { f(0) }") is True
    assert value("f(0)\np { f(1) }") == UNDEFINED


def test_a_function_that_is_false_is_not_undefined() -> None:
    text = "f(x) = false { x }\np { f(true) == false }\nq { not f(true) }"
    assert value(text) is True
    assert value(text, path="data.t.q") is True


def test_functions_of_other_packages_are_called_by_path_and_import() -> None:
    library = "package lib.math\ntwice(x) = x * 2"
    assert value("p = data.lib.math.twice(2)", library) == 4
    assert value("import data.lib.math\np = math.twice(2)", library) == 4
    assert value("import data.lib.math.twice as double\np = double(2)", library) == 4


def test_an_undefined_operand_makes_the_call_undefined() -> None:
    assert value("f(x) = 1\np = f(input.nothing)") == UNDEFINED


def test_the_wrong_number_of_arguments_is_refused() -> None:
    assert "arity mismatch" in error("f(x, y) = x\np = f(1)").message
    assert error("f(x) = x\nf(x, y) = y").code == "rego_type_error"


def test_an_argument_may_not_be_declared_again() -> None:
    assert "arg x redeclared" in error("f(x) = y { x := 1; y := x }").message
