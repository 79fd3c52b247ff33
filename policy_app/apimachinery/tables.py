"""Tables: what ``kubectl get`` prints, made by the server. Source: ``meta/v1`` Table.

A column's value is a JSONPath into the object, or one of the renderers of ``cells``.  Behind ``|``
a built-in column's path has what is shown where it finds nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from policy_app.apimachinery import cells, workload_cells
from policy_app.apimachinery.durations import age
from policy_app.apimachinery.json_paths import value_at
from policy_app.apimachinery.kinds import Column, Kind
from policy_app.apimachinery.objects import Object, metadata_of

_RENDERERS = {**cells.RENDERERS, **workload_cells.RENDERERS}
_PLAIN = (str, int, float, bool)


def table(
    kind: Kind,
    objects: Sequence[Mapping[str, Any]],
    *,
    include: str = "Metadata",
    now: datetime | None = None,
) -> Object:
    """The Table of some objects, with ``include`` of each: ``Metadata``, ``Object`` or ``None``.

    A kind without columns shows name and age, as custom resources do.
    """
    at = now or datetime.now(UTC)
    columns = kind.columns or cells.PLAIN_COLUMNS
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": {},
        "columnDefinitions": [_definition(one) for one in columns],
        "rows": [_row(columns, one, include, at) for one in objects],
    }


def _definition(column: Column) -> Object:
    return {
        "name": column.name,
        "type": column.type,
        "format": column.format,
        "description": column.description or f"{column.name} of the object",
        "priority": column.priority,
    }


def _row(
    columns: Sequence[Column], thing: Mapping[str, Any], include: str, now: datetime
) -> Object:
    row: Object = {"cells": [_cell(one, thing, now) for one in columns]}
    if include == "Object":
        row["object"] = dict(thing)
    elif include != "None":
        head = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1"}
        row["object"] = {**head, "metadata": dict(metadata_of(thing))}
    return row


def _cell(column: Column, thing: Mapping[str, Any], now: datetime) -> Any:
    if column.source == "age":
        return age(metadata_of(thing).get("creationTimestamp"), now)
    if not column.source.startswith("."):
        return _RENDERERS[column.source](thing, now)
    path, _, absent = (column.source, "", "") if column.custom else column.source.partition("|")
    value = value_at(thing, path)
    if value is None:
        return int(absent) if absent.isdigit() else absent
    if column.type == "date":
        return age(value, now)
    return value if isinstance(value, _PLAIN) else cells.as_json(value)
