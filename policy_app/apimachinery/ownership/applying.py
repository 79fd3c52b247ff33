"""Apply: merge what a manager wants with what is there, and find out with whom it disagrees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from policy_app.apimachinery import errors
from policy_app.apimachinery.kinds import Kind
from policy_app.apimachinery.objects import Object, metadata_of, name_of, namespace_of, timestamp
from policy_app.apimachinery.ownership import (
    fields,
    last_applied,
    managers,
    noting,
    shapes,
    walking,
)
from policy_app.apimachinery.ownership.fields import FieldSet
from policy_app.apimachinery.ownership.managers import APPLY, UPDATE, Managed, Manager, Owned
from policy_app.apimachinery.ownership.shapes import Shape
from policy_app.apimachinery.schemas import Schemas

_BEFORE_FIRST_APPLY = "before-first-apply"
_STATUS: FieldSet = {"f:status": {".": {}}}
_CONFLICT = "FieldManagerConflict"


def apply(
    kind: Kind,
    live: Mapping[str, Any] | None,
    applied: Mapping[str, Any],
    *,
    manager: str,
    force: bool,
    schemas: Schemas,
    now: datetime,
    subresource: str,
) -> Object:
    """What an applied object makes of the live one, with ``managedFields``.

    Fields that the manager applied before and leaves out now go, unless somebody else owns them.
    Raises ``ApiError`` 400 for an object that cannot be applied, and 409 where another manager owns
    a field that would change and ``force`` is not set.
    """
    if metadata_of(applied).get("managedFields"):
        raise errors.bad_request("metadata.managedFields must be nil")
    me = Manager(manager or "unknown", APPLY, kind.api_version, subresource)
    work = _Application(kind, schemas, shapes.of(kind, schemas), me, timestamp(now))
    try:
        return work.result(live, applied, force=force)
    except shapes.UnkeyedError as error:
        subject = f"{namespace_of(applied)}/{name_of(applied)}; {kind.api_version}"
        raise errors.bad_request(
            f"failed to create typed patch object ({subject}, Kind={kind.kind}): {error}"
        ) from None


@dataclass(frozen=True, slots=True)
class _Application:
    """One application, under way."""

    kind: Kind
    schemas: Schemas
    shape: Shape
    me: Manager
    time: str

    def result(
        self, live: Mapping[str, Any] | None, applied: Mapping[str, Any], *, force: bool
    ) -> Object:
        current = managers.bare(live) if live is not None else {}
        managed = self._managed(live)
        claimed = self._claimed(applied)
        wanted = self._appliable(applied)
        merged = walking.merged(current, wanted, self.shape)
        others = dict(managed)
        last = others.pop(self.me.key, None)
        if last is not None:
            pruned = self._pruned(merged, last.fields, claimed, others)
            # Once more, for what is applied as an empty object and went with its last field.
            merged = walking.merged(pruned, wanted, self.shape)
        difference = walking.compared(current, merged, self.shape)
        if not force:
            self._refuse_conflicts(live, others, difference.changed)
        left = noting.released(others, difference)
        if claimed:
            left[self.me.key] = self._mine(last, claimed, changes=merged != current)
        merged = last_applied.synced(merged, applied, self.me.name)
        return managers.with_entries(merged, managers.written(left))

    def _appliable(self, applied: Mapping[str, Any]) -> Object:
        """What is applied, without a status where that has a path of its own."""
        wanted = managers.bare(applied)
        if self.me.subresource != "status" and self.kind.subresource("status") is not None:
            wanted.pop("status", None)
        return wanted

    def _managed(self, live: Mapping[str, Any] | None) -> Managed:
        """Who manages the live object; what nobody does belongs to the time before."""
        managed = managers.of(live)
        if managed or live is None:
            return managed
        before = Manager(_BEFORE_FIRST_APPLY, UPDATE, self.kind.api_version, "")
        return noting.taken(self.kind, None, live, {}, before, self.schemas, self.time)

    def _claimed(self, applied: Mapping[str, Any]) -> FieldSet:
        """The applied fields that can be owned: the status only where it is what is applied."""
        claimed = walking.extracted(managers.bare(applied), self.shape)
        if self.me.subresource == "status":
            return {key: below for key, below in claimed.items() if key in _STATUS}
        if self.kind.subresource("status") is not None:
            claimed = {key: below for key, below in claimed.items() if key not in _STATUS}
        return fields.difference(claimed, managers.UNOWNED)

    def _pruned(self, merged: Object, last: FieldSet, claimed: FieldSet, others: Managed) -> Object:
        """The merged object without what the manager gave up and nobody else owns."""
        given_up = fields.difference(last, claimed)
        if not given_up:
            return merged
        owned = [claimed, *(one.fields for one in others.values())]
        removed = walking.removable(given_up, owned, self.shape)
        return walking.without(merged, removed, self.shape) or {}

    def _mine(self, last: Owned | None, claimed: FieldSet, *, changes: bool) -> Owned:
        """The manager's entry; its time is that of the last application which changed something."""
        if last is None:
            return Owned.of(self.me, claimed, self.time)
        mine = last if last.fields == claimed else Owned.of(self.me, claimed, last.time)
        return replace(mine, manager=self.me, time=self.time if changes else last.time)

    def _refuse_conflicts(
        self, live: Mapping[str, Any] | None, others: Managed, changed: FieldSet
    ) -> None:
        allowed = last_applied.movable(live, self.me.name, self.kind, self.shape)
        found = []
        for one in others.values():
            contested = fields.difference(fields.intersection(one.fields, changed), allowed)
            found += [(one.manager.readable(), path) for path in fields.paths(contested)]
        if found:
            raise _conflict(sorted(found))


def _conflict(found: list[tuple[str, str]]) -> errors.ApiError:
    causes = [
        {"reason": _CONFLICT, "message": f"conflict with {manager}", "field": path}
        for manager, path in found
    ]
    if len(found) == 1:
        manager, path = found[0]
        message = f"Apply failed with 1 conflict: conflict with {manager}: {path}"
    else:
        told: dict[str, list[str]] = {}
        for manager, path in found:
            told.setdefault(manager, [f"conflicts with {manager}:"]).append(f"- {path}")
        listed = "\n".join(line for lines in told.values() for line in lines)
        message = f"Apply failed with {len(found)} conflicts: {listed}"
    return errors.ApiError(409, "Conflict", message, {"causes": causes})
