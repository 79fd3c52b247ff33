"""Aggregates, arrays, sets and comparison."""

from __future__ import annotations

import pytest

from policy_app.evaluation.rego.errors import RegoLimitError
from policy_app.evaluation.rego.values import Value, rego_equal
from tests.evaluation.rego.builtins.calls import a_set, call, is_undefined, narrowly, problem


@pytest.mark.parametrize(
    ("name", "operands", "expected"),
    [
        ("count", ("añb",), 3),
        ("count", ({"a": 1},), 1),
        ("count", (a_set(1, 1.0, True),), 2),
        ("sum", ([1, 2.5],), 3.5),
        ("sum", ([],), 0),
        ("product", (a_set(2, 3),), 6),
        ("product", ([],), 1),
        ("max", ([1, "a", None],), "a"),
        ("min", (a_set(3, True),), True),
        ("max", ([[1], {"a": 1}],), {"a": 1}),
        ("sort", ([3, "a", None, True, [1], 2.5],), [None, True, 2.5, 3, "a", [1]]),
        ("sort", (a_set("b", "a"),), ["a", "b"]),
        ("all", ([True, True],), True),
        ("all", ([True, 1],), False),
        ("all", (a_set(),), True),
        ("any", ([False, True],), True),
        ("any", ([1],), False),
        ("array.concat", ([1], [2, 3]), [1, 2, 3]),
        ("array.slice", ([1, 2, 3], 1, 3), [2, 3]),
        ("array.slice", ([1, 2, 3], -5, 2), [1, 2]),
        ("array.slice", ([1, 2, 3], 2, 1), []),
        ("array.reverse", ([1, 2],), [2, 1]),
        ("and", (a_set(1, 2), a_set(2, 3)), a_set(2)),
        ("or", (a_set(1), a_set(2)), a_set(1, 2)),
        ("union", (a_set(a_set(1), a_set(2)),), a_set(1, 2)),
        ("union", (a_set(),), a_set()),
        ("intersection", (a_set(a_set(1, 2), a_set(2)),), a_set(2)),
        ("intersection", (a_set(),), a_set()),
        ("set_diff", (a_set(1, 2), a_set(2)), a_set(1)),
        ("lt", (None, False), True),
        ("lt", ({"z": 1}, a_set()), True),
        ("lt", ([1, 2], [1, 2, 0]), True),
        ("lt", ({"a": 2}, {"b": 1}), True),
        ("gte", (1, 1.0), True),
        ("equal", (1, True), False),
        ("equal", ([1, {"a": 1.0}], [1.0, {"a": 1}]), True),
        ("neq", ([True], [1]), True),
        ("internal.member_2", (1, [True, 1.0]), True),
        ("internal.member_2", (1, {"a": 1}), True),
        ("internal.member_2", (1, "1"), False),
        ("internal.member_3", ("a", 1, {"a": 1}), True),
        ("internal.member_3", (0, "x", ["x"]), True),
        ("internal.member_3", (1, "x", ["x"]), False),
    ],
)
def test_collections_answer_as_opa_documents(
    name: str, operands: tuple[Value, ...], expected: Value
) -> None:
    assert rego_equal(call(name, *operands), expected)


@pytest.mark.parametrize("name", ["max", "min"])
@pytest.mark.parametrize("nothing", [[], a_set()])
def test_nothing_has_no_extreme_and_that_is_no_error(name: str, nothing: Value) -> None:
    assert is_undefined(name, nothing)


@pytest.mark.parametrize(
    ("name", "operands", "expected"),
    [
        ("count", (1,), "operand 1 must be one of {array, object, set, string} but got number"),
        ("sum", ([1, "a"],), "operand 1 must be array of numbers but got array containing string"),
        ("sum", ({},), "operand 1 must be one of {set, array} but got object"),
        ("sort", ("ab",), "operand 1 must be one of {set, array} but got string"),
        ("and", (a_set(), []), "operand 2 must be set but got array"),
        ("union", (a_set(1),), "operand 1 must be set but got number"),
        ("array.concat", ([], a_set()), "operand 2 must be array but got set"),
    ],
)
def test_a_wrong_operand_is_named_as_opa_names_it(
    name: str, operands: tuple[Value, ...], expected: str
) -> None:
    assert problem(name, *operands) == f"eval_type_error: {expected}"


def test_concatenating_charges_what_it_makes() -> None:
    with pytest.raises(RegoLimitError):
        narrowly("array.concat", [0] * 600, [0] * 600)
    with pytest.raises(RegoLimitError):
        narrowly("or", a_set(*range(600)), a_set(*range(600, 1200)))


def test_flattening_takes_one_level_of_arrays_away() -> None:
    assert call("array.flatten", [1, [2, [3]], {"a": [1]}, []]) == [1, 2, [3], {"a": [1]}]
    assert call("array.flatten", []) == []
