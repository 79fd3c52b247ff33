"""Create, replace, patch and apply an object of a cluster, in one transaction each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from policy_app.apimachinery import errors, ownership, patches, versions
from policy_app.apimachinery.objects import (
    Object,
    finalizers_of,
    is_going,
    metadata_of,
    name_of,
)
from policy_app.models import Cluster, KubeObject
from policy_app.services.cluster import controllers, steps
from policy_app.services.cluster.caller import Caller, Target, WriteOptions
from policy_app.services.cluster.store import DryRun, Writer, writing

_MODIFIED = "the object has been modified; please apply your changes to the latest version and try again"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a write answers: the object, warnings for the client, and whether it is new."""

    object: Object
    warnings: tuple[str, ...] = ()
    created: bool = False


@dataclass(frozen=True, slots=True)
class Patch:
    """A patch as it came: its form (``json``, ``merge``, ``strategic``, ``apply``) and content."""

    form: str
    content: Any


def create(
    cluster: Cluster, target: Target, body: Any, caller: Caller, options: WriteOptions
) -> Outcome:
    """Store a new object.  Raises ``ApiError``."""
    thing, warnings = steps.decode(cluster, target, body, options)
    thing = steps.named(steps.fresh(thing), target.kind)
    target = replace(target, name=name_of(thing))

    def write(writer: Writer) -> Outcome:
        return _create(writer, target, thing, caller, options, ownership.UPDATE)

    return _with_warnings(_transact(cluster, write, options), warnings)


def replace_object(
    cluster: Cluster, target: Target, body: Any, caller: Caller, options: WriteOptions
) -> Outcome:
    """PUT: the whole object anew.  Raises ``ApiError`` 404, or 409 where it changed meanwhile."""
    thing, warnings = steps.decode(cluster, target, body, options)

    def write(writer: Writer) -> Outcome:
        row = writer.find(target.kind, target.namespace, target.name)
        if row is None:
            raise errors.not_found(target.kind, target.name)
        return _update(writer, target, row, thing, caller, options, ownership.UPDATE)

    return _with_warnings(_transact(cluster, write, options), warnings)


def patch(
    cluster: Cluster, target: Target, asked: Patch, caller: Caller, options: WriteOptions
) -> Outcome:
    """PATCH in each of its forms; ``apply`` makes the object where there is none."""
    found: list[str] = []

    def write(writer: Writer) -> Outcome:
        row = writer.find(target.kind, target.namespace, target.name)
        if asked.form == "apply":
            return _apply(writer, target, row, asked.content, caller, options)
        if row is None:
            raise errors.not_found(target.kind, target.name)
        current = versions.to(target.kind, row.body)
        schemas = steps.schemas_of(cluster)
        changed = patches.apply(target.kind, current, asked.form, asked.content, schemas)
        thing, warnings = steps.decode(cluster, target, changed, options)
        found.extend(warnings)
        return _update(writer, target, row, thing, caller, options, ownership.UPDATE)

    return _with_warnings(_transact(cluster, write, options), tuple(found))


def _apply(
    writer: Writer,
    target: Target,
    row: KubeObject | None,
    body: Any,
    caller: Caller,
    options: WriteOptions,
) -> Outcome:
    """Server-side apply: what the manager says now, merged with what others own."""
    schemas = steps.schemas_of(writer.cluster)
    applied, warnings = steps.decode(writer.cluster, target, body, options)
    live = versions.to(target.kind, row.body) if row is not None else None
    merged = ownership.apply(
        target.kind,
        live,
        applied,
        manager=options.field_manager,
        force=options.force,
        schemas=schemas,
        now=writer.now,
        subresource=target.below,
    )
    if row is None:
        outcome = _create(writer, target, merged, caller, options, ownership.APPLY)
    else:
        outcome = _update(writer, target, row, merged, caller, options, ownership.APPLY)
    return _with_warnings(outcome, warnings)


def _create(
    writer: Writer,
    target: Target,
    thing: Object,
    caller: Caller,
    options: WriteOptions,
    operation: str,
) -> Outcome:
    kind = target.kind
    steps.require_namespace(writer, target)
    if writer.find(kind, target.namespace, target.name) is not None:
        raise errors.already_exists(kind, target.name)
    prepared = steps.prepared_for_create(kind, thing)
    complete, warnings = steps.admitted(writer, target, prepared, None, caller, options)
    owned = _owned(writer, target, None, complete, options, operation)
    stored = writer.add(kind, steps.stored_form(writer, kind, owned))
    return Outcome(versions.to(kind, stored), warnings, created=True)


def _update(
    writer: Writer,
    target: Target,
    row: KubeObject,
    thing: Object,
    caller: Caller,
    options: WriteOptions,
    operation: str,
) -> Outcome:
    kind, old = target.kind, versions.to(target.kind, row.body)
    given = metadata_of(thing).get("resourceVersion")
    if given and given != str(row.revision):
        raise errors.conflict(kind, row.name, _MODIFIED)
    uid = metadata_of(thing).get("uid")
    if uid and uid != row.uid:
        why = f"Precondition failed: UID in precondition: {uid}, UID in object meta: {row.uid}"
        raise errors.conflict(kind, row.name, why)
    prepared = steps.prepared_for_update(target, steps.carried_over(thing, old), old)
    complete, warnings = steps.admitted(writer, target, prepared, old, caller, options)
    complete = steps.with_generation(kind, complete, old)
    owned = _owned(writer, target, old, complete, options, operation)
    stored = writer.change(row, steps.stored_form(writer, kind, owned))
    if is_going(stored) and not finalizers_of(stored) and not steps.keeps_itself(stored):
        stored = writer.remove(row)
    return Outcome(versions.to(kind, stored), warnings)


def _owned(
    writer: Writer,
    target: Target,
    old: Object | None,
    thing: Object,
    options: WriteOptions,
    operation: str,
) -> Object:
    return ownership.noted(
        target.kind,
        old,
        thing,
        manager=options.field_manager,
        operation=operation,
        schemas=steps.schemas_of(writer.cluster),
        now=writer.now,
        subresource=target.below,
    )


def _transact(
    cluster: Cluster, write: Callable[[Writer], Outcome], options: WriteOptions
) -> Outcome:
    """Write, and let the controllers see it; a dry run is undone."""
    outcome: Outcome | None = None
    with writing(cluster) as writer:
        outcome = write(writer)
        if options.dry_run:
            raise DryRun
    assert outcome is not None
    if not options.dry_run:
        controllers.settle(cluster)
    return outcome


def _with_warnings(outcome: Outcome, more: tuple[str, ...]) -> Outcome:
    return replace(outcome, warnings=(*more, *outcome.warnings)) if more else outcome

