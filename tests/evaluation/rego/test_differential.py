"""The same programs on our engine and on the peer: the same answers, or a named difference."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from policy_app.evaluation.rego import RegoError, Undefined
from policy_app.evaluation.rego.program import Program
from tests.evaluation.rego.peer import PeerProgram
from tests.evaluation.rego.programs import inputs, programs

FAILED = "failed"


def _ours(text: str, document: Any) -> Any:
    try:
        return Program((text,), "v0").query("data.t.p", input=document)
    except Undefined:
        return None
    except RegoError:
        return FAILED


def _peers(text: str, document: Any) -> Any:
    try:
        return PeerProgram((text,), "v0").query("data.t.p", input=document)
    except Undefined:
        return None
    except RegoError:
        return FAILED


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(programs(), inputs)
def test_generated_programs_have_the_same_answer(text: str, document: dict[str, Any]) -> None:
    assert _ours(text, document) == _peers(text, document)


NAMED_DIFFERENCES = [
    pytest.param(
        'package t\np { not startswith(input.x, "a") }',
        None,
        True,
        id="operands of a negated call are computed before it: open-policy-agent/opa#1877",
    ),
    pytest.param(
        "package t\np { not input.x[_] == 1 }",
        FAILED,
        None,
        id="a wildcard under not is unsafe in OPA: the statement gives it no value",
    ),
    pytest.param(
        "package t\np = 1 / 0",
        None,
        FAILED,
        id="a builtin's error is undefined unless errors are strict: OPA's policy reference",
    ),
    pytest.param(
        "package t\np { some x; true }",
        FAILED,
        True,
        id="a declared variable must be used: OPA reports 'declared var x unused'",
    ),
    pytest.param(
        "package t\np = any([true])",
        True,
        FAILED,
        id="v0 still has any, all and re_match: OPA's list of deprecated builtins",
    ),
    pytest.param(
        "package t\np { x = [1, 2]; [1, 2, 3] = x }",
        None,
        None,
        id="arrays of different lengths never unify",
    ),
    pytest.param(
        "package t\np = 100000000000000000000000",
        100000000000000000000000,
        1e23,
        id="whole numbers have no bound and lose no digit",
    ),
    pytest.param(
        "package t\np { [x, y] = [y, 1]; x == 1 }",
        True,
        FAILED,
        id="arrays unify part by part, in whatever order binds their variables",
    ),
    pytest.param(
        "package t\np[x] { x = [1, 2][_]; some k; input.object[k] == x }",
        [],
        FAILED,
        id="an iteration over nothing is no error, also the second time around a loop",
    ),
    pytest.param(
        "package t\np.q.r = 1",
        {"q": {"r": 1}},
        FAILED,
        id="a query may name a path above a rule: OPA answers with the document there",
    ),
]


@pytest.mark.parametrize(("text", "ours", "peers"), NAMED_DIFFERENCES)
def test_a_named_difference_is_still_one(text: str, ours: Any, peers: Any) -> None:
    assert _ours(text, {}) == ours
    assert _peers(text, {}) == peers
