"""Hypothesis strategies for well-formed Rego programs and inputs for them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.sampled_from(["a", "b", "", "a/b"]),
)
documents = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["a", "b", "c"]), inner, max_size=3),
    ),
    max_leaves=6,
)
inputs: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "a": documents,
        "b": documents,
        "list": st.lists(documents, max_size=3),
        "object": st.dictionaries(st.sampled_from(["a", "b"]), documents, max_size=2),
        "number": st.integers(-2, 2),
        "text": st.sampled_from(["a", "b", "ab"]),
    },
)

_LITERALS = ["null", "true", "false", "0", "1", "2", '"a"', '"b"', "[]", "{}", "[1]", '{"a": 1}']
_FIELDS = ["input.a", "input.b", "input.list", "input.object", "input.number", "input.text"]
_KNOWN = ["x", "y"]
"""What every body binds first."""

known_terms = st.sampled_from([*_LITERALS, *_KNOWN, "input.number", "input.text"])
comparisons = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])


def _compared(parts: tuple[str, str, str]) -> str:
    left, operator, right = parts
    return f"{left} {operator} {right}"


tests = st.one_of(
    st.tuples(known_terms, comparisons, known_terms)
    .filter(lambda parts: not (parts[0] in _LITERALS and parts[2] in _LITERALS))
    .map(_compared),
    st.sampled_from(
        [
            "x.a",
            "y[0]",
            "input.object[x]",
            "input.list[_] == y",
            "is_string(x)",
            "is_number(y)",
            "helper(x)",
            "is_one(y)",
            "members[x]",
            "members[_] == y",
            "table[x] == y",
            'flag == "on"',
            "count([1 | input.list[_] == x]) > 0",
            "z = [x, y]; z[0] == x",
            "[x, w] = input.list; w != 1",
            '{"a": v} = x; v == y',
            "s := {i | i = input.list[_]}; count(s) > 1",
            "not x.a",
            "not helper(y)",
            "not x == y",
            "not members[x]",
            'not input.a.b == "a"',
            "input.object[k] == y",
            "v := input.object[k]; v == y; k != x",
        ]
    ),
)
sources = st.sampled_from(
    [
        "{} = input.list[_]",
        "{} = input.a",
        "{} := input.object[_]",
        "input.list[{}]",
        "{} = input.b.a",
        "{} = members[_]",
        '{} := [1, "a", true, null][_]',
        "{} := input.number",
    ]
)
HELPERS = """
helper(v) { v.a }
helper(v) { v == 1 }
is_one(1) = true
is_one("a") = false
members[v] { v = input.list[_] }
members[v] { v = input.object[_] }
table[k] = v { v = input.object[k] }
default flag = "off"
flag = "on" { input.number > 0 }
"""
heads = st.sampled_from(["p[x]", "p[[x, y]]", "p[y]", 'p[{"k": x, "v": y}]'])


@st.composite
def programs(draw: st.DrawFn) -> str:
    """A v0 module in ``package t`` with the set ``p``."""
    rules = []
    head = draw(heads)
    for _ in range(draw(st.integers(1, 2))):
        body = [draw(sources).format("x"), draw(sources).format("y")]
        body += draw(st.lists(tests, max_size=3, unique=True))
        rules.append(f"{head} {{\n  " + "\n  ".join(body) + "\n}")
    return "package t\n" + HELPERS + "\n".join(rules)
