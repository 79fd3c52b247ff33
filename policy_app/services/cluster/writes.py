"""Create, replace, patch and apply an object of a cluster, in one transaction each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from policy_app.apimachinery import errors, ownership, patches, versions
from policy_app.apimachinery.objects import (
    name_of,
)
from policy_app.models import Cluster, KubeObject
from policy_app.services.cluster import authorization, changes, controllers, steps
from policy_app.services.cluster.caller import Caller, Outcome, Target, WriteOptions
from policy_app.services.cluster.store import DryRun, Writer, writing


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
        return changes.create(writer, target, thing, caller, options, ownership.UPDATE)

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
        return changes.update(writer, target, row, thing, caller, options, ownership.UPDATE)

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
        return changes.update(writer, target, row, thing, caller, options, ownership.UPDATE)

    return _with_warnings(_transact(cluster, write, options), tuple(found))


def _apply(
    writer: Writer,
    target: Target,
    row: KubeObject | None,
    body: Any,
    caller: Caller,
    options: WriteOptions,
) -> Outcome:
    """Server-side apply: what the manager says now, merged with what others own.

    Raises ``ApiError`` 404 for a subresource of an object that is not there: only objects are made;
    403 where the caller may patch such objects, but not create one.
    """
    if row is None and target.subresource is not None:
        raise errors.not_found(target.kind, target.name)
    if row is None:
        authorization.require(writer.cluster, caller, "create", target)
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
        outcome = changes.create(writer, target, merged, caller, options, ownership.APPLY)
    else:
        outcome = changes.update(writer, target, row, merged, caller, options, ownership.APPLY)
    return _with_warnings(outcome, warnings)


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
