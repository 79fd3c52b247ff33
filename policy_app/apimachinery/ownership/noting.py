"""Note who changed which fields: the bookkeeping behind every write."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from policy_app.apimachinery.kinds import Kind
from policy_app.apimachinery.objects import Object, metadata_of, timestamp
from policy_app.apimachinery.ownership import fields, managers, shapes, walking
from policy_app.apimachinery.ownership.managers import UPDATE, Managed, Manager, Owned
from policy_app.apimachinery.schemas import Schemas


def noted(
    kind: Kind,
    old: Mapping[str, Any] | None,
    thing: Object,
    *,
    manager: str,
    operation: str,
    schemas: Schemas,
    now: datetime,
    subresource: str,
    asked: Object | None = None,
) -> Object:
    """The object with ``managedFields`` as they are after this write.

    ``asked`` is the object before admission changed it, where it did: as in the API server, nobody
    manages what admission has put.  ``old`` is what was stored, None for a new object.  For
    ``Apply``, ``ownership.apply`` has put the entries already.  An object that is as it was keeps
    its entries, times too.
    """
    if operation == UPDATE:
        me = Manager(manager or "unknown", UPDATE, kind.api_version, subresource)
        said = thing if asked is None else asked
        after = _after(kind, old, said, me, schemas, timestamp(now))
        thing = managers.with_entries(thing, managers.written(after))
    return _unless_unchanged(old, thing)


def taken(
    kind: Kind,
    old: Mapping[str, Any] | None,
    thing: Mapping[str, Any],
    managed: Managed,
    me: Manager,
    schemas: Schemas,
    time: str,
) -> Managed:
    """Who manages what after ``me`` made ``thing`` of ``old``: me what changed, others the rest."""
    shape = shapes.of(kind, schemas)
    before = shapes.complete(kind, schemas, managers.bare(old or {}))
    try:
        difference = walking.compared(before, managers.bare(thing), shape)
    except shapes.UnkeyedError:
        # As in the API server: a list that cannot be told apart is no reason to refuse the write.
        return managed
    changed = fields.difference(difference.changed, managers.UNOWNED)
    rest = released(managed, difference)
    if not changed:
        return rest
    mine = managed.get(me.key)
    if mine is not None:
        kept = fields.difference(mine.fields, difference.gone)
        changed = fields.union(kept, changed)
    return managers.bounded({**rest, me.key: Owned.of(me, changed, time)}, me.api_version)


def released(managed: Managed, difference: walking.Comparison) -> Managed:
    """The managers without the fields that someone else changed or removed."""
    if not (difference.changed or difference.gone):
        return managed
    found: Managed = {}
    for key, one in managed.items():
        left = fields.difference(one.fields, difference.changed)
        left = fields.difference(left, difference.gone)
        if left:
            found[key] = one if left is one.fields else Owned.of(one.manager, left, one.time)
    return found


def _after(
    kind: Kind,
    old: Mapping[str, Any] | None,
    thing: Object,
    me: Manager,
    schemas: Schemas,
    time: str,
) -> Managed:
    """The managers after an update."""
    return taken(kind, old, thing, _said(old, thing, me), me, schemas, time)


def _said(old: Mapping[str, Any] | None, thing: Mapping[str, Any], me: Manager) -> Managed:
    """The managers before the write: what the client says of them, or else what is stored.

    An empty list, or a list of one empty entry, forgets all managers.
    """
    given = metadata_of(thing).get("managedFields")
    if me.subresource or given is None:
        return managers.of(old)
    if given in ([], [{}]):
        return {}
    return managers.read(given) or managers.of(old)


def _unless_unchanged(old: Mapping[str, Any] | None, thing: Object) -> Object:
    """A write that changes times alone changes nothing."""
    if old is None:
        return thing
    entries, before = (metadata_of(one).get("managedFields") for one in (thing, old))
    if entries == before or managers.timeless(entries) != managers.timeless(before):
        return thing
    if managers.bare(thing) != managers.bare(old):
        return thing
    return managers.with_entries(thing, before or [])
