"""What controllers share: make what an object owns, count what there is, tell a failure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from policy_app.apimachinery import errors
from policy_app.apimachinery.kinds import Kind
from policy_app.apimachinery.objects import (
    Object,
    generated_name,
    is_going,
    metadata_of,
    moment,
    name_of,
    namespace_of,
)
from policy_app.models import KubeChange, KubeObject
from policy_app.services.cluster import changes, events, kinds, noting, steps
from policy_app.services.cluster.caller import Caller, Target, WriteOptions
from policy_app.services.cluster.events import Happening
from policy_app.services.cluster.store import Writer, only, rows

MOST_PODS = 1_000
"""Pods of one object: a simulated cluster has no machines that would set the limit."""
REPLICA_FAILURE = "ReplicaFailure"
_SOONEST = timedelta(seconds=2)
_LATEST = timedelta(minutes=5)
_TERMINATING = "because it is being terminated"


def kind_of(writer: Writer, api_version: str, kind: str) -> Kind:
    """A built-in kind that every cluster serves."""
    found = kinds.builtins_of(writer.cluster).of(api_version, kind)
    assert found is not None, f"{api_version} {kind} is not built in"
    return found


def served(writer: Writer, api_version: str, kind: str) -> Kind | None:
    """A kind that the cluster serves, built in or custom; None where it does not."""
    return kinds.kinds_of(writer.cluster).of(api_version, kind)


def current(writer: Writer, change: KubeChange) -> KubeObject | None:
    """The object of a change as it is now; None where it is gone, or going."""
    uid = metadata_of(change.object).get("uid")
    row = only(KubeObject.objects.filter(cluster=writer.cluster, uid=uid))
    return None if row is None or is_going(row.body) else row


def controlled(writer: Writer, owner: KubeObject, plural: str) -> list[KubeObject]:
    """What an object owns of a resource and is not going, the oldest first."""
    found = writer.owned_by(owner.uid).filter(plural=plural)
    return [row for row in found if not is_going(row.body)]


def from_template(template: Mapping[str, Any], owner: Object, kind: Kind, name: str = "") -> Object:
    """The object that a template describes, owned by its maker."""
    metadata = dict(template.get("metadata") or {})
    metadata.pop("creationTimestamp", None)
    metadata["name"] = name or generated_name(f"{name_of(owner)}-")
    if not name:
        metadata["generateName"] = f"{name_of(owner)}-"
    metadata["namespace"] = namespace_of(owner)
    metadata["ownerReferences"] = [owner_reference(owner)]
    head = {"apiVersion": kind.api_version, "kind": kind.kind}
    return {**head, "metadata": metadata, "spec": dict(template.get("spec") or {})}


def owner_reference(owner: Mapping[str, Any]) -> Object:
    """The reference from what is owned to its controller."""
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": name_of(owner),
        "uid": metadata_of(owner)["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def create(
    writer: Writer,
    kind: Kind,
    thing: Object,
    owner: Mapping[str, Any],
    controller: str,
    *,
    telling: bool = True,
) -> str:
    """Create one object as a controller does; see ``create_all``."""
    return create_all(writer, kind, [thing], owner, controller, telling=telling)


def create_all(
    writer: Writer,
    kind: Kind,
    things: Iterable[Object],
    owner: Mapping[str, Any],
    controller: str,
    *,
    telling: bool = True,
) -> str:
    """Create what an object owns, as the controller that it is, until one is refused.

    Why it was refused is returned, empty where none was, and becomes an Event about the owner, as
    the successes do; ``telling`` is whether it does.  A namespace that goes refuses silently.
    """
    allowed, refusal = _admitted(writer, kind, list(things), controller)
    made = writer.add_all(kind, allowed)
    if not telling or _TERMINATING in refusal:
        return refusal
    happened = [
        Happening(owner, events.NORMAL, "SuccessfulCreate", _created(kind, one), controller)
        for one in made
    ]
    if refusal:
        message = f"Error creating: {refusal}"
        happened.append(Happening(owner, events.WARNING, "FailedCreate", message, controller))
    events.record_all(writer, happened)
    return refusal


def _admitted(
    writer: Writer, kind: Kind, things: list[Object], controller: str
) -> tuple[list[Object], str]:
    """The objects as they will be stored, up to the first that is refused, and why it is."""
    options = WriteOptions(field_manager=noting.CONTROLLER_MANAGER, field_validation="Ignore")
    caller, allowed = Caller.controller(controller), list[Object]()
    try:
        for target in _targets(writer, kind, things):
            thing = things[len(allowed)]
            allowed.append(changes.admitted(writer, target, thing, caller, options)[0])
    except errors.ApiError as error:
        return allowed, error.message
    return allowed, ""


def _targets(writer: Writer, kind: Kind, things: list[Object]) -> Iterable[Target]:
    """Where each object goes.  Raises ``ApiError`` where it cannot go there."""
    targets = [Target(kind, namespace_of(one), name_of(one)) for one in things]
    for namespace in {one.namespace for one in targets}:
        steps.require_namespace(writer, Target(kind, namespace))
        names = [one.name for one in targets if one.namespace == namespace]
        taken = rows(writer.cluster, kind, namespace).filter(name__in=names).first()
        if taken is not None:
            raise errors.already_exists(kind, taken.name)
    return targets


def _created(kind: Kind, thing: Object) -> str:
    return f"Created {kind.kind.lower()}: {name_of(thing)}"


def delete(
    writer: Writer,
    gone: Iterable[KubeObject],
    controller: str,
    owner: Mapping[str, Any] | None = None,
) -> None:
    """Delete what is too much, and tell it where it is the owner's doing."""
    deleted = changes.delete_all(writer, gone, Caller.controller(controller))
    if owner is None:
        return
    events.record_all(
        writer,
        [
            Happening(owner, events.NORMAL, "SuccessfulDelete", _deleted(row.body), controller)
            for row in deleted
        ],
    )


def _deleted(thing: Object) -> str:
    return f"Deleted {thing['kind'].lower()}: {name_of(thing)}"


def set_status(
    writer: Writer,
    row: KubeObject,
    status: Mapping[str, Any],
    manager: str = noting.CONTROLLER_MANAGER,
) -> None:
    """Write a status; where it says the same as before, nothing changes."""
    kept = {key: value for key, value in status.items() if value not in (None, [])}
    noting.change(writer, row, {**row.body, "status": kept}, manager)


def waits(row: KubeObject) -> bool:
    """Whether an object's last attempt failed, and its next one is still to come."""
    generation = metadata_of(row.body).get("generation")
    seen = (row.body.get("status") or {}).get("observedGeneration")
    return row.due_at is not None and generation == seen and failure(row.body) is not None


def try_later(writer: Writer, row: KubeObject, since: Any) -> None:
    """Try again after as long as it has failed already: 2 seconds, 4, 8, up to 5 minutes.

    ``since`` is when it failed first, as a condition's time says it.
    """
    began = moment(since) or writer.now
    writer.wake_at(row, writer.now + min(max(writer.now - began, _SOONEST), _LATEST))


def failure(thing: Mapping[str, Any]) -> Object | None:
    """The condition that tells why an object's Pods cannot be made."""
    found = condition_of(thing, REPLICA_FAILURE)
    return found if found is not None and found.get("status") == "True" else None


def is_ready(pod: Mapping[str, Any]) -> bool:
    """Whether a Pod's condition says that it is ready."""
    found = condition_of(pod, "Ready")
    return found is not None and found.get("status") == "True"


def condition_of(thing: Mapping[str, Any], type_: str) -> Object | None:
    """An object's condition of a type."""
    held = (thing.get("status") or {}).get("conditions") or []
    return next((one for one in held if one.get("type") == type_), None)


def condition(
    before: Mapping[str, Any], type_: str, status: bool | None, reason: str, message: str, at: str
) -> Object:
    """A condition; the time of its transition moves only where it says something else than before.

    ``status`` None is ``Unknown``.
    """
    told = dated_condition(before, type_, status, reason, message, at)
    del told["lastUpdateTime"]
    return told


def dated_condition(
    before: Mapping[str, Any], type_: str, status: bool | None, reason: str, message: str, at: str
) -> Object:
    """The same with the time of its last update, which Deployments' conditions have."""
    old = condition_of(before, type_) or {}
    word = "Unknown" if status is None else str(status)
    same = (old.get("status"), old.get("reason"), old.get("message")) == (word, reason, message)
    moved = old.get("lastTransitionTime") if old.get("status") == word else at
    return {
        "type": type_,
        "status": word,
        "lastUpdateTime": old.get("lastUpdateTime", at) if same else at,
        "lastTransitionTime": moved or at,
        "reason": reason,
        "message": message,
    }


def replicas_of(thing: Mapping[str, Any]) -> int:
    """How many replicas an object wants; 1 where it does not say."""
    wanted = (thing.get("spec") or {}).get("replicas")
    return 1 if wanted is None else int(wanted)


def failed_conditions(thing: Mapping[str, Any], refusal: str, at: str) -> list[Object]:
    """The conditions of what makes Pods: one where they are refused, with the reason's own text."""
    if not refusal:
        return []
    return [condition(thing, REPLICA_FAILURE, True, "FailedCreate", refusal, at)]


def report(
    writer: Writer,
    row: KubeObject,
    status: Mapping[str, Any],
    refusal: str,
    next_at: datetime | None = None,
) -> None:
    """Write the status of what makes Pods, and have it looked at again when that is due.

    That is the next attempt where Pods are refused, else ``next_at``.
    """
    waited = waits(row)
    set_status(writer, row, status)
    if not refusal:
        writer.wake_at(row, next_at)
    elif not waited:
        failed = failure(row.body) or {}
        try_later(writer, row, failed.get("lastTransitionTime"))
