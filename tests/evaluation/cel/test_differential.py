"""The compiler's own runtime is the second opinion: the same answers for generated expressions."""

from __future__ import annotations

from typing import Any

import pytest
from cel_expr_python import cel
from cel_expr_python.ext import ext_optional, ext_strings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policy_app.evaluation.cel.errors import CelCompileError, CelError
from tests.evaluation.cel.asking import POD, value
from tests.evaluation.cel.test_expressions import TRUE

FAILED = "failed"
REFUSED = "refused"

_NUMBERS = st.sampled_from(["0", "1", "2", "-3", "pod.replicas", "size(pod.containers)", "x", "y"])
_TEXTS = st.sampled_from(["''", "'a'", "'shop'", "'ab,c'", "pod.name", "pod.labels.app"])
_LISTS = st.sampled_from(["[]", "[0, 1, 2]", "[3, 3]", "pod.containers[0].ports", "pod.nope"])


def _numbers(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    operators = st.sampled_from(["+", "-", "*", "/", "%"])
    return st.builds("({} {} {})".format, inner, operators, inner)


def _booleans(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    join = st.builds("({} {} {})".format, inner, st.sampled_from(["&&", "||"]), inner)
    negated = st.builds("!{}".format, inner)
    chosen = st.builds("({} ? {} : {})".format, inner, inner, inner)
    macros = st.builds(
        "{}.{}({}, {})".format,
        _LISTS,
        st.sampled_from(["all", "exists", "exists_one"]),
        st.sampled_from(["x", "y"]),
        inner,
    )
    made = st.builds(
        "({}.map(x, {}, x + 1).size() == {}.filter(y, {}).size())".format,
        _LISTS,
        inner,
        _LISTS,
        inner,
    )
    return st.one_of(join, negated, chosen, macros, made)


numbers = st.recursive(_NUMBERS, _numbers, max_leaves=4)
compared = st.builds(
    "({} {} {})".format, numbers, st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), numbers
)
about_texts = st.builds(
    "{}.{}({})".format,
    _TEXTS,
    st.sampled_from(["startsWith", "endsWith", "contains", "matches"]),
    _TEXTS,
)
changed_texts = st.builds(
    "({}.replace({}, {}).split({}).join('-') == {})".format, _TEXTS, _TEXTS, _TEXTS, _TEXTS, _TEXTS
)
leaves = st.one_of(
    compared,
    about_texts,
    changed_texts,
    st.builds("({} in {})".format, numbers, _LISTS),
    st.sampled_from(["true", "false", "has(pod.nope)", "has(pod.labels.app)", "pod.nope"]),
    st.builds("(pod.?labels[?{}].orValue('none') == {})".format, _TEXTS, _TEXTS),
)
booleans = st.recursive(leaves, _booleans, max_leaves=8)


def _ours(text: str) -> Any:
    try:
        return value(text, request=3)
    except CelError:
        return FAILED
    except CelCompileError:
        return REFUSED


def _theirs(text: str) -> Any:
    environment = cel.NewEnv(
        variables={"pod": cel.Type.DYN},
        extensions=[ext_strings.ExtStrings(), ext_optional.ExtOptional()],
    )
    try:
        compiled = environment.compile(text)
    except RuntimeError:
        return REFUSED
    try:
        found = compiled.eval(data={"pod": POD})
    except RuntimeError:
        return FAILED
    return FAILED if found.type() == cel.Type.ERROR else found.plain_value()


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(booleans)
def test_generated_expressions_have_the_same_answer(text: str) -> None:
    # x and y are only known within macros.
    wrapped = f"[2].all(x, [1].all(y, {text}))"

    assert _ours(wrapped) == _theirs(wrapped)


# The runtime in C++ fails where cel-go, and so Kubernetes, has no field.
DIFFERENT = {"!has(pod.nothing.x) && !has(pod.name.x) && pod.nothing.?x.orValue(1) == 1"}


@pytest.mark.parametrize("text", sorted(set(TRUE) - DIFFERENT))
def test_what_the_runtime_knows_it_answers_in_the_same_way(text: str) -> None:
    assert _theirs(text) in (True, REFUSED)
