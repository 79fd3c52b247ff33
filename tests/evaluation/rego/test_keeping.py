"""Programs that are kept as bytes answer as those that were compiled."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from policy_app.evaluation.rego import RegoError, keeping
from policy_app.evaluation.rego.program import Program

POLICY = """package a
import future.keywords.in

names = {"x", 1, true, [1, {"k": {2}}]}
some_names[x] { x := names[_] }
told = sprintf("%v and %d", [input.a, 3])
known[name] = thing { thing := data.things[name] }
is_known { input.name in ["web", "mail"] }
other = x { x := count(known) with data.things as {"a": 1, "b": 2} }
mocked = x { x := upper("X") with upper as lower }
matches { regex.match("^w", input.name) }
f(x) = y { y := x + 1 }
two = f(1)
all_of = data.lib.b
"""
LIBRARY = """package lib.b
here = input.name
"""


class _Memory(dict[str, bytes]):
    def put(self, key: str, kept: bytes) -> None:
        self[key] = kept


@pytest.fixture
def memory() -> Iterator[_Memory]:
    keeper = _Memory()
    keeping.keep_with(keeper)
    yield keeper
    keeping.keep_with(None)


def _answer(program: Program) -> Any:
    thing = {"a": {"q": [1]}, "name": "web"}
    return program.query("data.a", input=thing, data={"things": {"t": {"spec": 1}}})


def test_a_kept_program_answers_as_the_one_that_was_compiled(memory: _Memory) -> None:
    compiled = Program((POLICY, LIBRARY), "v0")
    kept = Program((POLICY, LIBRARY), "v0")
    assert len(memory) == 1
    assert compiled._linked.text
    assert not kept._linked.text
    assert kept.packages == compiled.packages == ("data.a", "data.lib.b")
    answer = _answer(compiled)
    assert answer["told"] == '{"q": [1]} and 3'
    assert _answer(kept) == answer


def test_a_kept_program_explains_and_is_asked_other_queries(memory: _Memory) -> None:
    Program((POLICY, LIBRARY), "v0")
    kept = Program((POLICY, LIBRARY), "v0")
    found = kept.explain("data.a.told", input={"a": 1})
    assert [read.path for read in found[0].reads] == [("a",)]
    assert kept.eval_query("x := data.a.two")[0].bindings == {"x": 2}


def test_errors_of_a_kept_program_point_at_the_line(memory: _Memory) -> None:
    text = "package a\np = x {\n  x := input.xs[_]\n}"
    for _ in range(2):
        with pytest.raises(RegoError, match=r"module-0\.rego:2") as caught:
            Program((text,), "v0").query("data.a.p", input={"xs": [1, 2]})
        assert caught.value.text == "p = x {"


@pytest.mark.parametrize(
    ("sources", "version"),
    [(("package a\np = 1",), "v1"), (("package a\np = 2",), "v0"), (("package a", "p = 1"), "v0")],
)
def test_another_text_or_version_is_another_program(
    memory: _Memory, sources: tuple[str, ...], version: Any
) -> None:
    Program(("package a\np = 1",), "v0")
    keeping.keep(keeping.key_of(sources, version, ()), keeping.Kept((), _any(memory)))
    assert len(memory) == 2


def _any(memory: _Memory) -> Any:
    found = keeping.fetch(next(iter(memory)))
    assert found is not None
    return found.assembly


def test_what_does_not_compile_is_not_kept(memory: _Memory) -> None:
    for _ in range(2):
        with pytest.raises(RegoError):
            Program(("package a\np { x }",), "v0")
    assert not memory


def test_what_was_told_of_a_program_is_remembered(memory: _Memory) -> None:
    assert Program((POLICY,), "v0").remember("size", lambda: [1]) == [1]
    assert Program((POLICY,), "v0").remember("size", lambda: [2]) == [1]


def test_without_a_keeper_nothing_is_remembered() -> None:
    program = Program((POLICY,), "v0")
    assert program.remember("size", lambda: 1) == 1
    assert program.remember("size", lambda: 2) == 2
