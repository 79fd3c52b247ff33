"""The boundary: compiled once, queried from any thread, failing in words."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from policy_app.evaluation.rego import RegoError, Undefined, compile_modules

POLICY = """package example

import data.lib.text.shout

violation[{"msg": msg}] {
  value := input.values[_]
  msg := sprintf("%v: %v", [shout(value), data.inventory])
}

never { false }

one = 1 { input.values }
one = 2 { input.both }
"""
LIBRARY = """package lib.text

shout(text) = upper(text)
"""


def test_a_rule_is_queried_with_input_and_data() -> None:
    program = compile_modules([POLICY, LIBRARY])
    assert program.packages == ("data.example", "data.lib.text")
    for number in (1, 2, 1):
        answer = program.query(
            "data.example.violation", input={"values": ["a"]}, data={"inventory": {"n": number}}
        )
        assert answer == [{"msg": f'A: {{"n": {number}}}'}]


def test_the_same_program_answers_in_several_threads() -> None:
    program = compile_modules([POLICY, LIBRARY])

    def ask(word: str) -> str:
        answer = program.query(
            "data.example.violation", input={"values": [word]}, data={"inventory": 1}
        )
        return str(answer[0]["msg"])

    words = [f"word{number}" for number in range(200)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, words)) == [f"{word.upper()}: 1" for word in words]


def test_undefined_is_not_false() -> None:
    with pytest.raises(Undefined):
        compile_modules([POLICY, LIBRARY]).query("data.example.never", input={})


def test_a_failure_while_running_names_the_line() -> None:
    program = compile_modules([POLICY, LIBRARY])
    with pytest.raises(RegoError) as caught:
        program.query("data.example.one", input={"values": [], "both": True})
    assert caught.value.line in (12, 13)


def test_a_text_that_does_not_parse_names_module_line_and_text() -> None:
    with pytest.raises(RegoError) as caught:
        compile_modules(["package a", "package b\n\nrule {\n  x := \n}\n"])
    error = caught.value
    assert (error.file, error.code) == ("module-1.rego", "rego_parse_error")
    assert error.line in (3, 4, 5)
    assert "Stack" not in str(error)
