"""CustomResourceDefinitions: names, versions, and schemas that are structural.

Rules of CEL in a schema (``x-kubernetes-validations``) are looked at by ``services.cluster``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from policy_app.apimachinery import json_paths
from policy_app.apimachinery.objects import Object, metadata_of, name_of
from policy_app.apimachinery.validation import names
from policy_app.apimachinery.validation.reports import (
    IMMUTABLE,
    GoValue,
    Report,
    mapping,
    members,
)

_COLUMN_TYPES = ("boolean", "date", "integer", "number", "string")
_TYPES = ("array", "boolean", "integer", "number", "object", "string")
_PROTECTED = ("k8s.io", "kubernetes.io")
_APPROVAL = "api-approved.kubernetes.io"
_LOGICAL = ("allOf", "anyOf", "oneOf")
_OUTSIDE_LOGIC = ("additionalProperties", "default", "nullable", "type", "title", "description")


def _definition(thing: Object, old: Mapping[str, Any] | None, to: Report) -> None:
    spec = mapping(thing.get("spec"))
    given = mapping(spec.get("names"))
    wanted = f"{given.get('plural', '')}.{spec.get('group', '')}"
    if name_of(thing) != wanted:
        text = 'must be spec.names.plural+"."+spec.group'
        to.invalid("metadata.name", name_of(thing), text)
    _check_group(thing, spec, to)
    _check_names(given, to)
    _check_versions(spec, to)
    if old is not None:
        _check_unchanged(spec, mapping(old.get("spec")), to)


def _check_group(thing: Object, spec: Mapping[str, Any], to: Report) -> None:
    group = str(spec.get("group") or "")
    if not group:
        to.required("spec.group")
        return
    for fault in names.subdomain(group):
        to.invalid("spec.group", group, fault)
    if "." not in group:
        to.invalid("spec.group", group, "should be a domain with at least one dot")
    protected = any(group == one or group.endswith(f".{one}") for one in _PROTECTED)
    if protected and not mapping(metadata_of(thing).get("annotations")).get(_APPROVAL):
        text = (
            f'protected groups must have approval annotation "{_APPROVAL}", see'
            " https://github.com/kubernetes/enhancements/pull/1111"
        )
        to.required(f"metadata.annotations[{_APPROVAL}]", text)


def _check_names(given: Mapping[str, Any], to: Report) -> None:
    for field in ("plural", "singular", "kind", "listKind"):
        value, path = str(given.get(field) or ""), f"spec.names.{field}"
        if not value:
            to.required(path)
            continue
        for fault in names.old_label(value.lower()):
            text = f"may have mixed case, but should otherwise match: {fault}"
            to.invalid(path, value, text if "ind" in field else fault)
    if given.get("kind") and given.get("kind") == given.get("listKind"):
        text = "kind and listKind may not be the same"
        to.invalid("spec.names.listKind", given["listKind"], text)
    for field in ("shortNames", "categories"):
        for index, one in enumerate(given.get(field) or []):
            for fault in names.old_label(str(one)):
                to.invalid(f"spec.names.{field}[{index}]", one, fault)


def _check_versions(spec: Mapping[str, Any], to: Report) -> None:
    versions = members(spec.get("versions"))
    if not versions:
        to.required("spec.versions", "must have exactly one version marked as storage version")
        return
    seen: set[str] = set()
    for index, version in enumerate(versions):
        path, name = f"spec.versions[{index}]", str(version.get("name") or "")
        if not name:
            to.required(f"{path}.name")
        for fault in names.old_label(name) if name else ():
            to.invalid(f"{path}.name", name, fault)
        if name in seen:
            to.invalid("spec.versions", _shown(versions), "must contain unique version names")
        seen.add(name)
        _check_version(version, path, to)
    if sum(1 for one in versions if one.get("storage")) != 1:
        text = "must have exactly one version marked as storage version"
        to.invalid("spec.versions", _shown(versions), text)


def _shown(versions: list[dict[str, Any]]) -> GoValue:
    told = ", ".join(
        f'apiextensions.CustomResourceDefinitionVersion{{Name:"{one.get("name", "")}", ...}}'
        for one in versions
    )
    return GoValue(f"[]apiextensions.CustomResourceDefinitionVersion{{{told}}}")


def _check_version(version: Mapping[str, Any], path: str, to: Report) -> None:
    schema = mapping(version.get("schema")).get("openAPIV3Schema")
    here = f"{path}.schema.openAPIV3Schema"
    if not isinstance(schema, dict):
        to.required(here, "schemas are required")
    else:
        _check_schema(schema, here, to, root=True)
        if schema.get("type") not in (None, "object"):
            to.invalid(f"{here}.type", schema["type"], "must be object at the root")
    for index, column in enumerate(members(version.get("additionalPrinterColumns"))):
        _check_column(column, f"{path}.additionalPrinterColumns[{index}]", to)
    scale = mapping(mapping(version.get("subresources")).get("scale"))
    for field, root in (("specReplicasPath", ".spec"), ("statusReplicasPath", ".status")):
        value = str(scale.get(field) or "")
        where = f"{path}.subresources.scale.{field}"
        if scale and not value:
            to.required(where)
        elif scale and not value.startswith(f"{root}."):
            to.invalid(where, value, f"should be a json path under {root}")


def _check_column(column: Mapping[str, Any], path: str, to: Report) -> None:
    for field in ("name", "type", "jsonPath"):
        if not column.get(field):
            to.required(f"{path}.{field}")
    if column.get("type") and column["type"] not in _COLUMN_TYPES:
        to.unsupported(f"{path}.type", column["type"], _COLUMN_TYPES)
    source = str(column.get("jsonPath") or "")
    if source and not json_paths.is_valid(source):
        text = "must be a simple json path starting with ."
        to.invalid(f"{path}.jsonPath", source, text)


def _check_schema(schema: Mapping[str, Any], path: str, to: Report, *, root: bool = False) -> None:
    """A structural schema: every place says its type, and logic adds only value rules."""
    _check_type(schema, path, to, root)
    if schema.get("properties") and schema.get("additionalProperties") not in (None, False):
        text = "additionalProperties and properties are mutual exclusive"
        to.forbidden(f"{path}.additionalProperties", text)
    if "$ref" in schema:
        to.forbidden(f"{path}.$ref", "$ref is not supported")
    if schema.get("uniqueItems"):
        text = "uniqueItems cannot be set to true since the runtime complexity becomes quadratic"
        to.forbidden(f"{path}.uniqueItems", text)
    if schema.get("type") == "array" and not isinstance(schema.get("items"), dict):
        to.required(f"{path}.items", "must be specified")
    _check_logic(schema, path, to)
    for where, below in _below(schema, path):
        _check_schema(below, where, to)


def _check_type(schema: Mapping[str, Any], path: str, to: Report, root: bool) -> None:
    kind = schema.get("type")
    open_ = schema.get("x-kubernetes-int-or-string") or schema.get(
        "x-kubernetes-preserve-unknown-fields"
    )
    if kind and kind not in _TYPES:
        to.unsupported(f"{path}.type", kind, _TYPES)
    elif not kind and (root or not open_):
        where = "at the root" if root else _place(path)
        to.required(f"{path}.type", f"must not be empty {where}")
    if kind and schema.get("x-kubernetes-int-or-string"):
        text = "must be empty if x-kubernetes-int-or-string is true"
        to.forbidden(f"{path}.type", text)


def _place(path: str) -> str:
    if path.endswith(".items"):
        return "for specified array items"
    if path.endswith(".additionalProperties"):
        return "for specified additionalProperties"
    return "for specified object fields"


def _below(schema: Mapping[str, Any], path: str) -> list[tuple[str, Mapping[str, Any]]]:
    found: list[tuple[str, Mapping[str, Any]]] = [
        (f"{path}.properties[{name}]", one)
        for name, one in sorted(mapping(schema.get("properties")).items())
        if isinstance(one, dict)
    ]
    for field in ("items", "additionalProperties"):
        one = schema.get(field)
        if isinstance(one, dict):
            found.append((f"{path}.{field}", one))
    return found


def _check_logic(schema: Mapping[str, Any], path: str, to: Report) -> None:
    parts = [
        (f"{path}.{word}[{index}]", one)
        for word in _LOGICAL
        for index, one in enumerate(members(schema.get(word)))
    ]
    if isinstance(schema.get("not"), dict):
        parts.append((f"{path}.not", schema["not"]))
    allows_types = bool(schema.get("x-kubernetes-int-or-string"))
    for where, part in parts:
        for field in _OUTSIDE_LOGIC:
            if part.get(field) and not (allows_types and field == "type"):
                text = "must be empty to be structural"
                to.forbidden(f"{where}.{field}", text)


def _check_unchanged(spec: Mapping[str, Any], before: Mapping[str, Any], to: Report) -> None:
    if spec.get("group") != before.get("group"):
        to.invalid("spec.group", spec.get("group"), IMMUTABLE)
    if spec.get("scope") != before.get("scope"):
        to.invalid("spec.scope", spec.get("scope"), IMMUTABLE)
    names_now, names_before = mapping(spec.get("names")), mapping(before.get("names"))
    for field in ("kind", "plural"):
        if names_now.get(field) != names_before.get(field):
            to.invalid(f"spec.names.{field}", names_now.get(field), IMMUTABLE)


RULES = {("apiextensions.k8s.io", "CustomResourceDefinition"): _definition}
