"""Delete objects: at once, or when finalizers, a grace period or what they own let them go.

A namespace stays for a few seconds with all that is in it, as in a real cluster, where its contents
are deleted by a controller: ``kubectl delete -f`` with the namespace first finds the rest still there.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from policy_app.apimachinery import errors, versions
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
from policy_app.apimachinery.selectors import Selection
from policy_app.evaluation.gatekeeper.review import DELETE
from policy_app.models import Cluster, KubeObject
from policy_app.services.cluster import controllers, kinds, policy, reads, steps
from policy_app.services.cluster.caller import Caller, DeleteOptions, Target
from policy_app.services.cluster.store import DryRun, Writer, writing
from policy_app.services.cluster.writes import Outcome

NAMESPACE_SECONDS = 2
FOREGROUND = "foregroundDeletion"


def delete(cluster: Cluster, target: Target, caller: Caller, options: DeleteOptions) -> Outcome:
    """Delete one object.  Raises ``ApiError`` 404, 409 for a precondition, 403 for a denial.

    The outcome holds the object as it was last; its metadata has a ``deletionTimestamp`` where it
    is not gone yet.
    """
    outcome: Outcome | None = None
    with writing(cluster) as writer:
        row = writer.find(target.kind, target.namespace, target.name)
        if row is None:
            raise errors.not_found(target.kind, target.name)
        outcome = delete_row(writer, target.kind, row, caller, options)
        if options.dry_run:
            raise DryRun
    assert outcome is not None
    if not options.dry_run:
        controllers.settle(cluster)
    return outcome


def delete_collection(
    cluster: Cluster,
    target: Target,
    selection: Selection,
    caller: Caller,
    options: DeleteOptions,
) -> list[Object]:
    """Delete every object that is selected, in one transaction, and return them as they were."""
    gone: list[Object] = []
    with writing(cluster) as writer:
        for one in reads.page(cluster, target.kind, target.namespace, selection).objects:
            metadata = metadata_of(one)
            row = writer.find(target.kind, metadata.get("namespace", ""), metadata["name"])
            if row is not None:
                gone.append(delete_row(writer, target.kind, row, caller, options).object)
        if options.dry_run:
            raise DryRun
    if not options.dry_run:
        controllers.settle(cluster)
    return gone


def delete_row(
    writer: Writer, kind: Kind, row: KubeObject, caller: Caller, options: DeleteOptions
) -> Outcome:
    """Delete a stored object inside an open transaction."""
    thing = versions.to(kind, row.body)
    _check_preconditions(kind, row, options)
    if is_going(thing) and (finalizers_of(thing) or steps.keeps_itself(thing)):
        return Outcome(thing)
    request = policy.Request(
        kind=kind, operation=DELETE, old_object=thing, caller=caller, dry_run=options.dry_run
    )
    warnings = policy.judge(writer, request, None)
    _orphan_dependents(writer, row, options)
    marked = _marked(writer, thing, options)
    if finalizers_of(marked) or steps.keeps_itself(marked):
        stored = writer.change(row, steps.stored_form(writer, kind, marked))
        if marked.get("kind") == "Namespace":
            writer.wake_at(row, writer.now + timedelta(seconds=NAMESPACE_SECONDS))
        return Outcome(versions.to(kind, stored), warnings)
    return Outcome(versions.to(kind, writer.remove(row)), warnings)


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
        why = (
            f"Precondition failed: UID in precondition: {options.uid}, UID in object meta: {row.uid}"
        )
        raise errors.conflict(kind, row.name, why)
    if options.resource_version and options.resource_version != str(row.revision):
        why = (
            f"Precondition failed: ResourceVersion in precondition: {options.resource_version},"
            f" ResourceVersion in object meta: {row.revision}"
        )
        raise errors.conflict(kind, row.name, why)


def kind_of(writer: Writer, row: KubeObject) -> Kind | None:
    """The stored kind of a row; None where its definition is gone."""
    return kinds.kinds_of(writer.cluster).stored_as(row.group, row.plural)


def shown(target: Target, thing: Object) -> Object:
    """What a deletion answers: a Pod, or what is not gone yet, as it is; for the rest a Status.

    Typed clients insist on the Pod.
    """
    kind = target.kind
    if (kind.api_version, kind.kind) == ("v1", "Pod") or finalizers_of(thing):
        return thing
    if steps.keeps_itself(thing):
        return thing
    details = {"name": target.name, "group": kind.group, "kind": kind.plural, "uid": uid_of(thing)}
    return errors.success({key: value for key, value in details.items() if value})
