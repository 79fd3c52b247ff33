"""The builtins and ``regorus`` give the same answers, or the difference is named here.

Operands are drawn at random and given to both: to ours as values, to the peer as an input to
``x := <builtin>(input[0], …)``.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest
import regorus
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from policy_app.evaluation.rego.builtins import BuiltinError
from policy_app.evaluation.rego.values import Value, rego_equal, to_json
from tests.evaluation.rego.builtins.calls import call

UNDEFINED = "<undefined>"

TEXT = st.text("abcAB.-/ ñé世%{}[]*?\\,:_019", max_size=10)
WORDS = st.lists(TEXT, max_size=4)
SMALL = st.integers(-20, 20)
NUMBERS = SMALL | st.sampled_from([0.5, -1.5, 2.25, 1e6])
SCALARS = st.none() | st.booleans() | NUMBERS | TEXT
DOCUMENTS: st.SearchStrategy[Value] = st.recursive(
    SCALARS,
    lambda members: st.lists(members, max_size=3) | st.dictionaries(TEXT, members, max_size=3),
    max_leaves=6,
)
OBJECTS = st.dictionaries(st.sampled_from("abc"), DOCUMENTS, max_size=3)
FLAT = st.dictionaries(st.sampled_from("abc"), SCALARS, max_size=3)
LISTS = st.lists(DOCUMENTS, max_size=4)
NODES = st.sampled_from("abcd")
GRAPHS = st.dictionaries(NODES, st.lists(NODES, max_size=3), max_size=4)
OCTET = st.integers(0, 255).map(str)
ADDRESSES = st.tuples(OCTET, OCTET, OCTET, OCTET).map(".".join)
BLOCKS = st.tuples(ADDRESSES, st.integers(0, 32)).map(lambda pair: f"{pair[0]}/{pair[1]}")
VERSION = st.tuples(*[st.integers(0, 12).map(str)] * 3).map(".".join)
VERSIONS = VERSION | st.tuples(VERSION, st.sampled_from(["a", "a.1", "b", "1", "a.b"])).map(
    "-".join
)


def quantities(*units: str) -> st.SearchStrategy[str]:
    """Amounts with one of these units."""
    return st.tuples(st.integers(0, 5000).map(str), st.sampled_from(units)).map("".join)


CASES: dict[str, tuple[st.SearchStrategy[Value], ...]] = {
    "abs": (NUMBERS,),
    "array.concat": (LISTS, LISTS),
    "array.reverse": (LISTS,),
    "array.slice": (LISTS, SMALL, SMALL),
    "base64.encode": (TEXT,),
    "base64url.encode_no_pad": (TEXT,),
    "bits.and": (SMALL, SMALL),
    "bits.negate": (SMALL,),
    "bits.or": (SMALL, SMALL),
    "bits.xor": (SMALL, SMALL),
    "ceil": (NUMBERS,),
    "concat": (TEXT, WORDS),
    "contains": (TEXT, TEXT),
    "count": (LISTS | OBJECTS | TEXT,),
    "div": (NUMBERS, NUMBERS),
    "endswith": (TEXT, TEXT),
    "floor": (NUMBERS,),
    "format_int": (SMALL, st.sampled_from([2, 8, 10, 16])),
    "graph.reachable": (GRAPHS, st.lists(NODES, max_size=2)),
    "hex.encode": (TEXT,),
    "indexof": (TEXT, st.text("abñ", min_size=1, max_size=2)),
    "json.filter": (OBJECTS, st.lists(st.sampled_from(["a", "b/a", "c/0", "a/b/c"]), max_size=2)),
    "json.remove": (OBJECTS, st.lists(st.sampled_from(["a", "b/a", "a/b/c"]), max_size=2)),
    "lower": (TEXT,),
    "lt": (DOCUMENTS, DOCUMENTS),
    "max": (LISTS,),
    "min": (LISTS,),
    "minus": (NUMBERS, NUMBERS),
    "mul": (NUMBERS, NUMBERS),
    "net.cidr_contains": (BLOCKS, BLOCKS | ADDRESSES),
    "numbers.range": (SMALL, SMALL),
    "object.filter": (OBJECTS, st.lists(st.sampled_from("abc"), max_size=2)),
    "object.get": (OBJECTS, st.sampled_from("abc"), SCALARS),
    "object.keys": (OBJECTS,),
    "object.remove": (OBJECTS, st.lists(st.sampled_from("abc"), max_size=2)),
    "object.subset": (FLAT, FLAT),
    "object.union": (OBJECTS, OBJECTS),
    "object.union_n": (st.lists(OBJECTS, max_size=3),),
    "plus": (NUMBERS, NUMBERS),
    "product": (st.lists(SMALL, max_size=4),),
    "regex.find_n": (st.sampled_from(["a", "[ab]+", "a.", "ñ"]), TEXT, st.just(-1)),
    "regex.match": (st.sampled_from(["^a", "a.b", "[A-Z]", "世$", r"\d"]), TEXT),
    "regex.split": (st.sampled_from(["a", "[,.]+", "ñ"]), TEXT),
    "rem": (SMALL, SMALL),
    "replace": (TEXT, st.text("abñ", min_size=1, max_size=2), TEXT),
    "round": (NUMBERS,),
    "semver.compare": (VERSIONS, VERSIONS),
    "semver.is_valid": (VERSIONS | TEXT,),
    "sort": (LISTS,),
    "split": (TEXT, st.text("abñ,", min_size=1, max_size=2)),
    "startswith": (TEXT, TEXT),
    "strings.count": (TEXT, st.text("abñ", min_size=1, max_size=2)),
    # The peer replaces again in what it has replaced, which Go's replacer does not.
    "strings.replace_n": (
        st.dictionaries(st.sampled_from("abñ"), st.text("xy", max_size=2), max_size=2),
        TEXT,
    ),
    "strings.reverse": (TEXT,),
    "substring": (TEXT, st.integers(0, 10), st.integers(-1, 10)),
    "sum": (st.lists(SMALL, max_size=4),),
    "time.clock": (st.integers(0, 2**62),),
    "time.date": (st.integers(0, 2**62),),
    "time.weekday": (st.integers(0, 2**62),),
    "to_number": (st.none() | st.booleans() | NUMBERS | SMALL.map(str),),
    "trim": (TEXT, TEXT),
    "trim_left": (TEXT, TEXT),
    "trim_prefix": (TEXT, TEXT),
    "trim_right": (TEXT, TEXT),
    "trim_space": (TEXT,),
    "trim_suffix": (TEXT, TEXT),
    "type_name": (DOCUMENTS,),
    "units.parse": (quantities("", "m", "K", "Ki", "Gi", "M"),),
    "units.parse_bytes": (quantities("", "KB", "KiB", "Gi", "mb"),),
    "upper": (TEXT,),
    "urlquery.encode": (TEXT,),
}

INFIX = {"plus": "+", "minus": "-", "mul": "*", "div": "/", "rem": "%", "lt": "<"}


@cache
def _peer(name: str, arity: int) -> Any:
    operands = [f"input[{index}]" for index in range(arity)]
    infix = f" {INFIX.get(name, ',')} ".join(operands)
    expression = infix if name in INFIX else f"{name}({infix})"
    engine = regorus.Engine()
    engine.set_rego_v0(True)
    engine.add_policy("peer.rego", f"package peer\n\nanswer = x {{ x := {expression} }}\n")
    return engine


def peer_answer(name: str, operands: list[Value]) -> Any:
    """What the peer answers; an error counts as undefined."""
    engine = _peer(name, len(operands))
    engine.set_input_json(json.dumps(operands))
    try:
        return json.loads(engine.eval_rule_as_json("data.peer.answer"))
    except RuntimeError:
        return UNDEFINED


def our_answer(name: str, operands: list[Value]) -> Any:
    """What we answer, as the peer would print it."""
    try:
        return to_json(call(name, *operands))
    except BuiltinError:
        return UNDEFINED


def _close(a: Any, b: Any) -> bool:
    if isinstance(a, float) or isinstance(b, float):
        return bool(a == pytest.approx(b, rel=1e-12))
    return rego_equal(a, b)


@pytest.mark.parametrize("name", sorted(CASES))
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_the_peer_gives_the_same_answer(name: str, data: st.DataObject) -> None:
    operands = [data.draw(strategy) for strategy in CASES[name]]
    assume(not _differs_by_design(name, operands))
    ours, theirs = our_answer(name, operands), peer_answer(name, operands)
    assert _close(ours, theirs), f"{name}{tuple(operands)}: {ours!r}, the peer says {theirs!r}"


def _differs_by_design(name: str, operands: list[Value]) -> bool:
    """Where OPA's documented answer is ours, and the peer's is another."""
    if name == "urlquery.encode":
        # Go's url.QueryEscape leaves letters, digits and -_.~ as they are, nothing else.
        return "*" in operands[0]
    # A scalar stays where a path goes on below it; the peer drops the scalar.
    return name in ("json.filter", "json.remove") and any("/" in path for path in operands[1])


@pytest.mark.parametrize(
    ("name", "operands", "expected"),
    [
        ("urlquery.encode", ["a*b"], "a%2Ab"),
        ("json.remove", [{"b": None}, ["b/a"]], {"b": None}),
        ("json.filter", [{"b": None}, ["b/a"]], {"b": None}),
    ],
)
def test_where_the_peer_differs_the_answer_is_opas(
    name: str, operands: list[Value], expected: Value
) -> None:
    assert _differs_by_design(name, operands)
    assert our_answer(name, operands) == expected
    assert peer_answer(name, operands) != expected
