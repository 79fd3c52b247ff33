"""Defaults in a custom resource's schema. Source: ``structural/defaulting`` of apiextensions."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from policy_app.apimachinery.kinds import Kind
from policy_app.apimachinery.objects import Object
from policy_app.apimachinery.schemas import KindKey


@dataclass(frozen=True, slots=True)
class _Plan:
    """The defaults at one place of a schema, and the places below that have some."""

    values: tuple[tuple[str, Any, bool], ...]
    """Field, default, and whether the field may hold null."""
    fields: tuple[tuple[str, _Plan], ...]
    elements: _Plan | None
    """Of a list's elements or of a map's values."""


def with_defaults(kind: Kind, thing: Object) -> Object:
    """The custom resource with its schema's defaults."""
    plan = _of_kind(KindKey(kind))
    made: Object = _filled(thing, plan) if plan is not None else thing
    return made


@lru_cache(maxsize=512)
def _of_kind(key: KindKey) -> _Plan | None:
    return _plan(key.kind.schema or {})


def _plan(schema: Any) -> _Plan | None:
    """None where nothing at or below a place has a default."""
    if not isinstance(schema, Mapping):
        return None
    properties = schema.get("properties") or {}
    values = tuple(
        (name, one["default"], bool(one.get("nullable")))
        for name, one in properties.items()
        if one.get("default") is not None
    )
    planned = ((name, _plan(one)) for name, one in properties.items())
    fields = tuple((name, one) for name, one in planned if one is not None)
    elements = _plan(schema.get("items")) or _plan(schema.get("additionalProperties"))
    return _Plan(values, fields, elements) if values or fields or elements else None


def _filled(value: Any, plan: _Plan) -> Any:
    if isinstance(value, list):
        return [_filled(one, plan.elements) for one in value] if plan.elements else value
    if not isinstance(value, dict):
        return value
    made = dict(value)
    for name, default, nullable in plan.values:
        if name not in made or (made[name] is None and not nullable):
            made[name] = deepcopy(default)
    for name, below in plan.fields:
        if name in made:
            made[name] = _filled(made[name], below)
    if plan.elements is not None:
        named = {name for name, _ in plan.fields}
        for name in made.keys() - named:
            made[name] = _filled(made[name], plan.elements)
    return made
