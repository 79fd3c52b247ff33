"""JSON Schema: what fits, what does not, and that no schema reaches outside."""

from __future__ import annotations

from policy_app.evaluation.rego.values import Value
from tests.evaluation.rego.builtins.calls import call, problem

SCHEMA: Value = {
    "type": "object",
    "properties": {"replicas": {"type": "integer", "minimum": 1}, "name": {"pattern": "^[a-z]+$"}},
    "required": ["name"],
    "additionalProperties": False,
}


def errors(document: Value, schema: Value) -> set[tuple[str, str, str]]:
    """Field, type and sentence of each error."""
    _, found = call("json.match_schema", document, schema)
    return {(error["field"], error["type"], error["desc"]) for error in found}


def test_a_document_that_fits_has_no_errors() -> None:
    assert call("json.match_schema", {"name": "web", "replicas": 2}, SCHEMA) == [True, []]
    assert call("json.match_schema", '{"name": "web"}', SCHEMA) == [True, []]


def test_each_misfit_is_named_with_its_field() -> None:
    assert errors({"replicas": 0, "name": "A", "x": 1}, SCHEMA) == {
        ("replicas", "number_gte", "Must be greater than or equal to 1"),
        ("name", "pattern", "Does not match pattern '^[a-z]+$'"),
        ("(root)", "additional_property_not_allowed", "Additional property x is not allowed"),
    }
    assert errors({"replicas": "two"}, SCHEMA) == {
        ("replicas", "invalid_type", "Invalid type. Expected: integer, given: string"),
        ("(root)", "required", "name is required"),
    }


def test_an_error_tells_its_whole_sentence() -> None:
    _, [error] = call("json.match_schema", {"a": "x"}, {"properties": {"a": {"type": "null"}}})
    assert error["error"] == "a: Invalid type. Expected: null, given: string"


def test_a_schema_is_checked_before_it_is_used() -> None:
    assert call("json.verify_schema", SCHEMA) == [True, None]
    assert call("json.verify_schema", '{"type": "object"}') == [True, None]
    valid, text = call("json.verify_schema", {"type": "pod"})
    assert not valid
    assert text.startswith("jsonschema: the schema is invalid at type")
    assert call("json.verify_schema", "{")[1] == "jsonschema: invalid JSON string"
    assert not call("json.verify_schema", {"pattern": "(?=a)"})[0]


def test_a_reference_inside_the_schema_is_followed() -> None:
    schema = {"$ref": "#/definitions/a", "definitions": {"a": {"type": "array"}}}
    assert call("json.match_schema", [], schema) == [True, []]


def test_a_reference_never_leaves_the_schema() -> None:
    schema = {"$ref": "http://127.0.0.1:1/schema.json"}
    assert "which it does not have" in problem("json.match_schema", {}, schema)


def test_a_document_is_a_text_an_object_or_an_array() -> None:
    assert problem("json.match_schema", 1, SCHEMA) == (
        "eval_builtin_error: wrong type, expected string or object"
    )
    assert call("json.verify_schema", 1) == [
        False,
        "jsonschema: wrong type, expected string or object",
    ]
