"""JSON Schema, by the ``jsonschema`` library; wording and types are those of OPA's validator.

Two things differ from the library's own behaviour, because schemas come from policies: patterns
are RE2, so that none can outrun a query, and a reference never leaves the schema.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from jsonschema import Draft4Validator, Draft6Validator, Draft7Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend
from referencing import Registry
from referencing.exceptions import Unresolvable

from policy_app.evaluation.rego.builtins.core import (
    Budget,
    BuiltinError,
    Context,
    Family,
    limit_error,
)
from policy_app.evaluation.rego.builtins.documents import read_json
from policy_app.evaluation.rego.builtins.regex import compile_pattern, prepare
from policy_app.evaluation.rego.values import RegoSet, Value, json_text, to_json, type_name

FAMILY = Family("schemas")

Keyword = Callable[[Any, Any, Any, Any], Iterator[ValidationError]]

_DRAFTS = {
    "http://json-schema.org/draft-04/schema": Draft4Validator,
    "http://json-schema.org/draft-06/schema": Draft6Validator,
    "http://json-schema.org/draft-07/schema": Draft7Validator,
}


def _matches(pattern: str, text: str) -> bool:
    compiled, data = prepare(pattern, text)
    return compiled.search(data) is not None


def _pattern(_validator: Any, pattern: Any, instance: Any, _schema: Any) -> Iterator[Any]:
    if isinstance(instance, str) and not _matches(pattern, instance):
        yield ValidationError(f"Does not match pattern '{pattern}'")


def _pattern_properties(
    validator: Any, patterns: Any, instance: Any, _schema: Any
) -> Iterator[Any]:
    for pattern, subschema in patterns.items() if isinstance(instance, dict) else ():
        for key, value in instance.items():
            if _matches(pattern, key):
                yield from validator.descend(value, subschema, path=key, schema_path=pattern)


def _additional_properties(
    validator: Any, allowed: Any, instance: Any, schema: Any
) -> Iterator[Any]:
    if not isinstance(instance, dict):
        return
    patterns = schema.get("patternProperties", {})
    for key, value in instance.items():
        if key in schema.get("properties", {}) or any(_matches(p, key) for p in patterns):
            continue
        if isinstance(allowed, dict):
            yield from validator.descend(value, allowed, path=key)
        elif not allowed:
            yield ValidationError(f"Additional property {key} is not allowed")


def _unique_items(_validator: Any, unique: Any, instance: Any, _schema: Any) -> Iterator[Any]:
    """By hash: the library compares each item with each other."""
    if unique and isinstance(instance, list) and len(RegoSet.of(instance)) < len(instance):
        yield ValidationError("array items must be unique")


def _watched(budget: Budget, keyword: Keyword) -> Keyword:
    def check(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
        budget.check_deadline()
        return keyword(validator, value, instance, schema)

    return check


def _validators(budget: Budget, schema: Any) -> Any:
    """Validators of the schema's draft, whose every keyword looks at the clock."""
    name = str(schema.get("$schema", "")).rstrip("#") if isinstance(schema, dict) else ""
    draft = _DRAFTS.get(name, Draft7Validator)
    keywords: dict[str, Keyword] = dict(draft.VALIDATORS)
    keywords |= {
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "additionalProperties": _additional_properties,
        "uniqueItems": _unique_items,
    }
    watched = {name: _watched(budget, keyword) for name, keyword in keywords.items()}
    return extend(draft, validators=watched)  # type: ignore[no-untyped-call]  # has no stubs


def _document(budget: Budget, value: Value) -> Any:
    if type(value) is str:
        try:
            return read_json(budget, value)
        except BuiltinError:
            raise BuiltinError("invalid JSON string") from None
    if type(value) in (dict, list):
        return to_json(value)
    raise BuiltinError("wrong type, expected string or object")


def _schema(budget: Budget, value: Value) -> Any:
    """The operand as a schema that is well formed, patterns included."""
    schema = _document(budget, value)
    if not isinstance(schema, dict | bool):
        raise BuiltinError("a schema must be an object or a boolean")
    validators = _validators(budget, schema)
    for error in validators(validators.META_SCHEMA, registry=Registry()).iter_errors(schema):
        raise BuiltinError(_schema_problem(error))
    _check_patterns(schema)
    return validators(schema, registry=Registry())


def _schema_problem(error: ValidationError) -> str:
    where = ".".join(map(str, error.absolute_path)) or "(root)"
    return f"the schema is invalid at {where}: {_wording(error)[1]}"


def _check_patterns(schema: Any) -> None:
    todo = [schema]
    while todo:
        part = todo.pop()
        if isinstance(part, dict):
            if isinstance(part.get("pattern"), str):
                compile_pattern(part["pattern"])
            properties = part.get("patternProperties")
            for pattern in properties if isinstance(properties, dict) else ():
                compile_pattern(pattern)
            todo.extend(part.values())
        elif isinstance(part, list):
            todo.extend(part)


_SCHEMA = "string|object[any:any]"


@FAMILY.builtin("json.verify_schema", _SCHEMA, result="array[any]", context=True, checked=False)
def verify_schema(context: Context, schema: Value) -> list[Value]:
    """``[true, null]`` for a well-formed JSON schema, else ``[false, <what is wrong>]``."""
    try:
        _schema(context.budget, schema)
    except BuiltinError as error:
        return [False, f"jsonschema: {error.message}"]
    return [True, None]


@FAMILY.builtin(
    "json.match_schema", _SCHEMA, _SCHEMA, result="array[any]", context=True, checked=False
)
def match_schema(context: Context, document: Value, schema: Value) -> list[Value]:
    """Whether a document fits a schema, and what does not fit."""
    instance, validator = _document(context.budget, document), _schema(context.budget, schema)
    found: list[Value] = []
    try:
        for error in validator.iter_errors(instance):
            context.budget.charge_elements(4)
            found.append(_described(error))
    except RecursionError:
        raise limit_error("a schema refers to itself without end") from None
    except Unresolvable as error:
        raise BuiltinError(f"the schema refers to {error.ref}, which it does not have") from None
    return [not found, found]


def _described(error: ValidationError) -> dict[str, str]:
    kind, text = _wording(error)
    field = ".".join(map(str, error.absolute_path)) or "(root)"
    return {"error": f"{field}: {text}", "type": kind, "field": field, "desc": text}


_TYPE_NAMES: Mapping[str, Callable[[Any], bool]] = {
    "integer": lambda value: type(value) is int or (type(value) is float and value.is_integer()),
}


def _given(value: Any) -> str:
    return "integer" if _TYPE_NAMES["integer"](value) else type_name(value)


def _shown(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else json_text(value)


Wording = tuple[str, Callable[[Any, Any], str]]

_WORDINGS: dict[str, Wording] = {
    "type": (
        "invalid_type",
        lambda limit, value: f"Invalid type. Expected: {limit}, given: {_given(value)}",
    ),
    "enum": (
        "enum",
        lambda limit, _: f"must be one of the following: {', '.join(map(_shown, limit))}",
    ),
    "const": ("const", lambda limit, _: f"does not match: {_shown(limit)}"),
    "minLength": (
        "string_gte",
        lambda limit, _: f"String length must be greater than or equal to {limit}",
    ),
    "maxLength": (
        "string_lte",
        lambda limit, _: f"String length must be less than or equal to {limit}",
    ),
    "pattern": ("pattern", lambda limit, _: f"Does not match pattern '{limit}'"),
    "format": ("format", lambda limit, _: f"Does not match format '{limit}'"),
    "minimum": ("number_gte", lambda limit, _: f"Must be greater than or equal to {limit}"),
    "maximum": ("number_lte", lambda limit, _: f"Must be less than or equal to {limit}"),
    "exclusiveMinimum": ("number_gt", lambda limit, _: f"Must be greater than {limit}"),
    "exclusiveMaximum": ("number_lt", lambda limit, _: f"Must be less than {limit}"),
    "multipleOf": ("multiple_of", lambda limit, _: f"Must be a multiple of {limit}"),
    "minItems": ("array_min_items", lambda limit, _: f"Array must have at least {limit} items"),
    "maxItems": ("array_max_items", lambda limit, _: f"Array must have at most {limit} items"),
    "uniqueItems": ("unique", lambda *_: "array items must be unique"),
    "contains": ("contains", lambda *_: "At least one of the items must match"),
    "minProperties": (
        "array_min_properties",
        lambda limit, _: f"Must have at least {limit} properties",
    ),
    "maxProperties": (
        "array_max_properties",
        lambda limit, _: f"Must have at most {limit} properties",
    ),
    "anyOf": ("number_any_of", lambda *_: "Must validate at least one schema (anyOf)"),
    "oneOf": ("number_one_of", lambda *_: "Must validate one and only one schema (oneOf)"),
    "allOf": ("number_all_of", lambda *_: "Must validate all the schemas (allOf)"),
    "not": ("number_not", lambda *_: "Must not validate the schema (not)"),
}


def _wording(error: ValidationError) -> tuple[str, str]:
    """The type that OPA gives to an error, and its sentence."""
    keyword = str(error.validator)
    if keyword == "required":
        name = error.message.split("'")[1]
        return "required", f"{name} is required"
    if keyword == "additionalProperties":
        return "additional_property_not_allowed", error.message
    if keyword not in _WORDINGS:
        return keyword, error.message
    kind, describe = _WORDINGS[keyword]
    limit = error.validator_value
    if keyword == "type" and isinstance(limit, list):
        limit = f"[{','.join(map(str, limit))}]"
    return kind, describe(limit, error.instance)
