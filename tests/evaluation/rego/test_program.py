"""Programs: shared by threads, sent to other processes, asked by path or by query text."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor

import pytest

from policy_app.evaluation.rego import RegoError, Undefined, compile_modules
from policy_app.evaluation.rego.program import Options, Program

TEXT = "package a.b\np = input.x\nq[x] { x := input.list[_] }\nf(x) = x"


def test_the_same_sources_give_the_same_program() -> None:
    assert compile_modules([TEXT]) is compile_modules((TEXT,))
    assert compile_modules([TEXT]).packages == ("data.a.b",)


def test_a_program_answers_from_many_threads() -> None:
    program = compile_modules([TEXT])

    def ask(number: int) -> int:
        answer: int = program.query("data.a.b.p", input={"x": number})
        return answer

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(500))) == list(range(500))


def test_a_program_survives_pickling() -> None:
    copy = pickle.loads(pickle.dumps(compile_modules([TEXT])))
    assert copy.query("data.a.b.p", input={"x": 1}) == 1


def test_the_input_is_not_changed() -> None:
    document = {"x": {"y": [1]}, "list": [2]}
    text = "package t\np = x { x := input with input.x.z as 2 }"
    assert Program((text,), "v0").query("data.t.p", input=document) == {
        "x": {"y": [1], "z": 2},
        "list": [2],
    }
    assert document == {"x": {"y": [1]}, "list": [2]}


def test_an_undefined_path_is_told_from_an_error() -> None:
    program = compile_modules([TEXT])
    for path in ("data.a.b.p", "data.a.b.nothing", "data.a.b.f"):
        with pytest.raises(Undefined):
            program.query(path, input={})
    with pytest.raises(RegoError):
        program.query("input.x", input={})


def test_a_query_text_answers_with_variables_and_values() -> None:
    program = compile_modules([TEXT])
    results = program.eval_query("data.a.b.q[x]; y := x * 2", input={"list": [3, 4]})
    assert [result.bindings for result in results] == [{"x": 3, "y": 6}, {"x": 4, "y": 8}]
    assert [[e.value for e in result.expressions] for result in results] == [[3, True], [4, True]]


def test_a_query_without_an_answer_has_no_results() -> None:
    program = compile_modules([TEXT])
    assert program.eval_query("data.a.b.p = x", input={}) == []
    (result,) = program.eval_query("1 > 2", input={})
    assert result.expressions[0].value is False


def test_a_query_that_does_not_compile_is_an_error() -> None:
    with pytest.raises(RegoError) as caught:
        compile_modules([TEXT]).eval_query("data.a.b.p = ")
    assert (caught.value.code, caught.value.file) == ("rego_parse_error", "query")


def test_a_provider_answers_external_data() -> None:
    text = 'package t\np = x { x := external_data({"provider": "a", "keys": ["k"]}) }'
    options = Options(external_data=lambda request: {"asked": request["keys"]})
    answer = Program((text,), "v0").query("data.t.p", input={}, options=options)
    assert answer == {"asked": ["k"]}
