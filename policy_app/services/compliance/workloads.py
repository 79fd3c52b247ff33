"""The workloads of many objects at once, and of components whose owners have changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from django.db.models import Exists, OuterRef

from policy_app.models import Component, KubeObject, KubeOwner
from policy_app.services.compliance.bulk import in_pieces
from policy_app.services.owners import DEEPEST, Owner, naming, upward

_AT_ONCE = 500


Workload = tuple[str, str]
"""A kind and a name."""


class Workloads:
    """Looks owners up, a level of many objects with one statement."""

    def __init__(self, cluster_id: int) -> None:
        self._cluster_id = cluster_id
        self._owners: dict[str, Owner | None] = {}
        """Whom the owner of a uid belongs to itself."""

    def of(self, owners: Mapping[str, Owner | None]) -> dict[str, Workload | None]:
        """The outermost owner of each, by the same keys; None where there is no owner.

        An owner that is not in the cluster is the outermost one that is known.
        """
        level = {one.uid for one in owners.values() if one is not None}
        for _ in range(DEEPEST):
            self._look_up(level)
            level = {above.uid for uid in level if (above := self._owners.get(uid)) is not None}
        return {key: self._outermost(one) if one else None for key, one in owners.items()}

    def _outermost(self, owner: Owner) -> Workload:
        one = upward(owner, self._owners)[-1]
        return one.kind, one.name

    def _look_up(self, uids: Iterable[str]) -> None:
        wanted = {uid for uid in uids if uid and uid not in self._owners}
        if not wanted:
            return
        self._owners |= dict.fromkeys(wanted)
        rows = KubeObject.objects.filter(cluster=self._cluster_id, uid__in=wanted)
        for uid, body in rows.values_list("uid", "body"):
            self._owners[uid] = naming(body)


def follow(cluster_id: int, since: int) -> None:
    """Name the workloads of components anew that hang on an owner which changed after a revision.

    A scan judges what changed itself; who owns its owner may have changed without it.  To be called
    in a transaction.
    """
    changed = KubeObject.objects.filter(cluster=cluster_id, revision__gt=since)
    owning = KubeOwner.objects.filter(thing__cluster=cluster_id, uid=OuterRef("uid"))
    owners = changed.exclude(group="", plural="nodes").filter(Exists(owning))
    below = _below(cluster_id, owners.values_list("uid", flat=True))
    for uids in in_pieces(sorted(below), _AT_ONCE):
        _name_anew(cluster_id, uids)


def _below(cluster_id: int, uids: Iterable[str]) -> set[str]:
    """Everything that these own, and what that owns, and so on."""
    found: set[str] = set()
    level = set(uids)
    for _ in range(DEEPEST):
        level = set(_owned(cluster_id, level)) - found
        found |= level
    return found


def _owned(cluster_id: int, uids: Iterable[str]) -> Iterator[str]:
    for some in in_pieces(uids, _AT_ONCE):
        rows = KubeOwner.objects.filter(thing__cluster=cluster_id, uid__in=some)
        yield from rows.values_list("thing__uid", flat=True)


def _name_anew(cluster_id: int, uids: Iterable[str]) -> None:
    rows = KubeObject.objects.filter(cluster=cluster_id, uid__in=uids)
    owners = {uid: naming(body) for uid, body in rows.values_list("uid", "body")}
    named = Workloads(cluster_id).of(owners)
    moved = []
    for row in Component.objects.filter(cluster=cluster_id, uid__in=owners):
        workload = named[row.uid] or (row.kind, row.name)
        if workload != (row.workload_kind, row.workload_name):
            row.workload_kind, row.workload_name = workload
            moved.append(row)
    Component.objects.bulk_update(moved, ["workload_kind", "workload_name"])
