"""The structure that editors offer is the one that definitions have and that checks take."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from policy_app.evaluation.language import details_checks, structure
from policy_app.evaluation.language.definitions import KUBERNETES_MODE
from policy_app.evaluation.language.structure import INITIATIVE, POLICY, SHAPES, Field

FIXTURES = Path(__file__).resolve().parents[3] / "fixtures"
READ = {"versions", "latestDefinitionVersion"}
"""What a read shows, and nobody writes."""


def strangers(value: Any, field: Field | None, path: str) -> Iterator[str]:
    """The names in a value that the structure does not have, and values that it does not know."""
    if field is None or field.type == "any":
        return
    if isinstance(value, Mapping) and field.shape:
        shape = SHAPES[field.shape]
        for name, inner in value.items():
            known = shape.fields.get(name) or shape.each
            if known is None and name not in READ:
                yield f"{path}.{name}"
            yield from strangers(inner, known, f"{path}.{name}")
    elif isinstance(value, list):
        for item in value:
            yield from strangers(item, field.items, f"{path}[]")
    elif field.values and not str(value).startswith("["):
        # Effects and types are written in any case.
        words = {str(one).lower() for one in field.values}
        yield from [f"{path} = {value}"] if str(value).lower() not in words else []


def built_ins(folder: str) -> Iterator[Mapping[str, Any]]:
    """The properties of each definition of ours that is for Kubernetes."""
    for file in sorted((FIXTURES / folder).glob("*.json")):
        properties = json.loads(file.read_text("utf-8"))["properties"]
        if properties.get("mode", KUBERNETES_MODE) == KUBERNETES_MODE:
            yield {name: value for name, value in properties.items() if name != "policyType"}


@pytest.mark.parametrize(("folder", "root"), [("definitions", POLICY), ("initiatives", INITIATIVE)])
def test_every_field_of_a_built_in_is_offered(folder: str, root: str) -> None:
    whole = Field("", "object", shape=root)
    found = [*built_ins(folder)]
    assert found
    assert {one for properties in found for one in strangers(properties, whole, "")} == set()


def test_the_fields_of_the_details_are_those_that_a_check_takes() -> None:
    assert tuple(SHAPES["details"].fields) == details_checks.NAMES


def test_what_a_field_leads_to_is_there() -> None:
    for shape in SHAPES.values():
        for field in [*shape.fields.values(), *([shape.each] if shape.each else [])]:
            inner = field.items or field
            assert not inner.shape or inner.shape in SHAPES


def test_the_vocabulary_leaves_out_what_other_fields_hold() -> None:
    found = structure.vocabulary(POLICY, {POLICY: ["displayName"]})
    assert found["root"] == POLICY
    assert "mode" in found["shapes"][POLICY]["fields"]
    assert "displayName" not in found["shapes"][POLICY]["fields"]
    assert "displayName" in found["shapes"]["group"]["fields"]
    assert {"parameters", "concat", "if"} <= set(found["functions"])
