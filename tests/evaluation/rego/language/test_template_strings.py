"""Template strings: `$"…{expression}…"`, and raw ones between backticks."""

from __future__ import annotations

from typing import Any

import pytest

from tests.evaluation.rego.asking import UNDEFINED, error, v1, value


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ('$"hello"', "hello"),
        ('$""', ""),
        ("$`hello`", "hello"),
        ('$"{1} {2.5} {"foo"} {false} {null}"', "1 2.5 foo false null"),
        ('$"{[true, "a"]} {{"a": "b"}} {{}}"', '[true, "a"] {"a": "b"} {}'),
        ('$"{{1, "b"}} {set()}"', '{1, "b"} set()'),
        ('$"{input.user.name}: {input.user.missing}"', "alice: <undefined>"),
        ('$"{input.user}"', '{"name": "alice"}'),
        ('$"{1 + 2 * 3} {upper("a")} {count([x | x := input.xs[_]])}"', "7 A 2"),
        ('$"{1 / 0}"', "<undefined>"),
        (r'$"a\tb \"q\" \u00e9 \{not {input.user.name}}"', 'a\tb "q" é {not alice}'),
        (r"$`a\tb \{not {input.user.name}}`", r"a\tb {not alice}"),
        ("$`first\nsecond {input.user.name}\nthird`", "first\nsecond alice\nthird"),
        ('$"outer {$"inner {input.user.name}"} {$`{"raw"}`}"', "outer inner alice raw"),
        ('$"{input.user.name with input.user.name as "bob"}"', "bob"),
        ('$"{"a" in {"a", "b"}}"', "true"),
        ('$"{\n  input.user.name  # who\n}!"', "alice!"),
        ('concat(",", [$"{input.user.name}", $"{1}"])', "alice,1"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("version", ["v0", "v1"])
def test_a_template_string_prints_its_expressions(
    template: str, expected: str, version: Any
) -> None:
    given = {"user": {"name": "alice"}, "xs": [1, 2]}
    keywords = "import rego.v1\n" if version == "v0" else ""
    assert value(f"{keywords}p := {template}", input=given, version=version) == expected


def test_an_undefined_expression_does_not_end_the_rule() -> None:
    text = """
    deny contains $"{input.name} is '{role}', not of {allowed}" if not role in allowed
    allowed := ["admin"]
    default role := "guest"
    role := input.role
    p := deny"""
    assert v1(text, input={}) == ["<undefined> is 'guest', not of [\"admin\"]"]
    assert v1(text, input={"role": "admin"}) == []


def test_variables_come_from_the_body_in_whatever_order_it_is_written() -> None:
    assert v1('p contains s if { s = $"{x}!"; x = input[_] }', input=[1, 2]) == ["1!", "2!"]
    assert v1('p contains $"{i}{x}" if some i, x in input', input=["a"]) == ["0a"]
    assert v1('f(x) := $"<{x}>"\np := f(input.a)', input={"a": [1]}) == "<[1]>"
    assert v1('p if { every x in input { startswith($"{x}", "a") } }', input=["a", "ab"]) is True
    assert v1('p if not $"{input.a}" == "b"', input={"a": "b"}) == UNDEFINED


@pytest.mark.parametrize(
    "text",
    [
        'p := $"{x}"',
        'p := $"{input.xs[_]}"',
        'p if { y := $"{input.xs[i]}"; y }',
        'p contains $"{x}" if input.y',
    ],
)
def test_an_expression_that_would_have_several_values_is_unsafe(text: str) -> None:
    assert error(text, version="v1").code == "rego_unsafe_var_error"


@pytest.mark.parametrize(
    "text",
    [
        'p := $"{',
        'p := $"abc',
        'p := $"{1',
        'p := $"{1}',
        'p := $"{}"',
        'p := $"{1 2}"',
        'p := $"{1; 2}"',
        'p := $"{x := 1}"',
        'p := $"{some x in [1]}"',
        r'p := $"\q"',
        "p := $x",
        "p := $`{`",
        'p := $"a\nb"',
        "p := $" + '"{$' * 60 + '"' * 3,
        'default p := $"{input.x}"',
    ],
)
def test_what_is_no_template_string_does_not_parse(text: str) -> None:
    assert error(text, version="v1").code == "rego_parse_error"


def test_an_error_behind_a_template_string_has_its_own_line() -> None:
    found = error("p := $`a\n{1}\nb`\nq := ", version="v1")
    assert found.line == 5
