"""Values: equality, keys, order, text, and what they may cost."""

from __future__ import annotations

import itertools
import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_app.evaluation.rego.errors import RegoLimitError
from policy_app.evaluation.rego.values import (
    RegoSet,
    Value,
    compare,
    from_json,
    hash_key,
    json_text,
    rego_equal,
    render,
    sort_values,
    to_json,
    unkey,
)
from tests.evaluation.rego.builtins.strategies import VALUES


@given(VALUES, VALUES)
def test_equality_hash_and_order_agree(a: Value, b: Value) -> None:
    assert rego_equal(a, b) == (compare(a, b) == 0)
    assert compare(a, b) == -compare(b, a)
    if rego_equal(a, b):
        assert hash(hash_key(a)) == hash(hash_key(b))
        assert hash_key(a) == hash_key(b)
    else:
        assert hash_key(a) != hash_key(b)


@given(st.lists(VALUES, max_size=6))
def test_sorting_puts_each_before_what_is_greater(values: list[Value]) -> None:
    for a, b in itertools.pairwise(sort_values(values)):
        assert compare(a, b) <= 0


@given(VALUES)
def test_a_value_survives_its_key_and_a_pickle(value: Value) -> None:
    assert rego_equal(unkey(hash_key(value)), value)
    assert rego_equal(pickle.loads(pickle.dumps(value)), value)


@given(VALUES)
def test_a_value_has_json_text(value: Value) -> None:
    assert json.loads(json_text(value)) == to_json(value)
    assert rego_equal(from_json(to_json(value)), to_json(value))


@pytest.mark.parametrize(
    ("a", "b", "equal"),
    [
        (1, 1.0, True),
        (1, True, False),
        (0, False, False),
        (None, False, False),
        ("1", 1, False),
        ([1, [True]], [1.0, [True]], True),
        ([1], [True], False),
        ({"a": [0]}, {"a": [False]}, False),
        (RegoSet.of([1, True]), RegoSet.of([True, 1.0]), True),
        (RegoSet.of([1]), [1], False),
        (RegoSet(), {}, False),
        (2**53 + 1, float(2**53), False),
    ],
)
def test_equality_is_by_value_and_never_across_types(a: Value, b: Value, equal: bool) -> None:
    assert rego_equal(a, b) is equal


def test_true_and_one_are_two_members_and_two_keys() -> None:
    assert len(RegoSet.of([1, True, 1.0, [1], [True]])) == 4
    assert len({hash_key(key): key for key in (0, False, 0.0)}) == 2


def test_types_come_in_opas_order() -> None:
    ordered: list[Value] = [
        None,
        False,
        True,
        -1,
        0.5,
        10,
        "",
        "a",
        [],
        [1],
        {},
        {"a": 1},
        RegoSet(),
    ]
    assert sort_values(reversed(ordered)) == ordered


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ([1, 2], [1, 3]),
        ([1], [1, 0]),
        ({"a": 9}, {"b": 0}),
        ({"a": 1}, {"a": 2}),
        ({"a": 1}, {"a": 1, "b": 0}),
        (RegoSet.of([1, 9]), RegoSet.of([2])),
        ("Z", "a"),
        ("z", "é"),
    ],
)
def test_values_of_one_type_are_compared_member_by_member(a: Value, b: Value) -> None:
    assert compare(a, b) == -1


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"privileged": True}, '{"privileged": true}'),
        (RegoSet.of([2, 1]), "{1, 2}"),
        (RegoSet(), "set()"),
        ({}, "{}"),
        ([None, 1.5, "a\tb"], '[null, 1.5, "a\\tb"]'),
        ({hash_key([1]): RegoSet.of(["x"])}, '{[1]: {"x"}}'),
        ("ñ\u200b", '"ñ\\u200b"'),
        (1e21, "1e+21"),
    ],
)
def test_values_print_as_opa_prints_them(value: Value, expected: str) -> None:
    assert render(value) == expected


def test_what_json_lacks_becomes_lists_and_texts() -> None:
    value = {hash_key([1, "a"]): RegoSet.of(["b", "a"]), hash_key(None): 1, 2: 3}
    assert to_json(value) == {'[1,"a"]': ["a", "b"], "null": 1, "2": 3}


def _doubled(value: Value, times: int) -> Value:
    for _ in range(times):
        value = [value, {"x": value}]
    return value


def test_a_value_that_repeats_itself_exponentially_is_compared_by_its_parts() -> None:
    a, b = _doubled([1], 80), _doubled([1.0], 80)
    assert rego_equal(a, b)
    assert hash_key(a) == hash_key(b)
    assert not rego_equal(a, _doubled([2], 80))


@pytest.mark.parametrize("use", [render, to_json, json_text, lambda value: compare(value, [1])])
def test_a_value_that_repeats_itself_exponentially_is_never_written_out(use: object) -> None:
    assert callable(use)
    with pytest.raises(RegoLimitError, match="too large"):
        use(_doubled([1], 80))
