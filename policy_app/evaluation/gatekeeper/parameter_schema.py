"""A template's schema for parameters: defaults, unknown fields, and what values may be.

Source: the framework's ``schema`` package and Kubernetes' structural schemas.  With
``legacySchema`` nothing is unknown, and a missing ``type`` says nothing.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from policy_app.evaluation.gatekeeper.errors import ConstraintSchemaError, TemplateError
from policy_app.evaluation.gatekeeper.json_schema import InvalidSchemaError, schema_faults

_PATH = "spec.parameters"
_INT_OR_STRING = "x-kubernetes-int-or-string"
_PRESERVE = "x-kubernetes-preserve-unknown-fields"
_BELOW = ("items", "additionalProperties", "not")
_LISTS = ("allOf", "anyOf", "oneOf")


@dataclass(frozen=True, slots=True)
class ParameterSchema:
    """The schema of ``spec.parameters``; None where the template has none."""

    written: Mapping[str, Any] | None
    legacy: bool

    def check(self) -> None:
        """Raise ``TemplateError`` where a structural schema leaves a type out."""
        if self.legacy or self.written is None:
            return
        for path in _without_type(self.written, _PATH):
            raise TemplateError(
                f"invalid ConstraintTemplate: invalid CRD: {path}.type: Required value: must not "
                "be empty for specified object fields",
                path="spec.crd.spec.validation.openAPIV3Schema",
            )

    def accept(self, parameters: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
        """The parameters with defaults filled in.

        Raises ``ConstraintSchemaError`` with Gatekeeper's texts for what does not fit.
        """
        if self.written is None:
            if parameters and not self.legacy:
                raise ConstraintSchemaError(
                    f"invalid Constraint: unknown fields: [{_PATH}]", path=_PATH
                )
            return parameters
        filled = with_defaults(self.written, parameters)
        if filled is None:
            return None
        if not self.legacy:
            _refuse_unknown(self.written, filled)
        self._refuse_misfits(filled)
        return dict(filled)

    def _refuse_misfits(self, parameters: Any) -> None:
        try:
            faults = schema_faults(to_json_schema(self.written or {}), parameters)
        except InvalidSchemaError as error:
            raise ConstraintSchemaError(
                f"schema validation failed: the template's schema cannot be used: {error}",
                path=_PATH,
            ) from None
        if not faults:
            return
        told = [f"{_join(_PATH, fault.path)}: {fault.message}" for fault in faults]
        raise ConstraintSchemaError(
            f"schema validation failed: {'; '.join(told)}", path=_join(_PATH, faults[0].path)
        )


def with_defaults(schema: Mapping[str, Any], value: Any) -> Any:
    """The value with structural defaults: only where the object around them is there."""
    if value is None and "default" in schema:
        value = copy.deepcopy(schema["default"])
    if isinstance(value, Mapping):
        return _object_with_defaults(schema, value)
    items = schema.get("items")
    if isinstance(value, list) and isinstance(items, Mapping):
        return [with_defaults(items, item) for item in value]
    return value


def _object_with_defaults(schema: Mapping[str, Any], value: Mapping[str, Any]) -> dict[str, Any]:
    properties = _properties(schema)
    rest = schema.get("additionalProperties")
    filled = dict(value)
    for name, inner in properties.items():
        if name in filled or "default" in inner:
            filled[name] = with_defaults(inner, filled.get(name))
    if isinstance(rest, Mapping):
        for name in filled.keys() - properties.keys():
            filled[name] = with_defaults(rest, filled[name])
    return filled


def to_json_schema(schema: Any) -> Any:
    """Kubernetes' dialect of OpenAPI 3 as JSON Schema: nullable, int-or-string, bounds."""
    if isinstance(schema, list):
        return [to_json_schema(item) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    plain: dict[str, Any] = {
        name: value for name, value in schema.items() if not name.startswith("x-kubernetes-")
    }
    for name in (*_BELOW, *_LISTS):
        if name in plain:
            plain[name] = to_json_schema(plain[name])
    if "properties" in plain:
        plain["properties"] = {
            name: to_json_schema(inner) for name, inner in _properties(schema).items()
        }
    if schema.get(_INT_OR_STRING) is True:
        plain["type"] = ["integer", "string"]
    _convert_bounds(plain)
    if plain.pop("nullable", False) is True and "type" in plain:
        types = plain["type"]
        plain["type"] = [*(types if isinstance(types, list) else [types]), "null"]
    return plain


def _convert_bounds(plain: dict[str, Any]) -> None:
    """In OpenAPI 3 ``exclusiveMinimum`` is a flag beside ``minimum``; in JSON Schema a number."""
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        flag = plain.get(exclusive)
        if isinstance(flag, bool):
            del plain[exclusive]
            if flag and bound in plain:
                plain[exclusive] = plain.pop(bound)


def _properties(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    properties = schema.get("properties")
    if not isinstance(properties, Mapping):
        return {}
    return {name: inner if isinstance(inner, Mapping) else {} for name, inner in properties.items()}


def _without_type(schema: Mapping[str, Any], path: str) -> Iterator[str]:
    free = schema.get(_INT_OR_STRING) is True or schema.get(_PRESERVE) is True
    if not schema.get("type") and not free:
        yield path
    for name, inner in _properties(schema).items():
        yield from _without_type(inner, f"{path}.{name}")
    for below, mark in (("items", "[*]"), ("additionalProperties", ".*")):
        inner = schema.get(below)
        if isinstance(inner, Mapping):
            yield from _without_type(inner, f"{path}{mark}")


def _refuse_unknown(schema: Mapping[str, Any], parameters: Any) -> None:
    unknown = sorted(_unknown(schema, parameters, _PATH))
    if unknown:
        raise ConstraintSchemaError(
            f"invalid Constraint: unknown fields: [{' '.join(unknown)}]", path=unknown[0]
        )


def _unknown(schema: Mapping[str, Any], value: Any, path: str) -> Iterator[str]:
    if isinstance(value, list):
        items = schema.get("items")
        if isinstance(items, Mapping):
            for index, item in enumerate(value):
                yield from _unknown(items, item, f"{path}[{index}]")
    if not isinstance(value, Mapping) or schema.get(_PRESERVE) is True:
        return
    properties, rest = _properties(schema), schema.get("additionalProperties")
    for name, inner in value.items():
        known = properties.get(name, rest)
        if isinstance(known, Mapping):
            yield from _unknown(known, inner, f"{path}.{name}")
        elif known is not True:
            yield f"{path}.{name}"


def _join(path: str, inner: str) -> str:
    return f"{path}{inner}" if inner.startswith("[") or not inner else f"{path}.{inner}"
