"""What ``plain_schema`` is sure of, the JSON Schema library says too."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from policy_app.catalog.shelf import Shelf
from policy_app.evaluation.gatekeeper import json_schema, plain_schema

_NAMES = st.sampled_from(["a", "b", "c"])
_TEXTS = st.lists(_NAMES, min_size=1, unique=True)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 2) | st.floats(0, 2) | _NAMES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=3),
    max_leaves=6,
)
_TYPES = st.sampled_from(["string", "array", "object", "boolean", "integer", "null"])


def _schema(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    parts: dict[str, st.SearchStrategy[Any]] = {
        "type": _TYPES | st.lists(_TYPES, min_size=1, unique=True),
        "description": st.text(max_size=3),
        "enum": _TEXTS,
        "required": _TEXTS,
        "minItems": st.integers(0, 2),
        "minProperties": st.integers(0, 2),
        "properties": st.dictionaries(_NAMES, inner, max_size=2),
        "items": inner,
        "additionalProperties": st.booleans() | inner,
    }
    words = [st.tuples(st.just(name), value) for name, value in parts.items()]
    return st.lists(st.one_of(words), max_size=4).map(dict)


_SCHEMAS: st.SearchStrategy[dict[str, Any]] = st.recursive(st.just({}), _schema, max_leaves=4)


@given(_SCHEMAS, _VALUES)
def test_what_plainly_fits_has_no_fault(schema: dict[str, Any], value: Any) -> None:
    assert plain_schema.is_plain(schema)
    if plain_schema.fits(schema, value):
        assert Draft7Validator(schema).is_valid(value)


@given(_SCHEMAS, _VALUES)
def test_both_ways_find_the_same_faults(schema: dict[str, Any], value: Any) -> None:
    Draft7Validator.check_schema(schema)
    found = json_schema.schema_faults(schema, value)
    assert bool(found) is not Draft7Validator(schema).is_valid(value)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "text"},
        {"type": []},
        {"type": ["string", "string"]},
        {"required": "a"},
        {"properties": {"a": {"type": 1}}},
        {"items": [{"type": "string"}]},
        {"additionalProperties": 1},
        {"minItems": True},
        {"minItems": -1},
        {"pattern": "^a$"},
        {"unheardOf": 1},
        True,
    ],
)
def test_other_schemas_are_left_to_the_library(schema: Any) -> None:
    assert not plain_schema.is_plain(schema)


def test_a_schema_without_end_is_left_to_the_library() -> None:
    schema: dict[str, Any] = {}
    for _ in range(2_000):
        schema = {"items": schema}
    assert not plain_schema.is_plain(schema)


def test_nearly_all_built_in_definitions_need_no_library() -> None:
    schemas = [
        parameter["schema"]
        for entry in Shelf().entries
        for parameter in entry.published.shape["properties"].get("parameters", {}).values()
        if "schema" in parameter
    ]
    plain = [schema for schema in schemas if plain_schema.is_plain(schema)]
    assert schemas
    assert len(plain) > 0.9 * len(schemas)
