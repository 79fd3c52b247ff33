"""Read a request's value as an object of its kind, as strictly as the API server does.

Built-in kinds are read as Go's decoder reads them into structs: a value of a wrong type is an
error, null is nothing, empty lists and maps are left out.  Custom resources are pruned alone;
whether their values fit is for their schema to say (``validation``).  A field that the kind does
not know is dropped and told, because whether that is an error is the client's choice
(``fieldValidation``).

Sources: ``encoding/json`` of Go for the words, ``UnmarshalJSON`` of Quantity, IntOrString and Time;
``structural/pruning`` of apiextensions.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from policy_app.apimachinery import enums, errors, quantities
from policy_app.apimachinery.kinds import Kind
from policy_app.apimachinery.objects import Object, metadata_of, moment
from policy_app.apimachinery.schemas import Node, Schemas

_INDEX = re.compile(r"\[\d+\]")
_JSON_NAMES = {dict: "object", list: "array", str: "string", bool: "bool"}
_GO_SCALARS = {"string": "string", "number": "float64", "boolean": "bool", "integer": "int64"}
_BITS = {"int32": 31, "int64": 63}
# Lists that Go writes though they are empty, and though nobody has to give them.
_KEPT_EMPTY = {"Role": ("rules",), "ClusterRole": ("rules",)}


class Repeated(Object):
    """A JSON object in which names stand twice; the last value counts."""

    def __init__(self, pairs: Iterable[tuple[str, Any]], twice: tuple[str, ...]) -> None:
        super().__init__(pairs)
        self.twice = twice


def object_of_pairs(pairs: list[tuple[str, Any]]) -> Object:
    """For ``json.loads(object_pairs_hook=...)``: remembers the names that stand twice."""
    made = dict(pairs)
    if len(made) == len(pairs):
        return made
    names = [name for name, _ in pairs]
    return Repeated(pairs, tuple(name for name in made if names.count(name) > 1))


@dataclass(frozen=True, slots=True)
class Decoded:
    """An object of its kind, and what it had beside its kind's fields."""

    object: Object
    strict_faults: tuple[str, ...] = ()
    """``unknown field "spec.foo"`` and ``duplicate field "spec.foo"``, each once."""


def decode(kind: Kind, body: Any, schemas: Schemas) -> Decoded:
    """The object that a body is, without the fields that its kind does not have.

    Raises ``ApiError`` 400 where the body is no object, of another kind, or wrong in a type.
    """
    if not isinstance(body, dict):
        raise errors.bad_request(f"the body must be an object of kind {kind.kind}")
    _check_head(kind, body)
    whole = {"apiVersion": kind.api_version, "kind": kind.kind, **_named_values(body)}
    node = schemas.of(kind)
    reader = _Reader(kind)
    reader.note_repeated(body, "")
    if node is None:
        thing = whole
    elif kind.schema is not None:
        thing = reader.pruned(whole, node, "")
    else:
        thing = reader.struct(whole, node, "", kind.kind)
    if not isinstance(thing.get("metadata"), dict):
        thing["metadata"] = {}
    _check_metadata(kind, thing)
    return Decoded(thing, tuple(reader.faults))


def strict_error(kind: Kind, faults: tuple[str, ...]) -> errors.ApiError:
    """400 for faults that the client wants to be errors."""
    return errors.bad_request(
        f'{kind.kind} in version "{kind.version}" cannot be handled as a {kind.kind}:'
        f" strict decoding error: {', '.join(faults)}"
    )


@dataclass(slots=True)
class _Reader:
    """Walks a value along its schema; ``faults`` are what only strict clients care for."""

    kind: Kind
    faults: dict[str, None] = field(default_factory=dict)

    def note_repeated(self, value: Object, path: str) -> None:
        """Names that stand twice in one object are told where they stand."""
        if isinstance(value, Repeated):
            for name in value.twice:
                self.faults[f'duplicate field "{_below(path, name)}"'] = None

    def pruned(self, value: Any, node: Node, path: str) -> Any:
        """A custom resource's value without unknown fields, whatever its types are."""
        if isinstance(value, list):
            items = node.items
            if items is None:
                return value
            return [self.pruned(one, items, f"{path}[{i}]") for i, one in enumerate(value)]
        if not isinstance(value, dict):
            return value
        self.note_repeated(value, path)
        if node.has_object_metadata and isinstance(value.get("metadata"), dict):
            metadata = node.schemas.metadata
            below = _below(path, "metadata")
            read = self.struct(value["metadata"], metadata, below, "ObjectMeta")
            value = {**value, "metadata": read}
        return self._pruned_fields(value, node, path)

    def _pruned_fields(self, value: Object, node: Node, path: str) -> Object:
        kept: Object = {}
        for name, one in value.items():
            place = node.field(name)
            if place is not None:
                read_already = name == "metadata" and node.has_object_metadata
                kept[name] = one if read_already else self.pruned(one, place, _below(path, name))
            elif node.takes_anything:
                kept[name] = one
            else:
                self.faults[f'unknown field "{_below(path, name)}"'] = None
        return kept

    def value(self, value: Any, node: Node, path: str, owner: str) -> Any:
        """A value at its place in the struct ``owner``.  Raises ``ApiError`` 400."""
        if isinstance(value, dict):
            if node.fields:
                return self.struct(value, node, path, node.short_name or owner)
            return self._map(value, node, path, owner)
        if isinstance(value, list):
            return self._list(value, node, path, owner)
        return self._scalar(value, node, path, owner)

    def struct(self, value: Object, node: Node, path: str, owner: str) -> Object:
        """The fields that a struct has; null leaves one out, and so does an empty list or map."""
        if type(value) is not dict:
            self.note_repeated(value, path)
        known, required = node.fields, node.required
        always = _KEPT_EMPTY.get(owner, ())
        kept: Object = {}
        for name, one in value.items():
            place = known.get(name)
            if place is None:
                if node.takes_anything:
                    kept[name] = one
                else:
                    self.faults[f'unknown field "{_below(path, name)}"'] = None
            elif one is not None:
                read = self.value(one, place, _below(path, name), owner)
                if read or not place.is_collection or name in required or name in always:
                    kept[name] = read
        return kept

    def _map(self, value: Object, node: Node, path: str, owner: str) -> Object:
        values = node.values
        if node.is_quantity:
            raise self._bad_quantity()
        if node.int_or_string:
            raise self._bad("json: cannot unmarshal object into Go value of type int32")
        if values is None:
            if node.types and "object" not in node.types:
                raise self._wrong("object", node, path, owner)
            return value
        self.note_repeated(value, path)
        return {
            name: _zero(values) if one is None else self.value(one, values, path, owner)
            for name, one in value.items()
        }

    def _list(self, value: list[Any], node: Node, path: str, owner: str) -> list[Any]:
        items = node.items
        if items is None:
            if node.is_quantity or node.int_or_string or (node.types and "array" not in node.types):
                raise self._wrong("array", node, path, owner)
            return value
        return [
            _zero(items) if one is None else self.value(one, items, f"{path}[{index}]", owner)
            for index, one in enumerate(value)
        ]

    def _scalar(self, value: Any, node: Node, path: str, owner: str) -> Any:
        if node.is_quantity:
            return self._quantity(value)
        types = node.types
        if node.int_or_string or not types:
            return self._int_or_string(value) if node.int_or_string else value
        wanted = types[0]
        if wanted == "string" and isinstance(value, str):
            self._check_text(value, str(node.raw.get("format")))
        elif wanted == "integer" and _is_number(value):
            return self._integer(value, node, path, owner)
        elif not (
            (wanted == "boolean" and isinstance(value, bool))
            or (wanted == "number" and _is_number(value))
        ):
            raise self._wrong(_JSON_NAMES.get(type(value), "number"), node, path, owner)
        return value

    def _integer(self, value: float, node: Node, path: str, owner: str) -> int:
        bits = _BITS.get(str(node.raw.get("format")), 63)
        if value != value or value in (float("inf"), float("-inf")) or value % 1:
            raise self._wrong(f"number {value}", node, path, owner)
        if not -(2**bits) <= value < 2**bits:
            raise self._wrong(f"number {int(value)}", node, path, owner)
        return int(value)

    def _int_or_string(self, value: Any) -> Any:
        if isinstance(value, bool):
            raise self._bad("json: cannot unmarshal bool into Go value of type int32")
        if isinstance(value, float):
            if value % 1:
                raise self._bad(
                    f"json: cannot unmarshal number {value} into Go value of type int32"
                )
            return int(value)
        return value

    def _check_text(self, value: str, form: str) -> None:
        if form == "date-time" and value and not moment(value):
            layout = "2006-01-02T15:04:05Z07:00"
            shown = value.replace('"', '\\"')
            raise self._bad(
                f'parsing time "{shown}" as "{layout}": cannot parse "{shown}" as "2006"'
            )
        if form == "byte":
            try:
                base64.b64decode(re.sub(r"[\r\n]", "", value), validate=True)
            except (binascii.Error, ValueError):
                raise self._bad(
                    f"illegal base64 data at input byte {_first_bad_byte(value)}"
                ) from None

    def _quantity(self, value: Any) -> str:
        """An amount is stored as text in one form, whatever form it came in."""
        if isinstance(value, bool) or not isinstance(value, (int, float, str)):
            raise self._bad_quantity()
        stored = quantities.canonical(str(value).strip())
        if stored is None:
            raise self._bad_quantity()
        return stored

    def _bad_quantity(self) -> errors.ApiError:
        return self._bad(
            "quantities must match the regular expression"
            " '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
        )

    def _wrong(self, given: str, node: Node, path: str, owner: str) -> errors.ApiError:
        where = f"{owner}.{_INDEX.sub('', path)}"
        name = path.rpartition(".")[2]
        wanted = enums.go_type(owner, name) or go_type(node)
        return self._bad(
            f"json: cannot unmarshal {given} into Go struct field {where} of type {wanted}"
        )

    def _bad(self, why: str) -> errors.ApiError:
        return errors.bad_request(
            f'{self.kind.kind} in version "{self.kind.version}" cannot be handled as a'
            f" {self.kind.kind}: {why}"
        )


def go_type(node: Node) -> str:
    """The Go type behind a place: ``[]v1.Container``, ``map[string]string``, ``int32``."""
    if node.reference:
        return ".".join(node.reference.split(".")[-2:])
    if node.raw.get("format") == "byte":
        return "[]uint8"
    if node.items is not None:
        return f"[]{go_type(node.items)}"
    if node.values is not None:
        return f"map[string]{go_type(node.values)}"
    first = node.types[0] if node.types else "interface {}"
    if first == "integer":
        return str(node.raw.get("format") or "int64")
    return _GO_SCALARS.get(first, "map[string]interface {}")


def _named_values(body: Object) -> Object:
    """The body; an empty apiVersion or kind counts as none."""
    return {
        name: value for name, value in body.items() if value or name not in ("apiVersion", "kind")
    }


def _check_head(kind: Kind, body: Mapping[str, Any]) -> None:
    given = body.get("apiVersion") or kind.api_version, body.get("kind") or kind.kind
    if given != (kind.api_version, kind.kind):
        raise errors.bad_request(
            f"the API version in the data ({given[0]}, {given[1]}) does not match the expected"
            f" API version ({kind.api_version}, {kind.kind})"
        )


def _check_metadata(kind: Kind, thing: Object) -> None:
    """Kinds without a schema have metadata all the same, and names go into paths."""
    for name in ("name", "namespace", "generateName"):
        value = metadata_of(thing).get(name)
        if value is not None and not isinstance(value, str):
            raise errors.bad_request(f"{kind.kind}: metadata.{name} must be a string")


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _zero(node: Node) -> Any:
    """What Go has where a list or a map says null."""
    if node.is_quantity:
        return "0"
    if "object" in node.types or node.fields:
        return {}
    return {"string": "", "integer": 0, "number": 0, "boolean": False}.get(
        node.types[0] if node.types else ""
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _first_bad_byte(value: str) -> int:
    found = re.search(r"[^A-Za-z0-9+/=]", value)
    return found.start() if found else len(value) // 4 * 4
