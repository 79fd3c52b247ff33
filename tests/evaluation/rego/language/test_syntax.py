"""Syntax: both versions, comments, layout, and errors that say where."""

from __future__ import annotations

import pytest

from policy_app.evaluation.rego import RegoError
from policy_app.evaluation.rego.program import Program
from tests.evaluation.rego.asking import error, v1, value


def test_comments_and_line_ends_separate_statements() -> None:
    text = 'p = {  # one\n  "a": 1,  # two\n  "b": 2,\n}\nq { true; # x\n true\n}'
    assert value(text) == {"a": 1, "b": 2}


def test_windows_line_ends_are_white_space() -> None:
    assert value("p {\r\n  x := 1\r\n  x == 1\r\n}\r\n") is True


def test_keywords_of_v1_are_names_in_v0_until_they_are_imported() -> None:
    assert value("if = 1\nevery = 2\np = [if, every]") == [1, 2]
    assert value("import future.keywords\np if 1 in [1]") is True
    assert value("import future.keywords.in\np = [x | some x in [1]]") == [1]
    assert value("import rego.v1\np contains 1 if true") == [1]
    assert error("import future.keywords.if\nif = 1").code == "rego_parse_error"


def test_v1_wants_its_keywords() -> None:
    assert "`if` keyword" in error("p { true }", version="v1").message
    assert "`contains` keyword" in error("p[x]", version="v1").message
    assert v1("p if { true }") is True


def test_v1_refuses_deprecated_builtins() -> None:
    assert value("p = any([true])") is True
    assert "deprecated" in error("p := any([true])", version="v1").message


def test_a_dotted_name_after_white_space_is_no_reference() -> None:
    assert error("p { input.a\n.b }").code == "rego_parse_error"
    assert error("p { input .a }").code == "rego_parse_error"


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("p {", 2, 4),
        ("p = 01", 2, 5),
        ('p = "a', 2, 5),
        ("p { x = 1 x = 2 }", 2, 11),
        ("p = {1, 2", 2, 10),
        ("p = [1 2]", 2, 8),
        ("p { 1 + }", 2, 9),
        ("p = @", 2, 5),
        ('p = "\\x"', 2, 5),
        ("default p { true }", 2, 1),
        ("p { some 1 }", 2, 5),
        ("import foo.bar", 2, 1),
        ("q\np = 1", 2, 1),
        ("p = 1 q = 2", 2, 7),
    ],
)
def test_a_syntax_error_says_where(text: str, line: int, column: int) -> None:
    found = error(text)
    assert found.code == "rego_parse_error"
    assert (found.line, found.column) == (line, column)
    assert found.file == "module-0.rego"
    assert found.text == text.split("\n")[line - 2]


@pytest.mark.parametrize("text", ["", "package", "p = 1", "package 1", "package a b"])
def test_a_module_starts_with_its_package(text: str) -> None:
    with pytest.raises(RegoError) as caught:
        Program((text,), "v0")
    assert caught.value.code == "rego_parse_error"


def test_an_error_is_shown_with_file_and_line() -> None:
    assert str(error("p { x }")) == "module-0.rego:2: rego_unsafe_var_error: var x is unsafe"


def test_a_bare_term_heads_a_comprehension_before_it_is_an_operand() -> None:
    assert value("p = {x | x = 1}") == [1]
    assert value("a = {1}\nb = {2}\np = {c | c = a | b}") == [[1, 2]]


def test_operators_bind_as_in_opa() -> None:
    assert value("p = 2 + 3 * 4") == 14
    assert value("p = x { x := 1 + 1 == 2 }") is True
    assert value("p = {1, 2, 3} & {2, 3} | {9}") == [2, 3, 9]
    assert v1("p := 1 in [1] == true") is False
