"""What is left when an owner goes: what it owned goes too, unless somebody else owns it as well."""

from __future__ import annotations

from policy_app.apimachinery.objects import finalizers_of, is_going, metadata_of, owners_of, uid_of
from policy_app.models import KubeChange, KubeObject
from policy_app.services.cluster import changes
from policy_app.services.cluster.caller import Caller, DeleteOptions
from policy_app.services.cluster.store import Writer

_COLLECTOR = Caller.controller("generic-garbage-collector")


def changed(writer: Writer, change: KubeChange) -> None:
    """Follow a deletion down, and let an owner go that waited for what it owns."""
    if change.type == KubeChange.Type.DELETED:
        _collect(writer, uid_of(change.object))
        _release_owners(writer, change)
    elif is_going(change.object) and changes.FOREGROUND in finalizers_of(change.object):
        _collect(writer, uid_of(change.object))


def _collect(writer: Writer, uid: str) -> None:
    for row in writer.owned_by(uid):
        others = [str(one.get("uid")) for one in owners_of(row.body) if one.get("uid") != uid]
        if _any_stays(writer, others):
            continue
        kind = changes.kind_of(writer, row)
        if kind is not None:
            changes.delete_row(writer, kind, row, _COLLECTOR, DeleteOptions())


def _any_stays(writer: Writer, uids: list[str]) -> bool:
    found = KubeObject.objects.filter(cluster=writer.cluster, uid__in=uids)
    return any(not is_going(row.body) for row in found)


def _release_owners(writer: Writer, change: KubeChange) -> None:
    """The last of what an owner owned is gone: its foreground deletion is done."""
    for owner in owners_of(change.object):
        uid = str(owner.get("uid"))
        row = KubeObject.objects.filter(cluster=writer.cluster, uid=uid).first()
        if row is None or changes.FOREGROUND not in finalizers_of(row.body):
            continue
        if writer.owned_by(uid).exists():
            continue
        left = [one for one in finalizers_of(row.body) if one != changes.FOREGROUND]
        metadata = {**metadata_of(row.body), "finalizers": left}
        if not left:
            metadata.pop("finalizers")
            writer.remove(row)
        else:
            writer.change(row, {**row.body, "metadata": metadata})
