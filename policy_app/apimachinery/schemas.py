"""The shape of every kind: one walkable view of published schemas and of custom resources'.

Built-in kinds come from the schemas that the package ``kubernetes-validate`` carries, which keep
Kubernetes' own marks: which lists are maps, by which keys they merge, what is atomic.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.resources import files
from typing import Any

from policy_app.apimachinery.kinds import Kind

_PACKAGE = "kubernetes_validate"
_FOLDER = "kubernetes-json-schema"
_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
_QUANTITY = "io.k8s.apimachinery.pkg.api.resource.Quantity"
_INT_OR_STRING = "io.k8s.apimachinery.pkg.util.intstr.IntOrString"
_REFERENCE = "#/$defs/"
_HEAD = ("apiVersion", "kind")

Raw = Mapping[str, Any]


@dataclass(frozen=True)
class Node:
    """One place of a schema: an object, a list, a map or a plain value."""

    raw: Raw
    """The schema of the place, its reference resolved."""
    marks: Raw
    """What the field says beside the reference: list types, merge keys, a description."""
    schemas: Schemas
    reference: str = ""
    """The name of the definition, where the place refers to one."""
    is_root_of_custom: bool = False

    def field(self, name: str) -> Node | None:
        """The place of a field; None where the schema does not know it."""
        found = self.fields.get(name)
        if found is not None:
            return found
        return self.values

    @cached_property
    def fields(self) -> Mapping[str, Node]:
        """The fields that the schema names; custom objects have Kubernetes' metadata."""
        properties = self.raw.get("properties")
        given = properties if isinstance(properties, Mapping) else {}
        found = {name: self.schemas.node(one) for name, one in given.items()}
        if self.has_object_metadata:
            found |= {name: self.schemas.node({"type": "string"}) for name in _HEAD}
            found["metadata"] = self.schemas.metadata
        return found

    @cached_property
    def has_object_metadata(self) -> bool:
        """Whether the place holds a whole object, whose metadata are Kubernetes' own."""
        return self.is_root_of_custom or bool(self.raw.get("x-kubernetes-embedded-resource"))

    @cached_property
    def items(self) -> Node | None:
        """The place of a list's elements."""
        items = self.raw.get("items")
        return self.schemas.node(items) if isinstance(items, Mapping) else None

    @cached_property
    def values(self) -> Node | None:
        """The place of a map's values; None where the keys are the schema's fields."""
        more = self.raw.get("additionalProperties")
        return self.schemas.node(more) if isinstance(more, Mapping) else None

    @cached_property
    def types(self) -> tuple[str, ...]:
        """The JSON types that the place takes, ``null`` left out; empty where it takes any."""
        given = self.raw.get("type")
        if given is None:
            return ()
        several = [given] if isinstance(given, str) else given
        return tuple(one for one in several if one != "null")

    @property
    def nullable(self) -> bool:
        """Whether a custom resource may hold null here."""
        return bool(self.raw.get("nullable"))

    @cached_property
    def required(self) -> tuple[str, ...]:
        """The fields that must be there."""
        given = self.raw.get("required")
        return tuple(given) if isinstance(given, list) else ()

    @property
    def merge_key(self) -> str:
        """The key by which a strategic merge patch tells elements apart; empty for none."""
        return str(self._mark("patch-merge-key") or "")

    @property
    def patch_strategies(self) -> tuple[str, ...]:
        """``merge``, ``replace``, ``retainKeys``: how a strategic merge patch treats the place."""
        given = self._mark("patch-strategy")
        return tuple(str(given).split(",")) if given else ()

    @property
    def list_type(self) -> str:
        """``atomic`` (also where nothing is said), ``set`` or ``map``."""
        return str(self._mark("list-type") or "atomic")

    @property
    def list_map_keys(self) -> tuple[str, ...]:
        """The fields that together tell the elements of a list of type ``map`` apart."""
        return tuple(self._mark("list-map-keys") or ())

    @property
    def map_type(self) -> str:
        """``granular``, or ``atomic`` for an object that has one owner as a whole."""
        return str(self._mark("map-type") or "granular")

    @property
    def description(self) -> str:
        """What the field is for, in the words of its kind."""
        return str(self.marks.get("description") or self.raw.get("description") or "")

    @cached_property
    def short_name(self) -> str:
        """``PodSpec``: the struct behind the place; empty where the schema does not name it."""
        return self.reference.rpartition(".")[2]

    @cached_property
    def is_collection(self) -> bool:
        """Whether the place is a list or a map, which Go leaves out where it is empty."""
        return self.items is not None or self.values is not None

    @cached_property
    def is_quantity(self) -> bool:
        """Whether the place takes an amount such as ``500m``."""
        return self.reference == _QUANTITY

    @cached_property
    def int_or_string(self) -> bool:
        """Whether the place takes a number or a text."""
        return self.reference == _INT_OR_STRING or bool(self.raw.get("x-kubernetes-int-or-string"))

    @cached_property
    def takes_anything(self) -> bool:
        """Whether fields that the schema does not name stay: free-form objects."""
        if self.raw.get("x-kubernetes-preserve-unknown-fields"):
            return True
        if self.raw.get("additionalProperties") is True:
            return True
        if self.is_quantity or self.int_or_string:
            return False
        known = {"properties", "additionalProperties", "items"} & self.raw.keys()
        return not known and self.types in ((), ("object",)) and not self.is_root_of_custom

    def _mark(self, name: str) -> Any:
        key = f"x-kubernetes-{name}"
        return self.marks.get(key, self.raw.get(key))


class Schemas:
    """The schemas of one version of Kubernetes."""

    def __init__(self, definitions: Mapping[str, Raw]) -> None:
        self.definitions = definitions
        self._nodes: dict[str, Node] = {}

    @classmethod
    def of_version(cls, minor: str) -> Schemas:
        """The schemas of ``1.32``, or of the nearest version that there are schemas of."""
        return _read(_nearest(minor))

    @cached_property
    def metadata(self) -> Node:
        """The metadata that every object has."""
        return self.node({"$ref": _REFERENCE + _META})

    def of(self, kind: Kind) -> Node | None:
        """The shape of a kind's objects; None for a kind that says nothing about it."""
        if kind.schema is not None:
            return _custom(self, KindKey(kind))
        name = self._names.get((kind.group, kind.version, kind.kind))
        return self.node({"$ref": _REFERENCE + name}) if name else None

    def node(self, raw: Raw) -> Node:
        """The place that a schema describes."""
        reference = raw.get("$ref")
        if not isinstance(reference, str):
            return Node(raw, raw, self)
        name = reference.removeprefix(_REFERENCE)
        if len(raw) > 1:
            return Node(self.definitions[name], raw, self, name)
        if name not in self._nodes:
            self._nodes[name] = Node(self.definitions[name], raw, self, name)
        return self._nodes[name]

    @cached_property
    def _names(self) -> Mapping[tuple[str, str, str], str]:
        return {
            (one["group"], one["version"], one["kind"]): name
            for name, raw in self.definitions.items()
            for one in raw.get("x-kubernetes-group-version-kind", ())
        }


@dataclass(frozen=True)
class KindKey:
    """A custom kind, compared by identity: its schema cannot be hashed."""

    kind: Kind

    def __hash__(self) -> int:
        return id(self.kind)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, KindKey) and other.kind is self.kind


@lru_cache(maxsize=512)
def _custom(schemas: Schemas, key: KindKey) -> Node:
    raw = key.kind.schema or {}
    return Node(raw, raw, schemas, is_root_of_custom=True)


@lru_cache(maxsize=4)
def _read(minor: str) -> Schemas:
    path = files(_PACKAGE).joinpath(_FOLDER, f"v{minor}.0-local", "_definitions.json")
    return Schemas(json.loads(path.read_text(encoding="utf-8"))["$defs"])


@lru_cache(maxsize=32)
def _nearest(minor: str) -> str:
    wanted = _number(minor)
    names = [one.name for one in files(_PACKAGE).joinpath(_FOLDER).iterdir()]
    there = [n.removeprefix("v").removesuffix(".0-local") for n in names if n.endswith(".0-local")]
    return min(there, key=lambda one: (abs(_number(one)[1] - wanted[1]), one))


def _number(minor: str) -> tuple[int, int]:
    major, _, rest = minor.partition(".")
    return int(major), int(rest or 0)
