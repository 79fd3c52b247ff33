"""Objects, paths into them, and JSON Patch."""

from __future__ import annotations

import pytest

from policy_app.evaluation.rego.errors import RegoLimitError
from policy_app.evaluation.rego.values import Value, hash_key, rego_equal
from tests.evaluation.rego.builtins.calls import a_set, call, is_undefined, narrowly, problem

POD: Value = {"spec": {"containers": [{"name": "a"}, {"name": "b"}]}, "kind": "Pod"}


@pytest.mark.parametrize(
    ("name", "operands", "expected"),
    [
        ("object.get", (POD, "kind", "?"), "Pod"),
        ("object.get", (POD, "status", "?"), "?"),
        ("object.get", (POD, ["spec", "containers", 1, "name"], "?"), "b"),
        ("object.get", (POD, ["spec", "containers", 2, "name"], "?"), "?"),
        ("object.get", (POD, ["kind", "x"], "?"), "?"),
        ("object.get", (POD, [], "?"), POD),
        ("object.get", ({hash_key(True): "yes"}, True, "?"), "yes"),
        ("object.keys", (POD,), a_set("spec", "kind")),
        ("object.remove", ({"a": 1, "b": 2}, ["a"]), {"b": 2}),
        ("object.remove", ({"a": 1, "b": 2}, {"a": None}), {"b": 2}),
        ("object.filter", ({"a": 1, "b": 2}, a_set("a", "x")), {"a": 1}),
        ("object.union", ({"a": {"b": 1}}, {"a": {"c": 2}}), {"a": {"b": 1, "c": 2}}),
        ("object.union", ({"a": {"b": 1}}, {"a": 2}), {"a": 2}),
        ("object.union_n", ([{"a": {"b": 2}}, {"a": 4}, {"a": {"c": 3}}],), {"a": {"c": 3}}),
        ("object.union_n", ([],), {}),
        ("object.subset", ({"a": {"b": 1, "c": 2}}, {"a": {"b": 1}}), True),
        ("object.subset", ({"a": {"b": 1}}, {"a": {"b": 2}}), False),
        ("object.subset", ([1, 2, 3], [2, 3]), True),
        ("object.subset", ([1, 2, 3], [1, 3]), False),
        ("object.subset", ([1, 2, 3], a_set(1, 3)), True),
        ("object.subset", (a_set(1), a_set(2)), False),
        (
            "json.filter",
            (POD, ["spec/containers/0/name"]),
            {"spec": {"containers": [{"name": "a"}]}},
        ),
        ("json.filter", (POD, [["kind"]]), {"kind": "Pod"}),
        ("json.filter", ({"a/b": 1, "c": 2}, a_set("a~1b")), {"a/b": 1}),
        (
            "json.remove",
            (POD, ["spec/containers/0", "kind"]),
            {"spec": {"containers": [{"name": "b"}]}},
        ),
        ("json.remove", (POD, ["spec", "spec/containers"]), {"kind": "Pod"}),
        ("json.remove", (POD, ["nothing/here"]), POD),
    ],
)
def test_objects_answer_as_opa_documents(
    name: str, operands: tuple[Value, ...], expected: Value
) -> None:
    assert rego_equal(call(name, *operands), expected)


@pytest.mark.parametrize(
    ("operations", "expected"),
    [
        ([{"op": "add", "path": "/b", "value": 2}], {"a": [1, 2], "b": 2}),
        ([{"op": "add", "path": "/a/-", "value": 3}], {"a": [1, 2, 3]}),
        ([{"op": "add", "path": ["a", 0], "value": 0}], {"a": [0, 1, 2]}),
        ([{"op": "remove", "path": "/a/0"}], {"a": [2]}),
        ([{"op": "replace", "path": "a/1", "value": 9}], {"a": [1, 9]}),
        ([{"op": "replace", "path": "", "value": 9}], 9),
        ([{"op": "move", "from": "/a/0", "path": "/b"}], {"a": [2], "b": 1}),
        ([{"op": "copy", "from": "/a", "path": "/b"}], {"a": [1, 2], "b": [1, 2]}),
        ([{"op": "test", "path": "/a/0", "value": 1.0}], {"a": [1, 2]}),
        ([], {"a": [1, 2]}),
    ],
)
def test_a_patch_that_fits_is_applied(operations: Value, expected: Value) -> None:
    original: Value = {"a": [1, 2]}
    assert rego_equal(call("json.patch", original, operations), expected)
    assert original == {"a": [1, 2]}


def test_a_set_is_patched_by_its_members() -> None:
    assert call("json.patch", {"s": a_set(1)}, [{"op": "add", "path": ["s", 2], "value": 2}]) == {
        "s": a_set(1, 2)
    }


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "remove", "path": "/x"},
        {"op": "add", "path": "/a/5", "value": 1},
        {"op": "add", "path": "/a/01", "value": 1},
        {"op": "add", "path": "/x/y", "value": 1},
        {"op": "test", "path": "/a/0", "value": 2},
        {"op": "move", "from": "/x", "path": "/b"},
        {"op": "replace", "path": "/x", "value": 1},
        {"op": "add", "path": "/b"},
        {"op": "grow", "path": "/b"},
        {"path": "/b"},
        "remove",
    ],
)
def test_a_patch_that_does_not_fit_is_undefined(operation: Value) -> None:
    assert is_undefined("json.patch", {"a": [1, 2]}, [operation])


@pytest.mark.parametrize(
    ("name", "operands", "expected"),
    [
        ("object.get", ([], "a", 1), "operand 1 must be object but got array"),
        (
            "object.remove",
            ({}, "a"),
            "operand 2 must be one of {object, set, array} but got string",
        ),
        (
            "object.union_n",
            ([{}, 1],),
            "operand 1 must be array of objects but got array containing number",
        ),
        (
            "object.subset",
            ({}, []),
            "both arguments object.subset must be of the same type or array and set",
        ),
        ("json.filter", ({}, "a"), "operand 2 must be one of {set, array} but got string"),
        (
            "json.remove",
            ({}, [1]),
            "operand 2 must be one of {set, array} containing string paths"
            " or array of path segments but got number",
        ),
        ("json.patch", ({}, {}), "operand 2 must be array but got object"),
    ],
)
def test_a_wrong_operand_is_named_as_opa_names_it(
    name: str, operands: tuple[Value, ...], expected: str
) -> None:
    assert problem(name, *operands) == f"eval_type_error: {expected}"


def test_merging_and_patching_charge_what_they_make() -> None:
    big: Value = {str(number): number for number in range(900)}
    with pytest.raises(RegoLimitError):
        narrowly("object.union", big, big)
    with pytest.raises(RegoLimitError):
        narrowly("json.patch", big, [{"op": "add", "path": "/x", "value": 1}] * 3)
