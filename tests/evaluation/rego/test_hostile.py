"""Policies written by strangers: they get no code in, and take no more than their share."""

from __future__ import annotations

import io
import keyword
import re
import time
import tokenize

import pytest

from policy_app.evaluation.rego import RegoError, RegoLimitError
from policy_app.evaluation.rego.assembly import BASE
from policy_app.evaluation.rego.limits import Limits
from policy_app.evaluation.rego.program import Options, Program

_GENERATED = re.compile(r"[A-Za-z]\d+|rule\d+|members\d+|[ABESUZ]")
_OWN_NAMES = {*keyword.kwlist, *BASE, "SLOTS", "refill", "ticks", "elements", "exhausted"} | {
    *("get", "items", "append", "value", "startswith", "charge_string", "r", "e", "m", "k")
}

HOSTILE = "'''\\n__import__('os').system('touch /tmp/owned')\\n'''"


def _program(text: str) -> Program:
    return Program((f"package t\n{text}",), "v0")


@pytest.mark.parametrize(
    "text",
    [
        f'p = "{HOSTILE}"',
        f'p["{HOSTILE}"] = input["{HOSTILE}"]',
        "p = `\n); import os; (`",
        "__import__ = 1\np { __import__ == 1; True := 2; True == 2; S := 3; S > 2 }",
        "def = 1\nlambda = 2\np { def < lambda; U := 1; U == 1; t1 := 2; t1 == 2 }",
        "f(S, B) = S { S == B }\np = f(1, 1)",
        "p { data.__class__; input.__dict__ }",
    ],
)
def test_generated_code_has_only_generated_names_and_no_constants(text: str) -> None:
    program = _program(text)
    for token in tokenize.generate_tokens(io.StringIO(program._linked.text).readline):
        if token.type == tokenize.NAME:
            assert _GENERATED.fullmatch(token.string) or token.string in _OWN_NAMES, token
        else:
            assert token.type != tokenize.STRING, token


def test_generated_code_has_no_builtins_of_python() -> None:
    assert _program("p = 1")._linked.functions["__builtins__"] == {}


def test_names_of_python_mean_nothing_in_rego() -> None:
    program = _program("p = [x | x := input.__class__]\nq = input.items\nr = data.t.__init__")
    assert program.query("data.t.p", input={}) == []
    assert program.query("data.t", input={}) == {"p": []}


LONG_RUNNING = [
    "p { x := numbers.range(1, 3000)[_]; y := numbers.range(1, 3000)[_]; x + y < 0 }",
    "p = count([1 | numbers.range(1, 2000)[_]; numbers.range(1, 2000)[_]; 1 > 2])",
    "\n".join(
        [f"f{n}(x) {{ not f{n + 1}(x); not f{n + 1}(x) }}" for n in range(40)]
        + ["f40(x) { x == 1 }", "p { f0(2) }", "p { not f0(2) }"]
    ),
    "p { every_one }\nevery_one { walk(input, [a, _]); walk(input, [b, _]); walk(input, [c, _]);"
    " a == [b, c, 1] }",
]


@pytest.mark.parametrize("text", LONG_RUNNING)
def test_a_query_ends_at_its_deadline(text: str) -> None:
    options = Options(limits=Limits(deadline_s=0.3))
    document = {"a": [[n] for n in range(2000)]}
    started = time.monotonic()
    with pytest.raises(RegoLimitError):
        _program(text).query("data.t.p", input=document, options=options)
    assert time.monotonic() - started < 3


TOO_LARGE = [
    "p = [x | x := numbers.range(1, 1000)[_]; numbers.range(1, 5000)[_]]",
    "p[[x, y]] { x := numbers.range(1, 1000)[_]; y := numbers.range(1, 5000)[_] }",
    "p = numbers.range(1, 1000000000000)",
    'p = sprintf("%999999d%999999d%999999d%999999d%999999d", [1, 1, 1, 1, 1])',
    'p = [s | numbers.range(1, 1000)[_]; s := sprintf("%0*d", [999999, 1])]',
    'p = concat("", [s | numbers.range(1, 100000)[_]; s := `' + "x" * 1000 + "`])",
    'p = replace(concat("", [s | s := "xxxxxxxxxx"; numbers.range(1, 1000)[_]]), "", "'
    + "y" * 2000
    + '")',
    "\n".join(["a0 = [1, 1]", *(f"a{n} = [a{n - 1}, a{n - 1}]" for n in range(1, 60)), "p = a59"]),
    "\n".join(
        [
            "a0 = [1, 1]",
            *(f"a{n} = [a{n - 1}, a{n - 1}]" for n in range(1, 60)),
            'p = sprintf("%v", [a59])',
        ]
    ),
]


@pytest.mark.parametrize("text", TOO_LARGE)
def test_a_query_ends_at_the_bounds_of_its_size(text: str) -> None:
    with pytest.raises(RegoLimitError):
        _program(text).query("data.t.p", input={}, options=Options(limits=Limits(deadline_s=5)))


def test_equal_values_that_share_their_parts_are_compared_soon() -> None:
    def doubling(name: str) -> list[str]:
        steps = (f"{name}{n} = [{name}{n - 1}, {name}{n - 1}]" for n in range(1, 60))
        return [f"{name}0 = [input.x, 1]", *steps]

    text = "\n".join([*doubling("a"), *doubling("b"), "p { a59 == b59; {a59}[b59] }"])
    assert _program(text).query("data.t.p", input={"x": 2}) is True


def test_the_process_lives_on_after_a_limit() -> None:
    program = _program("p = numbers.range(1, input.n)")
    with pytest.raises(RegoLimitError):
        program.query("data.t.p", input={"n": 10**12})
    assert program.query("data.t.p", input={"n": 2}) == [1, 2]


def test_a_chain_of_calls_longer_than_the_stack_is_an_error_and_no_crash() -> None:
    steps = [f"f{n}(x) = f{n + 1}(x)" for n in range(3000)]
    program = _program("\n".join([*steps, "f3000(x) = x", "p = f0(1)"]))
    with pytest.raises(RegoLimitError):
        program.query("data.t.p", input={})


def test_an_input_nested_beyond_reason_is_an_error_and_no_crash() -> None:
    nested: list[object] = []
    for _ in range(100_000):
        nested = [nested]
    program = _program("p = input.x\nq { input.x == [[]] }\nr[x] { x := input.x }")
    for path in ("data.t.p", "data.t.r"):
        with pytest.raises(RegoLimitError):
            program.query(path, input={"x": nested})


@pytest.mark.parametrize(
    "text",
    [
        "p = " + "[" * 5000 + "]" * 5000,
        "p = " + "(" * 5000 + "1" + ")" * 5000,
        "p = " + "1 + " * 5000 + "1",
        "p = " + "{" * 200 + "}" * 200,
        "p { " + "not " * 1000 + "true }",
        "p = input" + ".a" * 5000,
        "p { " + "; ".join(f"input.a[x{n}]" for n in range(90)) + " }",
        "p = 1 { false }" + " else = 1 { false }" * 500,
        "p = " + "9" * 100_000,
        "# " + "x" * 2_000_000,
    ],
)
def test_a_source_beyond_reason_does_not_compile(text: str) -> None:
    started = time.monotonic()
    with pytest.raises(RegoError):
        _program(text)
    assert time.monotonic() - started < 5
