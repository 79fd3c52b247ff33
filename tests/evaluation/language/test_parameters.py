"""Parameters: how they are declared, and which values an assignment may give them."""

from __future__ import annotations

from typing import Any

import pytest

from policy_app.evaluation.language.errors import (
    AssignmentError,
    DefinitionError,
    ParameterErrors,
)
from policy_app.evaluation.language.parameters import (
    ParameterSpec,
    parse_parameters,
    parse_values,
    resolve,
    to_values,
)

PATHS = {
    "type": "object",
    "properties": {
        "paths": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"pathPrefix": {"type": "string"}, "readOnly": {"type": "boolean"}},
                "required": ["pathPrefix", "readOnly"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["paths"],
}

SPECS = parse_parameters(
    {
        "effect": {
            "type": "string",
            "allowedValues": ["Audit", "Deny"],
            "defaultValue": "Audit",
            "metadata": {"displayName": "Effect", "description": "What happens."},
        },
        "allowedHostPaths": {"type": "Object", "defaultValue": {"paths": []}, "schema": PATHS},
        "labels": {"type": "ARRAY"},
    }
)


def faults(**given: Any) -> dict[str, str]:
    """The code of each parameter's fault, by parameter; nothing where the values are right."""
    try:
        resolve(SPECS, given)
    except ParameterErrors as errors:
        return {fault.target: fault.code for fault in errors.faults}
    return {}


def test_a_declaration_is_read_whatever_the_case_of_its_type() -> None:
    effect = SPECS["effect"]

    assert (effect.type, effect.display_name, effect.required) == ("String", "Effect", False)
    assert (SPECS["labels"].type, SPECS["labels"].required) == ("Array", True)


def test_a_declaration_survives_being_written_down() -> None:
    for name, spec in SPECS.items():
        assert ParameterSpec.parse(name, spec.to_object()) == spec


def test_defaults_fill_what_is_not_given() -> None:
    assert resolve(SPECS, {"LABELS": ["a"]}) == {
        "effect": "Audit",
        "allowedHostPaths": {"paths": []},
        "labels": ["a"],
    }


def test_a_default_of_null_is_a_default() -> None:
    specs = parse_parameters({"x": {"type": "String", "defaultValue": "a"}, "y": {"type": "Array"}})

    assert [name for name, spec in specs.items() if spec.required] == ["y"]


def test_a_value_must_be_given_where_there_is_no_default() -> None:
    assert faults() == {"labels": "MissingPolicyParameter"}


def test_a_name_that_is_not_declared_is_refused() -> None:
    assert faults(labels=[], colour="red") == {"colour": "UndefinedPolicyParameter"}


def test_allowed_values_are_compared_with_their_case() -> None:
    assert faults(labels=[], effect="deny") == {"effect": "PolicyParameterValueNotAllowed"}
    assert faults(labels=[], effect="Deny") == {}


def test_a_set_may_hand_its_members_another_case() -> None:
    given = {"labels": [], "effect": "deny"}

    assert resolve(SPECS, given, ignore_case=True)["effect"] == "deny"


def test_a_schema_is_checked_and_the_place_inside_the_value_is_told() -> None:
    value = {
        "paths": [{"pathPrefix": "/a", "readOnly": True}, {"pathPrefix": 5, "readOnly": False}]
    }

    assert faults(labels=[], allowedHostPaths=value) == {
        "allowedHostPaths.paths[1].pathPrefix": "InvalidPolicyParameters"
    }


def test_every_fault_is_told_at_once() -> None:
    assert faults(effect=5, other=1) == {
        "effect": "InvalidPolicyParameters",
        "other": "UndefinedPolicyParameter",
        "labels": "MissingPolicyParameter",
    }


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("String", "a", 1),
        ("Boolean", False, "true"),
        ("Integer", 5, 5.5),
        ("Integer", 0, True),
        ("Float", 1.5, "1.5"),
        ("Array", [], {}),
        ("Object", {}, []),
        ("DateTime", "2026-01-31T10:00:00Z", "2026-02-31T10:00:00Z"),
        ("DateTime", "2026-01-31", "tomorrow"),
    ],
)
def test_a_value_must_be_of_its_type(kind: str, good: Any, bad: Any) -> None:
    specs = parse_parameters({"x": {"type": kind}})

    assert resolve(specs, {"x": good}) == {"x": good}
    with pytest.raises(ParameterErrors, match="must be") as caught:
        resolve(specs, {"x": bad})
    assert caught.value.code == "InvalidPolicyParameters"


def test_an_array_may_hold_any_of_the_allowed_values() -> None:
    specs = parse_parameters({"x": {"type": "Array", "allowedValues": ["a", "b"]}})

    assert resolve(specs, {"x": ["b"]}) == {"x": ["b"]}
    with pytest.raises(ParameterErrors, match="must be one of 'a', 'b'"):
        resolve(specs, {"x": ["b", "c"]})


def test_true_is_not_one() -> None:
    specs = parse_parameters({"x": {"type": "Integer", "allowedValues": [1]}})

    with pytest.raises(ParameterErrors):
        resolve(specs, {"x": True})


@pytest.mark.parametrize(
    ("written", "path", "words"),
    [
        ({"x": {"type": "Text"}}, "properties.parameters.x.type", "must be one of String, Array"),
        ({"x": {}}, "properties.parameters.x.type", "is required"),
        ({"x": 5}, "properties.parameters.x", "should be an object, but is a number"),
        ([], "properties.parameters", "should be an object, but is an array"),
        (
            {"x": {"type": "String", "defaultValue": 1}},
            "properties.parameters.x.defaultValue",
            "must be a string",
        ),
        (
            {"x": {"type": "String", "allowedValues": ["a"], "defaultValue": "b"}},
            "properties.parameters.x.defaultValue",
            "must be one of 'a'",
        ),
        (
            {"x": {"type": "Object", "schema": {"type": "nothing"}}},
            "properties.parameters.x.schema",
            "is no JSON schema",
        ),
        (
            {"x": {"type": "String"}, "X": {"type": "String"}},
            "properties.parameters.X",
            "the same parameter as 'x'",
        ),
    ],
)
def test_a_wrong_declaration_is_refused_with_its_path(written: Any, path: str, words: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        parse_parameters(written)

    assert caught.value.path == path
    assert words in caught.value.message


def test_a_schema_never_reaches_for_the_network() -> None:
    schema = {"$ref": "https://example.invalid/schema.json"}
    specs = parse_parameters({"x": {"type": "Object", "schema": schema}})

    with pytest.raises(ParameterErrors, match="schema"):
        resolve(specs, {"x": {}})


def test_values_are_unwrapped_from_arms_form_and_back() -> None:
    wrapped = {"effect": {"value": "Deny"}, "x": {"value": None}}

    assert parse_values(wrapped) == {"effect": "Deny", "x": None}
    assert to_values(parse_values(wrapped)) == wrapped


def test_a_value_that_is_not_wrapped_is_refused() -> None:
    with pytest.raises(AssignmentError, match="should be written as") as caught:
        parse_values({"effect": "Deny"})

    assert caught.value.path == "properties.parameters.effect"
