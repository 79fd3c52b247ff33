"""How the places of a kind are owned: as a whole, field by field, or element by element.

Sources: the marks ``x-kubernetes-list-type``, ``-list-map-keys`` and ``-map-type`` of a schema;
where a list has none, its strategic merge strategy, as ``managedfields`` of apimachinery does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property, lru_cache
from typing import Any

from policy_app.apimachinery.identity import Same
from policy_app.apimachinery.kinds import Kind
from policy_app.apimachinery.ownership import fields
from policy_app.apimachinery.schemas import Node, Schemas

_DEFAULT_KEYS: Mapping[str, Any] = {"protocol": "TCP"}
"""What a key of a list's elements is where an element leaves it out."""

# Fields that are never missing from an object of Go, though they may be empty: structures that are
# no pointers, lists that are written when empty. Who fills one in does not own the place itself,
# but what is in it.
_ALWAYS_THERE: Mapping[str, tuple[str, ...]] = {
    "apps.v1.DaemonSetSpec": ("template", "updateStrategy"),
    "apps.v1.DeploymentSpec": ("strategy", "template"),
    "apps.v1.ReplicaSetSpec": ("template",),
    "apps.v1.StatefulSetSpec": ("template", "updateStrategy"),
    "autoscaling.v1.HorizontalPodAutoscalerSpec": ("scaleTargetRef",),
    "autoscaling.v2.HorizontalPodAutoscalerSpec": ("scaleTargetRef",),
    "batch.v1.CronJobSpec": ("jobTemplate",),
    "batch.v1.JobSpec": ("template",),
    "batch.v1.JobTemplateSpec": ("metadata", "spec"),
    "core.v1.Event": ("involvedObject", "source"),
    "core.v1.PersistentVolumeClaimSpec": ("resources",),
    "core.v1.PodSpec": ("containers",),
    "core.v1.PodTemplate": ("template",),
    "core.v1.PodTemplateSpec": ("metadata", "spec"),
    "core.v1.ServiceStatus": ("loadBalancer",),
    "rbac.v1.ClusterRoleBinding": ("roleRef",),
    "rbac.v1.RoleBinding": ("roleRef",),
}
_TOP = ("metadata", "spec", "status")
_API = "io.k8s.api."


class Form(Enum):
    """How a place is owned."""

    WHOLE = "whole"
    """A scalar, or an atomic list or object: it has its owner as a whole."""
    GRANULAR = "granular"
    """An object or a map: each field, each key has owners of its own."""
    KEYED = "keyed"
    """A list whose elements are told apart by some of their fields."""
    SET = "set"
    """A list of values, each there once."""
    ANY = "any"
    """A place that takes anything: objects are granular, lists atomic."""


class UnkeyedError(Exception):
    """An element of a list does not say which one it is."""


@dataclass(eq=False)
class Shape:
    """One place of a kind, as ownership sees it."""

    form: Form
    node: Node | None = None
    keys: tuple[str, ...] = ()
    _children: dict[str, Shape] = field(default_factory=dict)

    def child(self, name: str) -> Shape:
        """The place of a field or of a map's value."""
        found = self._children.get(name)
        if found is None:
            node = self.node.field(name) if self.node is not None else None
            found = self._children[name] = _shape(node)
        return found

    @cached_property
    def item(self) -> Shape:
        """The place of a list's elements."""
        return _shape(self.node.items if self.node is not None else None)

    @cached_property
    def named(self) -> frozenset[str]:
        """The fields that the schema names; the other keys are those of a map."""
        return frozenset(self.node.fields) if self.node is not None else frozenset()

    def form_of(self, value: Any) -> Form:
        """How a value is owned at this place."""
        if self.form is Form.ANY:
            return Form.GRANULAR if isinstance(value, dict) else Form.WHOLE
        if self.form is Form.GRANULAR:
            return Form.GRANULAR if isinstance(value, dict) else Form.WHOLE
        if self.form is not Form.WHOLE and not isinstance(value, list):
            return Form.WHOLE
        return self.form

    def element(self, item: Any) -> str:
        """The path element of a list's element.  Raises ``UnkeyedError``."""
        if self.form is Form.SET:
            return fields.valued(item)
        if not isinstance(item, dict):
            raise UnkeyedError("associative list with keys may not have non-map elements")
        found = {}
        for key in self.keys:
            value = item.get(key)
            if value is None:
                value = _DEFAULT_KEYS.get(key)
            if value is not None:
                found[key] = value
        if not found:
            raise UnkeyedError(
                f"associative list with keys has an element that omits key field {self.keys[0]!r}"
            )
        return fields.keyed(found)

    def elements(self, items: list[Any]) -> dict[str, Any]:
        """Elements by their path elements, the first of equal ones.  Raises ``UnkeyedError``."""
        found: dict[str, Any] = {}
        for item in items:
            found.setdefault(self.element(item), item)
        return found


_WHOLE = Shape(Form.WHOLE)
_ANY = Shape(Form.ANY)


def of(kind: Kind, schemas: Schemas) -> Shape:
    """The shape of a kind's objects."""
    return _of(Same(kind), Same(schemas))


def complete(kind: Kind, schemas: Schemas, thing: Mapping[str, Any] | None) -> dict[str, Any]:
    """An object with the structures that are always there; only those where there is no object."""
    return _filled(thing or {}, _empty(Same(kind), Same(schemas)))


@lru_cache(maxsize=1024)
def _of(kind: Same[Kind], schemas: Same[Schemas]) -> Shape:
    return Shape(Form.GRANULAR, schemas.thing.of(kind.thing))


@lru_cache(maxsize=1024)
def _empty(kind: Same[Kind], schemas: Same[Schemas]) -> Mapping[str, Any]:
    if kind.thing.custom:
        return {"metadata": {}}
    node = schemas.thing.of(kind.thing)
    skeleton: Mapping[str, Any] = _skeleton(node, _TOP) if node is not None else {}
    return skeleton


def _filled(thing: Mapping[str, Any], skeleton: Mapping[str, Any]) -> dict[str, Any]:
    found = {**skeleton, **thing}
    for name, below in skeleton.items():
        if isinstance(below, dict) and below and isinstance(found[name], dict):
            found[name] = _filled(found[name], below)
    return found


def _skeleton(node: Node, names: tuple[str, ...] = ()) -> Any:
    if "array" in node.types:
        return []
    wanted = (*names, *_ALWAYS_THERE.get(node.reference.removeprefix(_API), ()))
    found = {name: node.fields[name] for name in wanted if name in node.fields}
    return {name: _skeleton(place) for name, place in found.items()}


def _shape(node: Node | None) -> Shape:
    if node is None:
        return _ANY
    if node.is_quantity or node.int_or_string:
        return _WHOLE
    if "array" in node.types:
        return _list(node)
    if node.raw.get("x-kubernetes-preserve-unknown-fields"):
        return Shape(Form.GRANULAR, node) if node.fields else _ANY
    if node.map_type == "atomic" or not (node.fields or node.values is not None):
        return _WHOLE
    return Shape(Form.GRANULAR, node)


def _list(node: Node) -> Shape:
    if "x-kubernetes-list-type" in {**node.raw, **node.marks}:
        form, keys = node.list_type, node.list_map_keys
    elif "merge" in node.patch_strategies:
        form, keys = ("map", (node.merge_key,)) if node.merge_key else ("set", ())
    else:
        return _WHOLE
    if form == "map" and keys:
        return Shape(Form.KEYED, node, keys)
    return Shape(Form.SET, node) if form == "set" else _WHOLE
