"""``metadata.managedFields``: who manages which fields, read and written.

Source: ``ManagedFieldsEntry`` of meta/v1, and ``managedfields/internal`` of apimachinery for what
tells managers apart, for their order, and for how many there are at most.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from policy_app.apimachinery.objects import Object, metadata_of
from policy_app.apimachinery.ownership import fields
from policy_app.apimachinery.ownership.fields import FieldSet

UPDATE = "Update"
APPLY = "Apply"

_FIELDS_TYPE = "FieldsV1"
_MOST_UPDATERS = 10
_ANCIENT = "ancient-changes"
_OPTIONAL = ("apiVersion", "time", "subresource")

# What the server alone sets, or what says which object it is: nobody owns it.
_UNOWNED = ("apiVersion", "kind")
_UNOWNED_METADATA = (
    "name",
    "namespace",
    "creationTimestamp",
    "selfLink",
    "uid",
    "clusterName",
    "generation",
    "managedFields",
    "resourceVersion",
)
UNOWNED: FieldSet = {
    **{f"f:{name}": fields.leaf() for name in _UNOWNED},
    "f:metadata": {".": {}, **{f"f:{name}": fields.leaf() for name in _UNOWNED_METADATA}},
}


@dataclass(frozen=True, slots=True)
class Manager:
    """Who changes objects, and how.  For ``Apply`` the version does not tell managers apart."""

    name: str
    operation: str
    api_version: str
    subresource: str

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What tells managers apart."""
        version = "" if self.operation == APPLY else self.api_version
        return self.name, self.operation, version, self.subresource

    def readable(self) -> str:
        """``"kubectl" using apps/v1``, as conflicts name a manager."""
        below = f' with subresource "{self.subresource}"' if self.subresource else ""
        using = f" using {self.api_version}" if self.operation == UPDATE else ""
        return f'"{self.name}"{below}{using}'


@dataclass(frozen=True)
class Owned:
    """One entry: a manager, its fields, and when it last took one."""

    manager: Manager
    wire: FieldSet
    """The fields as the entry has them."""
    time: str

    @classmethod
    def of(cls, manager: Manager, owned: FieldSet, time: str) -> Owned:
        """The entry of a manager that owns these fields."""
        return cls(manager, fields.encoded(owned), time)

    @cached_property
    def fields(self) -> FieldSet:
        """The fields; none where the entry cannot be read."""
        return fields.decoded(self.wire) or {}


Managed = dict[tuple[str, str, str, str], Owned]


def read(entries: Any) -> Managed | None:
    """A client's entries of ``managedFields``; None where one cannot be read."""
    if not isinstance(entries, list):
        return None
    found = _read_all(entries)
    readable = all(fields.decoded(one.wire) is not None for one in found.values())
    return found if readable and len(found) == len(entries) else None


def of(thing: Mapping[str, Any] | None) -> Managed:
    """Who manages a stored object."""
    return _read_all(metadata_of(thing or {}).get("managedFields") or [])


def written(managed: Managed) -> list[Object]:
    """The entries as an object holds them: those who apply first, then by time and name."""
    entries = [_written(one) for one in managed.values() if one.wire]
    return sorted(entries, key=_order)


def bounded(managed: Managed, api_version: str) -> Managed:
    """No more updaters than a server remembers: the oldest become one."""
    updaters = [key for key, one in managed.items() if one.manager.operation == UPDATE]
    if len(updaters) <= _MOST_UPDATERS:
        return managed
    oldest = sorted(updaters, key=lambda key: (managed[key].time, key))
    gathered = oldest[: len(updaters) - _MOST_UPDATERS + 1]
    together: FieldSet = {}
    for key in gathered:
        together = fields.union(together, managed[key].fields)
    time = max(managed[key].time for key in gathered)
    ancient = Manager(_ANCIENT, UPDATE, api_version, "")
    kept = {key: one for key, one in managed.items() if key not in gathered}
    return {**kept, ancient.key: Owned.of(ancient, together, time)}


def bare(thing: Mapping[str, Any]) -> Object:
    """The object without ``managedFields``."""
    metadata = metadata_of(thing)
    if "managedFields" not in metadata:
        return dict(thing)
    kept = {key: value for key, value in metadata.items() if key != "managedFields"}
    return {**thing, "metadata": kept}


def with_entries(thing: Mapping[str, Any], entries: list[Object]) -> Object:
    """The object with these entries, without the field where there are none."""
    plain = bare(thing)
    if not entries:
        return plain
    return {**plain, "metadata": {**metadata_of(plain), "managedFields": entries}}


def timeless(entries: Any) -> list[Object]:
    """Entries without their times, in an order that does not depend on them."""
    found = [{key: one[key] for key in one if key != "time"} for one in entries or []]
    return sorted(found, key=_order)


def _read_all(entries: list[Any]) -> Managed:
    found = [owned for owned in map(_read, entries) if owned is not None]
    return {owned.manager.key: owned for owned in found}


def _read(entry: Any) -> Owned | None:
    if not isinstance(entry, Mapping) or entry.get("fieldsType") not in (_FIELDS_TYPE, None, ""):
        return None
    operation, wire = entry.get("operation"), entry.get("fieldsV1") or {}
    if operation not in (UPDATE, APPLY) or not isinstance(wire, dict):
        return None
    texts = [str(entry.get(name) or "") for name in ("manager", "apiVersion", "subresource")]
    manager = Manager(texts[0], str(operation), texts[1], texts[2])
    return Owned(manager, wire, str(entry.get("time") or ""))


def _written(owned: Owned) -> Object:
    manager = owned.manager
    entry: Object = {
        "manager": manager.name,
        "operation": manager.operation,
        "apiVersion": manager.api_version,
        "time": owned.time,
        "fieldsType": _FIELDS_TYPE,
        "fieldsV1": owned.wire,
        "subresource": manager.subresource,
    }
    return {key: value for key, value in entry.items() if value or key not in _OPTIONAL}


def _order(entry: Mapping[str, Any]) -> tuple[str, ...]:
    names = ("operation", "time", "manager", "apiVersion", "subresource")
    return tuple(str(entry.get(name) or "") for name in names)
