"""``with``: another input, other data, other functions, for one statement."""

from __future__ import annotations

import pytest

from tests.evaluation.rego.asking import UNDEFINED, error, v1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("p := x if { x := input.y with input.y as 5 }", 5),
        ("p := x if { x := input with input.a.b as 2 with input.c as 3 }", {"a": {"b": 2}, "c": 3}),
        ("p if { q with input as 3 }\nq if input == 3", True),
        ("p := x if { x := q with data.t.r as 5 }\nq := r\nr := 1", 5),
        ("p := x if { x := data.foo with data.foo as 3 }", 3),
        ("p := x if { x := count([1, 2]) with count as f }\nf(_) := 100", 100),
        ("p := x if { x := count([1, 2]) with count as 7 }", 7),
        ("p := x if { x := g([1]) with g as f }\nf(_) := 100\ng(_) := 2", 100),
        ("p := x if { x := h with count as f }\nh := count([1])\nf(x) := 100 + count(x)", 101),
        ("p := x if { x := time.now_ns() with time.now_ns as 5 }", 5),
        ('p := x if { x := upper("aB") with upper as lower }', "ab"),
        ("p if { not q with input.x as 1 }\nq if input.x == 2", True),
        ("p := x if { x := [y | y := input.a[_]] with input.a as [1, 2] }", [1, 2]),
    ],
)
def test_with_replaces(text: str, expected: object) -> None:
    assert v1(text) == expected


def test_the_replacement_ends_with_its_statement() -> None:
    text = "p := [x, y] if { x := q with input.a as 1; y := q }\nq := input.a"
    assert v1(text, input={"a": 2}) == [1, 2]


def test_rules_computed_before_are_computed_anew() -> None:
    text = "p := [x, y] if { x := q; y := q with input.a as 1 }\nq := input.a"
    assert v1(text, input={"a": 2}) == [2, 1]


def test_the_rest_of_a_replaced_document_stays() -> None:
    text = "p := x if { x := data.base with data.base.a as 5 }"
    assert v1(text, data={"base": {"a": 1, "b": 2}}) == {"a": 5, "b": 2}


def test_a_replaced_package_hides_its_rules() -> None:
    text = 'p := x if { x := data.u with data.u as {"n": 1} }'
    assert v1(text, "package u\nimport rego.v1\nq := 2") == {"n": 1}


def test_a_part_of_a_rule_cannot_be_replaced() -> None:
    found = error('import rego.v1\np if { q.a with data.t.q.a as 1 }\nq := {"a": 2}')
    assert "cannot partially replace virtual document" in found.message


def test_an_unknown_target_is_refused() -> None:
    assert error("import rego.v1\np if { true with nothing as 1 }").code == "rego_type_error"


def test_an_undefined_replacement_makes_the_statement_undefined() -> None:
    assert v1("p if { true with input as data.nothing }") == UNDEFINED
