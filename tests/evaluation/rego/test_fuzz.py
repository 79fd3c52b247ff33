"""Whatever text comes in: an answer or a ``RegoError``, and soon."""

from __future__ import annotations

import contextlib
import time

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policy_app.evaluation.rego import RegoError, Undefined
from policy_app.evaluation.rego.limits import Limits
from policy_app.evaluation.rego.program import Options, Program
from tests.evaluation.rego.programs import HELPERS

SHORT = Options(limits=Limits(deadline_s=0.5))
SOURCE = (
    "# METADATA\n# title: a\npackage t\nimport future.keywords\n"
    + HELPERS
    + "\n# METADATA\n# custom: {a: [1]}\n# authors: [a <b>]\n"
    + """
p contains {"msg": msg, "details": {}} if {
  some c in input.list
  every k, v in c { k != v }
  not helper(c)
  y := object.union({a: b | b := c[a]}, {"x": [z | z := c[_]; z > 1.5e0]})
  msg := sprintf("%v", [y]) with input.a as `raw`
  text := $"{msg} is {count(y)}, \\{not}"
  text != $`{rego.metadata.rule().title} {{"a": 1}}`
}
else_p := 1 { false } else := 2
q.r[x].s := 1 if x := "a"
"""
)
FRAGMENTS = st.sampled_from(
    [
        *'{}[]()|=:.,;"`#\n&+-*/%<>!_',
        *(":=", "==", "not ", "some ", " in ", "every ", "with "),
        *(
            "else",
            '$"',
            "$`",
            "# METADATA\n",
            "default ",
            "if ",
            "contains ",
            "data.",
            "input",
            "package",
            "set()",
            "1e9",
            "0",
        ),
    ]
)


def _ends_well(text: str) -> None:
    started = time.monotonic()
    with contextlib.suppress(RegoError, Undefined):
        Program((text,), "v0").query(
            "data.t.p", input={"list": [{"a": 1}, {"b": 2}]}, options=SHORT
        )
    assert time.monotonic() - started < 5


@settings(max_examples=300, deadline=None)
@given(st.text())
def test_any_text(text: str) -> None:
    _ends_well(text)


@settings(max_examples=300, deadline=None)
@given(st.binary().map(lambda raw: raw.decode("latin-1")))
def test_any_bytes_behind_a_package_line(text: str) -> None:
    _ends_well("package t\n" + text)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(FRAGMENTS, max_size=30).map("".join))
def test_fragments_of_rego(text: str) -> None:
    _ends_well("package t\np { " + text + " }")


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_program_with_a_piece_replaced(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(SOURCE)))
    end = data.draw(st.integers(start, min(len(SOURCE), start + 40)))
    piece = data.draw(st.one_of(FRAGMENTS, st.text(max_size=5)))
    _ends_well(SOURCE[:start] + piece + SOURCE[end:])


def test_the_program_that_is_changed_has_an_answer_before() -> None:
    found = Program((SOURCE,), "v0").query("data.t.p", input={"list": [{"b": 2}]})
    assert [entry["msg"] for entry in found] == ['{"b": 2, "x": [2]}']
