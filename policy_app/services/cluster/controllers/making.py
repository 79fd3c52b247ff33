"""What controllers share: make what an object owns, count what there is, tell a failure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from policy_app.apimachinery import errors
from policy_app.apimachinery.kinds import Kind
from policy_app.apimachinery.objects import (
    Object,
    generated_name,
    is_going,
    metadata_of,
    name_of,
    namespace_of,
)
from policy_app.models import KubeChange, KubeObject
from policy_app.services.cluster import changes, events, kinds
from policy_app.services.cluster.caller import Caller, DeleteOptions, Target, WriteOptions
from policy_app.services.cluster.store import Writer

_HASH_LETTERS = "bcdfghjklmnpqrstvwxz2456789"


def kind_of(writer: Writer, api_version: str, kind: str) -> Kind:
    """A built-in kind that every cluster serves."""
    found = kinds.builtins_of(writer.cluster).of(api_version, kind)
    assert found is not None, f"{api_version} {kind} is not built in"
    return found


def current(writer: Writer, change: KubeChange) -> KubeObject | None:
    """The object of a change as it is now; None where it is gone, or going."""
    uid = metadata_of(change.object).get("uid")
    row = KubeObject.objects.filter(cluster=writer.cluster, uid=uid).first()
    return None if row is None or is_going(row.body) else row


def controller_of(writer: Writer, thing: Mapping[str, Any], kind: str) -> KubeObject | None:
    """The object of a kind that controls another one."""
    for owner in metadata_of(thing).get("ownerReferences") or []:
        if owner.get("controller") and owner.get("kind") == kind:
            return KubeObject.objects.filter(cluster=writer.cluster, uid=owner["uid"]).first()
    return None


def controlled(writer: Writer, owner: KubeObject, plural: str) -> list[KubeObject]:
    """What an object owns of a resource and is not going, the oldest first."""
    rows = writer.owned_by(owner.uid).filter(plural=plural)
    return [row for row in rows if not is_going(row.body)]


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


def create(writer: Writer, kind: Kind, thing: Object, owner: Object, controller: str) -> bool:
    """Create what an object owns, as the controller that it is; a refusal becomes an event."""
    target = Target(kind, namespace_of(thing), name_of(thing))
    options = WriteOptions(field_manager="kube-controller-manager", field_validation="Ignore")
    try:
        with writer.savepoint():
            changes.create(writer, target, thing, Caller.controller(controller), options)
    except errors.ApiError as error:
        message = f"Error creating: {error.message}"
        events.record(writer, owner, events.WARNING, "FailedCreate", message, controller)
        return False
    told = f"Created {kind.kind.lower()}: {name_of(thing)}"
    events.record(writer, owner, events.NORMAL, "SuccessfulCreate", told, controller)
    return True


def delete(writer: Writer, kind: Kind, rows: Iterable[KubeObject], controller: str) -> None:
    """Delete what is too much."""
    for row in rows:
        changes.delete_row(writer, kind, row, Caller.controller(controller), DeleteOptions())


def set_status(writer: Writer, row: KubeObject, status: Mapping[str, Any]) -> None:
    """Write a status; where it says the same as before, nothing changes."""
    kept = {key: value for key, value in status.items() if value not in (None, [])}
    writer.change(row, {**row.body, "status": kept})


def is_ready(pod: Mapping[str, Any]) -> bool:
    """Whether a Pod's condition says that it is ready."""
    conditions = (pod.get("status") or {}).get("conditions") or []
    return any(one.get("type") == "Ready" and one.get("status") == "True" for one in conditions)


def condition(
    before: Object, type_: str, status: bool, reason: str, message: str, at: str
) -> Object:
    """A condition; its times move only where it says something else than before."""
    held = (before.get("status") or {}).get("conditions") or []
    old: Object = next((one for one in held if one.get("type") == type_), Object())
    word = "True" if status else "False"
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


def template_hash(template: Mapping[str, Any]) -> str:
    """A short name for what a template says, in letters that no word comes out of."""
    digest = hashlib.sha256(json.dumps(template, sort_keys=True).encode()).digest()
    return "".join(_HASH_LETTERS[byte % len(_HASH_LETTERS)] for byte in digest[:10])
