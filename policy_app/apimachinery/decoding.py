"""Read a request's value as an object of its kind, as strictly as the API server does.

A value of a wrong type is an error; a field that the kind does not know is dropped and told,
because whether that is an error is the client's choice (``fieldValidation``).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from policy_app.apimachinery import errors
from policy_app.apimachinery.kinds import Kind
from policy_app.apimachinery.objects import Object, metadata_of, moment
from policy_app.apimachinery.schemas import Node, Schemas

_QUANTITY = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?")
_INDEX = re.compile(r"\[\d+\]")
_NAMES = {
    dict: "object",
    list: "array",
    str: "string",
    bool: "bool",
    int: "number",
    float: "number",
}
_GO = {"string": "string", "integer": "int32", "number": "float64", "boolean": "bool"}
_LONGEST_INTEGER = 2**63


@dataclass(frozen=True, slots=True)
class Decoded:
    """An object of its kind, and what it had beside its kind's fields."""

    object: Object
    strict_faults: tuple[str, ...] = ()
    """``unknown field "spec.foo"``, each once."""


@dataclass(slots=True)
class _Reader:
    kind: Kind
    faults: dict[str, None] = field(default_factory=dict)

    def value(self, value: Any, node: Node, path: str) -> Any:
        """A value at its place.  Raises ``ApiError`` 400 where its type is another one."""
        if node.is_quantity:
            return self._quantity(value, path)
        if node.int_or_string:
            if isinstance(value, bool) or not isinstance(value, (int, str)):
                raise self._wrong(value, "intstr.IntOrString", path)
            return value
        if isinstance(value, dict):
            return self._object(value, node, path)
        if isinstance(value, list):
            return self._list(value, node, path)
        self._check(value, node, path)
        return value

    def _object(self, value: Object, node: Node, path: str) -> Object:
        if node.types and "object" not in node.types:
            raise self._wrong(value, _GO.get(node.types[0], f"[]{node.types[0]}"), path)
        if node.takes_anything and not node.fields:
            return value
        kept: Object = {}
        for name, one in value.items():
            place = node.field(name)
            below = f"{path}.{name}" if path else name
            if place is None:
                if node.takes_anything:
                    kept[name] = one
                else:
                    self.faults[f'unknown field "{below}"'] = None
            elif one is None:
                # Go leaves out what is null; a custom resource may be told to keep it.
                if place.nullable:
                    kept[name] = None
            else:
                kept[name] = self.value(one, place, below)
        return kept

    def _list(self, value: list[Any], node: Node, path: str) -> list[Any]:
        if node.types and "array" not in node.types:
            wanted = "map[string]interface {}" if "object" in node.types else _GO[node.types[0]]
            raise self._wrong(value, wanted, path)
        if node.items is None:
            return value
        items = node.items
        return [
            one if one is None and not items.types else self._item(one, items, f"{path}[{index}]")
            for index, one in enumerate(value)
        ]

    def _item(self, value: Any, node: Node, path: str) -> Any:
        if value is None:
            return {} if "object" in node.types else "" if "string" in node.types else None
        return self.value(value, node, path)

    def _check(self, value: Any, node: Node, path: str) -> None:
        types = node.types
        if not types or value is None:
            return
        fits = {
            "string": isinstance(value, str),
            "boolean": isinstance(value, bool),
            "integer": _is_integer(value),
            "number": isinstance(value, (int, float)) and not isinstance(value, bool),
        }
        if not any(fits.get(one, False) for one in types):
            raise self._wrong(value, _GO.get(types[0], _composite(types[0])), path)
        if isinstance(value, str) and node.raw.get("format") == "date-time" and not moment(value):
            raise self._bad(f'parsing time "{value}" as "2006-01-02T15:04:05Z07:00" at {path}')

    def _quantity(self, value: Any, path: str) -> Any:
        if isinstance(value, bool) or not isinstance(value, (int, float, str)):
            raise self._wrong(value, "resource.Quantity", path)
        if isinstance(value, str) and not _QUANTITY.fullmatch(value):
            raise self._bad(
                "quantities must match the regular expression"
                " '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
                f" ({path} is {value!r})"
            )
        # A quantity is stored as text, whatever form it came in.
        return value if isinstance(value, str) else _number_text(value)

    def _wrong(self, value: Any, wanted: str, path: str) -> errors.ApiError:
        name = "null" if value is None else _NAMES.get(type(value), "number")
        where = f"{self.kind.kind}.{_INDEX.sub('', path)}"
        return self._bad(
            f"json: cannot unmarshal {name} into Go struct field {where} of type {wanted}"
        )

    def _bad(self, why: str) -> errors.ApiError:
        return errors.bad_request(
            f'{self.kind.kind} in version "{self.kind.version}" cannot be handled as a'
            f" {self.kind.kind}: {why}"
        )


def decode(kind: Kind, body: Any, schemas: Schemas) -> Decoded:
    """The object that a body is, without the fields that its kind does not have.

    Raises ``ApiError`` 400 where the body is no object, of another kind, or wrong in a type.
    """
    if not isinstance(body, dict):
        raise errors.bad_request(f"the body must be an object of kind {kind.kind}")
    _check_head(kind, body)
    node = schemas.of(kind)
    whole = {**body, "apiVersion": kind.api_version, "kind": kind.kind}
    metadata = body.get("metadata")
    if metadata is None:
        whole["metadata"] = {}
    if node is None:
        return Decoded(whole)
    reader = _Reader(kind)
    thing = reader.value(whole, node, "")
    _check_metadata(kind, thing)
    return Decoded(thing, tuple(reader.faults))


def strict_error(kind: Kind, faults: tuple[str, ...]) -> errors.ApiError:
    """400 for faults that the client wants to be errors."""
    if kind.custom:
        return errors.bad_request(f"strict decoding error: {', '.join(faults)}")
    return errors.bad_request(
        f'{kind.kind} in version "{kind.version}" cannot be handled as a {kind.kind}:'
        f" strict decoding error: {', '.join(faults)}"
    )


def _check_head(kind: Kind, body: Mapping[str, Any]) -> None:
    given = body.get("apiVersion") or kind.api_version, body.get("kind") or kind.kind
    if given != (kind.api_version, kind.kind):
        raise errors.bad_request(
            f"the API version in the data ({given[0]}, {given[1]}) does not match the expected"
            f" API version ({kind.api_version}, {kind.kind})"
        )


def _check_metadata(kind: Kind, thing: Object) -> None:
    """Labels and annotations are maps of text; their schema says so, and names go into paths."""
    for name in ("name", "namespace", "generateName"):
        value = metadata_of(thing).get(name)
        if value is not None and not isinstance(value, str):
            raise errors.bad_request(f"{kind.kind}: metadata.{name} must be a string")


def _is_integer(value: Any) -> bool:
    if isinstance(value, bool):
        return False
    if isinstance(value, float):
        return math.isfinite(value) and value.is_integer()
    return isinstance(value, int) and -_LONGEST_INTEGER <= value < _LONGEST_INTEGER


def _composite(type_: str) -> str:
    return "map[string]interface {}" if type_ == "object" else "[]interface {}"


def _number_text(value: float) -> str:
    return str(int(value)) if isinstance(value, int) or value.is_integer() else repr(value)
