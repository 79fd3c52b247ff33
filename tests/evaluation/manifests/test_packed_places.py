"""Places noted while reading, against those found by reading again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from policy_app.evaluation.kube_yaml import places
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
        assert places.find(parsed.places, parsed.value, path) == (mark.line, mark.column)


@pytest.mark.parametrize("path", [("a", "x"), ("a", 7), ("b", 5), ("b", -1), ("c", "x")])
def test_what_does_not_exist_stands_where_its_ancestor_does(path: tuple[Step, ...]) -> None:
    [parsed] = documents("a: {k: 1}\nb:\n- 1\n- 2\nc: 3\n", Bounds())
    assert parsed.places is not None
    line = {"a": 1, "b": 2, "c": 5}[str(path[0])]
    assert places.find(parsed.places, parsed.value, path) == (line, 1)


def test_with_aliases_a_field_is_still_found() -> None:
    text = (
        "apiVersion: v1\nkind: Pod\nmetadata: &m\n  name: a\nspec:\n  <<: *m\n  copy: *m\n"
        "  containers:\n  - image: x\n"
    )
    [document] = load("pod.yaml", text).documents
    assert document.position("spec.containers[0].image") == (9, 5)
    assert document.position("spec.copy.name") == (4, 3)
