"""JSON merge patch and JSON Patch."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_app.apimachinery.errors import ApiError
from tests.apimachinery.patches.cases import CUSTOM, outcome, patched, refusal


class TestMergePatch:
    """The examples of RFC 7386, appendix A, that are about objects."""

    @pytest.mark.parametrize(
        ("thing", "patch", "merged"),
        [
            ({"a": "b"}, {"a": "c"}, {"a": "c"}),
            ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
            ({"a": "b"}, {"a": None}, {}),
            ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
            ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
            ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
            ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
            ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
            ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
            ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
        ],
    )
    def test_it_merges(self, thing: Any, patch: Any, merged: Any) -> None:
        assert patched(thing, patch, "merge", CUSTOM) == merged

    @pytest.mark.parametrize(("patch", "told"), [([], "a list"), ("x", "'x'"), (None, "None")])
    def test_it_must_be_an_object(self, patch: Any, told: str) -> None:
        error = refusal({}, patch, "merge")
        assert error.code == 400
        assert error.message == f"a merge patch must be an object, not {told}"


class TestJsonPatch:
    def test_operations_are_done_in_their_order(self) -> None:
        operations = [
            {"op": "test", "path": "/a/0", "value": 1},
            {"op": "add", "path": "/a/-", "value": 3},
            {"op": "replace", "path": "/a/0", "value": 0},
            {"op": "remove", "path": "/b"},
            {"op": "copy", "from": "/a", "path": "/c"},
            {"op": "move", "from": "/a", "path": "/d~1e"},
        ]
        done = patched({"a": [1, 2], "b": 1}, operations, "json")
        assert done == {"c": [0, 2, 3], "d/e": [0, 2, 3]}

    def test_a_test_that_fails_refuses_all(self) -> None:
        operations = [
            {"op": "add", "path": "/b", "value": 1},
            {"op": "test", "path": "/a", "value": 2},
        ]
        error = refusal({"a": 1}, operations, "json")
        assert (error.code, error.reason) == (422, "Invalid")
        assert error.message.startswith(
            "the server rejected our request due to an error in our request:"
            " operation 1 of the JSON patch:"
        )

    @pytest.mark.parametrize(
        "operation",
        [
            {"op": "remove", "path": "/x"},
            {"op": "replace", "path": "/x/y", "value": 1},
            {"op": "add", "path": "/a/b", "value": 1},
            {"op": "add", "path": "/l/7", "value": 1},
            {"op": "copy", "from": "/x", "path": "/y"},
        ],
    )
    def test_what_cannot_be_applied_is_unprocessable(self, operation: Any) -> None:
        assert refusal({"a": 1, "l": []}, [operation], "json").code == 422

    @pytest.mark.parametrize(
        "operation",
        [
            {},
            {"op": "steal", "path": "/a"},
            {"op": "add", "path": "/a"},
            {"op": "add", "value": 1},
            {"op": "move", "path": "/a"},
            {"op": "add", "path": 1, "value": 1},
            "x",
            None,
            ["op"],
        ],
    )
    def test_what_is_no_operation_is_a_bad_request(self, operation: Any) -> None:
        error = refusal({"a": 1}, [operation], "json")
        assert error.code == 400
        assert "operation 0 of the JSON patch cannot be read" in error.message

    @pytest.mark.parametrize("operations", [{}, "x", None])
    def test_a_patch_must_be_a_list(self, operations: Any) -> None:
        error = refusal({}, operations, "json")
        assert (error.code, error.message) == (400, "a JSON patch must be a list of operations")

    def test_what_is_left_must_be_an_object(self) -> None:
        error = refusal({}, [{"op": "replace", "path": "", "value": 1}], "json")
        assert (error.code, error.message) == (400, "the JSON patch leaves no Pod")

    def test_no_more_than_ten_thousand_operations(self) -> None:
        error = refusal({}, [{"op": "test", "path": "", "value": {}}] * 10_001, "json")
        assert error.code == 413
        assert error.message == (
            "The allowed maximum operations in a JSON patch is 10000, got 10001"
        )

    def test_copies_of_copies_do_not_grow_without_end(self) -> None:
        operations = [{"op": "copy", "from": "/a", "path": f"/a/x{number}"} for number in range(99)]
        assert refusal({"a": {"b": "c"}}, operations, "json").code == 413


_POINTERS = st.sampled_from(
    ["", "/", "/a", "/a/0", "/a/-", "/a/01", "/l/x", "/l/0", "a", "/~2", "/l"]
)
_VALUES: st.SearchStrategy[Any] = st.none() | st.integers(0, 2) | st.just({}) | st.just([1])
_OPERATIONS = st.lists(
    st.fixed_dictionaries(
        {"op": st.sampled_from(["add", "remove", "replace", "move", "copy", "test", "x", None])},
        optional={"path": _POINTERS | _VALUES, "from": _POINTERS | _VALUES, "value": _VALUES},
    )
    | _VALUES,
    max_size=4,
)


@given(_OPERATIONS)
def test_whatever_the_operations_are_they_are_done_or_refused(operations: Any) -> None:
    done = outcome({"a": {"b": 1}, "l": [1, 2]}, operations, "json")
    assert isinstance(done, (dict, ApiError))
