"""Places noted while reading, against those found by reading again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from policy_app.evaluation.kube_yaml.json_places import json_places
from policy_app.evaluation.kube_yaml.places import Places
from policy_app.evaluation.kube_yaml.positions import Step, marks
from policy_app.evaluation.kube_yaml.values import Bounds, documents
from policy_app.evaluation.manifests import load

SCALARS = st.one_of(st.integers(), st.booleans(), st.text("abc: -#\n", max_size=12))
KEYS = st.text("abcdef", min_size=2, max_size=6)
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)


def paths(value: Any, path: tuple[Step, ...] = ()) -> Iterator[tuple[Step, ...]]:
    """The path of every field and item."""
    yield path
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from paths(inner, (*path, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from paths(item, (*path, index))


@given(st.dictionaries(KEYS, VALUES, min_size=1, max_size=5), st.sampled_from([True, False, None]))
def test_every_field_is_where_a_second_reading_finds_it(value: Any, flow: bool | None) -> None:
    text = yaml.safe_dump(value, default_flow_style=flow)
    [parsed] = documents(text, Bounds())
    assert parsed.places is not None
    again = marks(text, 0)
    for path in paths(parsed.value):
        mark = again.find(path)
        assert Places(parsed.places, parsed.value).find(path) == (mark.line, mark.column)


@given(st.dictionaries(KEYS, VALUES, min_size=1, max_size=5), st.sampled_from([None, 0, 1, 4]))
def test_every_field_of_json_is_where_a_second_reading_finds_it(
    value: Any, indent: int | None
) -> None:
    text = json.dumps(value, indent=indent)
    found, again = Places(json_places(text), value), marks(text, 0)
    for path in paths(value):
        mark = again.find(path)
        assert found.find(path) == (mark.line, mark.column)


def test_the_items_of_a_long_list_are_found_in_any_order() -> None:
    value = {"items": [{"name": str(number), "inner": [1, {}, []]} for number in range(40)]}
    text = json.dumps(value, indent=1)
    found, again = Places(json_places(text), value), marks(text, 0)
    for number in (39, 0, 17, 38):
        path = ("items", number, "inner", 2)
        assert found.find(path) == (again.find(path).line, again.find(path).column)


def test_items_of_a_list_in_json_have_their_lines() -> None:
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "\ud800 x"}}
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": [pod, pod]}, indent=1)
    documents = load("pods.json", text).documents
    lines = text.splitlines()
    assert [lines[one.line - 1].strip() for one in documents] == ["{", "{"]
    assert '"name"' in lines[documents[1].position("metadata.name")[0] - 1]
    assert documents[0].line < documents[1].line


@pytest.mark.parametrize("path", [("a", "x"), ("a", 7), ("b", 5), ("b", -1), ("c", "x")])
def test_what_does_not_exist_stands_where_its_ancestor_does(path: tuple[Step, ...]) -> None:
    [parsed] = documents("a: {k: 1}\nb:\n- 1\n- 2\nc: 3\n", Bounds())
    assert parsed.places is not None
    line = {"a": 1, "b": 2, "c": 5}[str(path[0])]
    assert Places(parsed.places, parsed.value).find(path) == (line, 1)


def test_with_aliases_a_field_is_still_found() -> None:
    text = (
        "apiVersion: v1\nkind: Pod\nmetadata: &m\n  name: a\nspec:\n  <<: *m\n  copy: *m\n"
        "  containers:\n  - image: x\n"
    )
    [document] = load("pod.yaml", text).documents
    assert document.position("spec.containers[0].image") == (9, 5)
    assert document.position("spec.copy.name") == (4, 3)
