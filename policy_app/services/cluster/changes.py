"""Changes of objects inside an open transaction: what doors ask for and controllers do alike."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from policy_app.apimachinery import errors, ownership, versions
from policy_app.apimachinery.kinds import Kind
from policy_app.apimachinery.objects import (
    Object,
    finalizers_of,
    is_going,
    metadata_of,
    owners_of,
    timestamp,
    uid_of,
)
from policy_app.evaluation.gatekeeper.review import DELETE
from policy_app.models import KubeObject
from policy_app.services.cluster import addresses, kinds, policy, steps
from policy_app.services.cluster.caller import (
    Caller,
    DeleteOptions,
    Outcome,
    Target,
    WriteOptions,
)
from policy_app.services.cluster.store import Writer

NAMESPACE_SECONDS = 2
_IMMORTAL = frozenset({"default", "kube-system", "kube-public"})
FOREGROUND = "foregroundDeletion"
_MODIFIED = (
    "the object has been modified; please apply your changes to the latest version and try again"
)


def create(
    writer: Writer,
    target: Target,
    thing: Object,
    caller: Caller,
    options: WriteOptions,
    operation: str = ownership.UPDATE,
) -> Outcome:
    """Store a new object.  Raises ``ApiError``."""
    kind = target.kind
    steps.require_namespace(writer, target)
    if writer.find(kind, target.namespace, target.name) is not None:
        raise errors.already_exists(kind, target.name)
    complete, warnings = admitted(writer, target, thing, caller, options, operation)
    stored = writer.add(kind, complete)
    return Outcome(versions.to(kind, stored), warnings, created=True)


def admitted(
    writer: Writer,
    target: Target,
    thing: Object,
    caller: Caller,
    options: WriteOptions,
    operation: str = ownership.UPDATE,
) -> tuple[Object, tuple[str, ...]]:
    """A new object as it will be stored, and warnings; nothing is written.  Raises ``ApiError``."""
    kind = target.kind
    prepared = addresses.allotted(writer, kind, steps.prepared_for_create(kind, thing))
    made = steps.admitted(writer, target, prepared, None, caller, options)
    owned = _owned(writer, target, None, made, options, operation)
    return steps.stored_form(writer, kind, owned), made.warnings


def update(
    writer: Writer,
    target: Target,
    row: KubeObject,
    thing: Object,
    caller: Caller,
    options: WriteOptions,
    operation: str = ownership.UPDATE,
) -> Outcome:
    """Replace a stored object.  Raises ``ApiError`` 409 where it is not the one that was read."""
    kind, old = target.kind, versions.to(target.kind, row.body)
    given = metadata_of(thing).get("resourceVersion")
    if given and given != str(row.revision):
        raise errors.conflict(kind, row.name, _MODIFIED)
    uid = metadata_of(thing).get("uid")
    if uid and uid != row.uid:
        why = f"Precondition failed: UID in precondition: {uid}, UID in object meta: {row.uid}"
        raise errors.conflict(kind, row.name, why)
    prepared = steps.prepared_for_update(target, steps.carried_over(thing, old), old)
    prepared = addresses.allotted(writer, kind, prepared, old)
    made = steps.admitted(writer, target, prepared, old, caller, options)
    made = replace(made, object=steps.with_generation(made.object, old))
    owned = _owned(writer, target, old, made, options, operation)
    stored = writer.change(row, steps.stored_form(writer, kind, owned))
    if is_going(stored) and not finalizers_of(stored) and not steps.keeps_itself(stored):
        stored = writer.remove(row)
    return Outcome(versions.to(kind, stored), made.warnings)


def delete_row(
    writer: Writer, kind: Kind, row: KubeObject, caller: Caller, options: DeleteOptions
) -> Outcome:
    """Delete a stored object inside an open transaction."""
    thing = versions.to(kind, row.body)
    _check_preconditions(kind, row, options)
    if is_going(thing) and (finalizers_of(thing) or steps.keeps_itself(thing)):
        return Outcome(thing)
    warnings = _judged(writer, kind, thing, caller, options)
    _orphan_dependents(writer, row, options)
    marked = _marked(writer, thing, options)
    if finalizers_of(marked) or steps.keeps_itself(marked):
        stored = writer.change(row, steps.stored_form(writer, kind, marked))
        if marked.get("kind") == "Namespace":
            writer.wake_at(row, writer.now + timedelta(seconds=NAMESPACE_SECONDS))
        return Outcome(versions.to(kind, stored), warnings)
    return Outcome(versions.to(kind, writer.remove(row)), warnings)


def delete_all(writer: Writer, found: Iterable[KubeObject], caller: Caller) -> list[KubeObject]:
    """Delete objects in the background, with few statements; those that are gone are returned.

    What finalizers keep is marked, and what a policy keeps is left as it is.
    """
    options, gone = DeleteOptions(), []
    for row in found:
        kind = kind_of(writer, row)
        if kind is None:
            continue
        try:
            if finalizers_of(row.body) or steps.keeps_itself(row.body):
                delete_row(writer, kind, row, caller, options)
                continue
            _judged(writer, kind, versions.to(kind, row.body), caller, options)
        except errors.ApiError:
            continue
        gone.append(row)
    writer.remove_all(gone)
    return gone


def _judged(
    writer: Writer, kind: Kind, thing: Object, caller: Caller, options: DeleteOptions
) -> tuple[str, ...]:
    """Ask whether an object may be deleted; warnings are returned.  Raises ``ApiError`` 403."""
    name = str(metadata_of(thing).get("name"))
    if kind.kind == "Namespace" and not kind.group and name in _IMMORTAL:
        raise errors.forbidden(kind, name, "this namespace may not be deleted")
    request = policy.Request(
        kind=kind, operation=DELETE, old_object=thing, caller=caller, dry_run=options.dry_run
    )
    return policy.judge(writer, request, None)


def _marked(writer: Writer, thing: Object, options: DeleteOptions) -> Object:
    """The object with the mark of its deletion, and what keeps it until then."""
    metadata: dict[str, Any] = {
        **metadata_of(thing),
        "deletionTimestamp": timestamp(writer.now),
        # No container needs time to stop: whatever grace is asked for, it is over at once.
        "deletionGracePeriodSeconds": 0,
    }
    owns = options.propagation == "Foreground" and writer.owned_by(uid_of(thing)).exists()
    if owns and FOREGROUND not in finalizers_of(thing):
        metadata["finalizers"] = [*finalizers_of(thing), FOREGROUND]
    marked = {**thing, "metadata": metadata}
    if thing.get("apiVersion") == "v1" and thing.get("kind") == "Namespace":
        marked["status"] = {"phase": "Terminating"}
    return marked


def _orphan_dependents(writer: Writer, row: KubeObject, options: DeleteOptions) -> None:
    """With ``Orphan``, what the object owns loses its owner, and so outlives it."""
    if options.propagation != "Orphan":
        return
    for owned in writer.owned_by(row.uid):
        left = [one for one in owners_of(owned.body) if one.get("uid") != row.uid]
        metadata = {**metadata_of(owned.body), "ownerReferences": left}
        if not left:
            metadata.pop("ownerReferences")
        writer.change(owned, {**owned.body, "metadata": metadata})


def _check_preconditions(kind: Kind, row: KubeObject, options: DeleteOptions) -> None:
    if options.uid and options.uid != row.uid:
        wanted = f"UID in precondition: {options.uid}"
        why = f"Precondition failed: {wanted}, UID in object meta: {row.uid}"
        raise errors.conflict(kind, row.name, why)
    if options.resource_version and options.resource_version != str(row.revision):
        why = (
            f"Precondition failed: ResourceVersion in precondition: {options.resource_version},"
            f" ResourceVersion in object meta: {row.revision}"
        )
        raise errors.conflict(kind, row.name, why)


def _owned(
    writer: Writer,
    target: Target,
    old: Object | None,
    made: steps.Admitted,
    options: WriteOptions,
    operation: str,
) -> Object:
    return ownership.noted(
        target.kind,
        old,
        made.object,
        manager=options.field_manager,
        operation=operation,
        schemas=steps.schemas_of(writer.cluster),
        now=writer.now,
        subresource=target.below,
        asked=made.asked,
    )


def kind_of(writer: Writer, row: KubeObject) -> Kind | None:
    """The stored kind of a row; None where its definition is gone."""
    return kinds.stored(writer.cluster, row.group, row.plural)
