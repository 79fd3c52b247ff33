"""What is left when an owner goes: what it owned goes too, unless somebody else owns it as well."""

from __future__ import annotations

from collections.abc import Iterable

from policy_app.apimachinery.objects import finalizers_of, is_going, metadata_of, owners_of, uid_of
from policy_app.models import KubeChange, KubeObject
from policy_app.services.cluster import changes, noting
from policy_app.services.cluster.caller import Caller, DeleteOptions
from policy_app.services.cluster.store import Writer

_COLLECTOR = Caller.controller("generic-garbage-collector")
_ASKED_AT_ONCE = 500


def concerns(change: KubeChange) -> bool:
    """Whether a change is one that ``look`` looks at."""
    return (
        change.type == KubeChange.Type.DELETED
        or is_going(change.object)
        or bool(owners_of(change.object))
    )


def look(writer: Writer, change: KubeChange) -> None:
    """An owner went or goes, or something came that names owners."""
    if change.type == KubeChange.Type.DELETED:
        writer.soon(collect, uid_of(change.object))
        for owner in owners_of(change.object):
            writer.soon(release, str(owner.get("uid")))
    elif is_going(change.object) and changes.FOREGROUND in finalizers_of(change.object):
        writer.soon(collect, uid_of(change.object))
    elif change.type == KubeChange.Type.ADDED:
        for owner in owners_of(change.object):
            writer.soon(collect_strays, str(owner.get("uid")))


def collect(writer: Writer, uids: list[str]) -> None:
    """Delete what objects owned that are gone, or that wait for it."""
    waiting = {
        row.uid for row in _existing(writer, uids) if changes.FOREGROUND in finalizers_of(row.body)
    }
    at_once = []
    for row, uid in _owned(writer, uids):
        if _has_lost_an_owner(writer, row, uid):
            continue
        kind = changes.kind_of(writer, row)
        if uid in waiting and kind is not None:
            options = DeleteOptions(propagation="Foreground")
            changes.delete_row(writer, kind, row, _COLLECTOR, options)
        else:
            at_once.append(row)
    changes.delete_all(writer, at_once, _COLLECTOR)


def collect_strays(writer: Writer, uids: list[str]) -> None:
    """Delete what names an owner that is not there."""
    known = {row.uid for row in _existing(writer, uids)}
    collect(writer, [uid for uid in uids if uid not in known])


def release(writer: Writer, uids: list[str]) -> None:
    """The last of what an owner owned is gone: its foreground deletion is done."""
    for row in _existing(writer, uids):
        if changes.FOREGROUND not in finalizers_of(row.body) or writer.owned_by(row.uid).exists():
            continue
        left = [one for one in finalizers_of(row.body) if one != changes.FOREGROUND]
        if left:
            metadata = {**metadata_of(row.body), "finalizers": left}
            noting.change(writer, row, {**row.body, "metadata": metadata})
        else:
            writer.remove(row)


def _has_lost_an_owner(writer: Writer, row: KubeObject, gone: str) -> bool:
    """Whether somebody else still owns an object, which then only loses the owner that is gone."""
    others = [one for one in owners_of(row.body) if str(one.get("uid")) != gone]
    if not others:
        return False
    known = list(_existing(writer, [str(one.get("uid")) for one in others]))
    if not any(not is_going(one.body) for one in known):
        return False
    uids = {one.uid for one in known}
    left = [one for one in others if one.get("uid") in uids]
    metadata = {**metadata_of(row.body), "ownerReferences": left}
    noting.change(writer, row, {**row.body, "metadata": metadata})
    return True


def _owned(writer: Writer, uids: list[str]) -> list[tuple[KubeObject, str]]:
    """What names one of these as an owner, once each, with that owner's uid."""
    found: dict[int, tuple[KubeObject, str]] = {}
    wanted = set(uids)
    for start in range(0, len(uids), _ASKED_AT_ONCE):
        part = uids[start : start + _ASKED_AT_ONCE]
        owned = KubeObject.objects.filter(cluster=writer.cluster, owners__uid__in=part)
        for row in owned.order_by("pk"):
            uid = next(str(one["uid"]) for one in owners_of(row.body) if one.get("uid") in wanted)
            found[row.pk] = (row, uid)
    return list(found.values())


def _existing(writer: Writer, uids: Iterable[str]) -> Iterable[KubeObject]:
    return KubeObject.objects.filter(cluster=writer.cluster, uid__in=list(uids)).order_by("pk")
