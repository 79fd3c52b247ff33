"""No builtin outlasts a query's deadline by much, whatever its operands."""

from __future__ import annotations

import contextlib
import time

import pytest

from policy_app.evaluation.rego.builtins import BuiltinError
from policy_app.evaluation.rego.errors import RegoLimitError
from policy_app.evaluation.rego.limits import Budget, Limits
from policy_app.evaluation.rego.values import Value
from tests.evaluation.rego.builtins.calls import QueryContext, call

DEADLINE_S = 0.3
PATIENCE_S = 5.0
"""Long enough for a busy machine; what is not bounded takes minutes."""

LONG = "a" * 2_000_000
NESTED: Value = [1] * 200_000
LETTERS = "".join(map(chr, range(0x4E00, 0x9000)))

UNIQUE = {"properties": {"a": {"uniqueItems": True}}}
HEAVY: list[tuple[str, tuple[Value, ...]]] = [
    ("strings.replace_n", ({"a" * 500 + str(i): "" for i in range(300)}, LONG)),
    ("trim", (LETTERS[-1] * 1_000_000, LETTERS)),
    ("indexof_n", (LONG, "a" * 1_000_000)),
    ("sort", ([[NESTED, i] for i in range(5_000)],)),
    ("max", ([[NESTED, i] for i in range(5_000)],)),
    ("sum", ([0.1] * 900_000,)),
    ("net.cidr_merge", ([f"10.0.{i >> 8}.{i & 255}/32" for i in range(0, 60_000, 2)] * 10,)),
    ("net.cidr_expand", ("10.0.0.0/13",)),
    ("semver.compare", ("1.0.0-" + "9" * 5_000, "1.0.0-1")),
    ("units.parse", ("1" * 2_000_000 + "+",)),
    ("to_number", ("1" * 2_000_000 + "+",)),
    ("time.parse_duration_ns", ("1" * 2_000_000 + "+",)),
    ("time.format", ([0, "UTC", "2006" * 500_000],)),
    ("time.parse_ns", ("2006" * 10_000, "2006" * 10_000)),
    ("yaml.unmarshal", ("- a: b\n" * 100_000,)),
    ("yaml.marshal", ([{"a": "b"}] * 100_000,)),
    ("json.unmarshal", ("[" + "1," * 900_000 + "1]",)),
    ("json.unmarshal", ("[" * 900 + "]" * 900,)),
    ("strings.render_template", ("{{" + " " * 90_000, {})),
    ("strings.render_template", ("{{.a}}" * 10_000, {"a": 1})),
    ("glob.match", ("*a" * 1_000_000, [], "x")),
    ("glob.match", ("[a-z]" * 1_500, [], LONG)),
    ("regex.globs_match", (LONG, "b")),
    ("regex.find_n", ("a.*b|a", LONG, -1)),
    ("regex.replace", (LONG, "a", "b")),
    ("regex.match", ("[ab]*a[ab]{900}c", "ab" * 50_000)),
    ("sprintf", ("%5d" * 500_000, [1] * 500_000)),
    ("sprintf", ("%d" * 1_000_000, [1])),
    ("object.subset", ([1] * 200_000, [1] * 100_000 + [2])),
    ("urlquery.decode_object", ("a&" * 900_000,)),
    ("json.match_schema", ({"a": [[i] for i in range(9_000)]}, UNIQUE)),
    ("json.match_schema", ({"a": 1}, {"allOf": [{"$ref": "#"}]})),
    ("json.verify_schema", ({"properties": {str(i): {"type": "string"} for i in range(20_000)}},)),
    ("graph.reachable_paths", ({str(i): [str(j) for j in range(i)] for i in range(40)}, ["39"])),
    ("json.patch", (list(range(100_000)), [{"op": "add", "path": "/0", "value": 1}] * 1_000)),
    ("walk", ([[i] for i in range(300_000)],)),
    ("bits.lsh", (1, 10**12)),
]


@pytest.mark.parametrize(("name", "operands"), HEAVY, ids=[name for name, _ in HEAVY])
def test_a_builtin_ends_soon_after_the_deadline(name: str, operands: tuple[Value, ...]) -> None:
    context = QueryContext(Budget(Limits(deadline_s=DEADLINE_S)))
    started = time.monotonic()
    with contextlib.suppress(RegoLimitError, BuiltinError):
        call(name, *operands, context=context)
    assert time.monotonic() - started < PATIENCE_S
