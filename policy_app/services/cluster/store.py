"""Objects and their changes, kept so that no update is lost and no watch sees half of one.

A write holds the lock of the cluster's ``ClusterState`` for as long as its transaction lasts.
Revisions are therefore given and committed in one order, whatever number of processes write.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from policy_app import wall_clock
from policy_app.apimachinery.kinds import Kind
from policy_app.apimachinery.objects import (
    Object,
    metadata_of,
    name_of,
    namespace_of,
    new_uid,
    owners_of,
    timestamp,
    uid_of,
)
from policy_app.evaluation.gatekeeper.config import SYNC_SET_GROUP
from policy_app.evaluation.gatekeeper.vet import GROUPS
from policy_app.models import Cluster, ClusterState, KubeChange, KubeObject, KubeOwner
from policy_app.services.cluster import wakeups

DECIDING_GROUPS = frozenset({*GROUPS, SYNC_SET_GROUP})
"""The groups of Gatekeeper's objects: what they say decides about other objects."""
POLICY_DOMAIN = ".gatekeeper.sh"
"""How every group of Gatekeeper's ends, those of its reports included."""

# Changes that a watch may still ask for; older ones are thinned, some at a time.
CHANGES_KEPT = 5_000
_THINNED_EVERY = 500
_BOUNDING = ("limitranges", "resourcequotas")
_UPDATED_AT_ONCE = 100
_DELETED_AT_ONCE = 500


class DryRun(Exception):  # noqa: N818 - it ends a transaction, and is no error
    """Raised inside ``writing`` to undo everything that was written."""


Act = Callable[["Writer", list[str]], None]
Queue = dict[Act, dict[str, None]]


@dataclass(slots=True)
class Writer:
    """The open transaction on one cluster's objects."""

    cluster: Cluster
    state: ClusterState
    now: datetime
    afterwards: list[Callable[[], None]] = field(default_factory=list)
    """What is done once the transaction has ended, whether it was kept or undone."""
    decided: bool = False
    """Whether something was changed that decides about other objects."""
    queue: Queue = field(default_factory=dict)
    """What controllers still have to do in this transaction, and about which objects."""
    homes: dict[str, Object | None] = field(default_factory=dict)
    """The Namespaces that were looked up, by name; every object of one needs it more than once."""
    bounded: dict[str, list[KubeObject]] = field(default_factory=dict)
    """The LimitRanges and ResourceQuotas that were looked up, by namespace."""
    mirroring: bool = False
    """Whether a snapshot is written: what is new was made elsewhere, and keeps its time."""
    unlogged: bool = False
    """Whether the log keeps none of the changes, as they are too many: watches list again."""

    def find(self, kind: Kind, namespace: str, name: str) -> KubeObject | None:
        """The stored object of that name."""
        return only(rows(self.cluster, kind, namespace).filter(name=name))

    def namespace(self, name: str) -> Object | None:
        """The Namespace of that name as it is now."""
        if name not in self.homes:
            row = only(namespaces(self.cluster).filter(name=name))
            self.homes[name] = row.body if row is not None else None
        return self.homes[name]

    def bounds(self, namespace: str) -> list[KubeObject]:
        """The LimitRanges and ResourceQuotas of a namespace as they are now, by name."""
        if namespace not in self.bounded:
            found = KubeObject.objects.filter(
                cluster=self.cluster, group="", plural__in=_BOUNDING, namespace=namespace
            )
            self.bounded[namespace] = list(found.order_by("name"))
        return self.bounded[namespace]

    def owned_by(self, uid: str) -> QuerySet[KubeObject]:
        """The objects that name an owner."""
        return KubeObject.objects.filter(cluster=self.cluster, owners__uid=uid).order_by("pk")

    def add(self, kind: Kind, thing: Mapping[str, Any], due_at: datetime | None = None) -> Object:
        """Store a new object; uid, creation time and revision are given here."""
        return self.add_all(kind, [thing], due_at)[0]

    def add_all(
        self, kind: Kind, things: Iterable[Mapping[str, Any]], due_at: datetime | None = None
    ) -> list[Object]:
        """Store new objects of one kind, with few statements however many they are."""
        return [row.body for row in self.add_rows(kind, things, due_at)]

    def add_rows(
        self, kind: Kind, things: Iterable[Mapping[str, Any]], due_at: datetime | None = None
    ) -> list[KubeObject]:
        """Store new objects of one kind; the rows that were made."""
        made = [self._new_row(kind, thing, due_at) for thing in things]
        KubeObject.objects.bulk_create(made)
        self._own(made)
        self._log(KubeChange.Type.ADDED, [(row, None) for row in made])
        return made

    def change(self, row: KubeObject, thing: Mapping[str, Any]) -> Object:
        """Replace what is stored; where nothing differs, the revision stays as well."""
        self.change_all([(row, thing)])
        body: Object = row.body
        return body

    def change_all(self, wanted: Iterable[tuple[KubeObject, Mapping[str, Any]]]) -> None:
        """Replace what is stored of several objects; the rows are left as they are now stored."""
        changed: list[tuple[KubeObject, Object | None]] = []
        for row, thing in wanted:
            before: Object = row.body
            if _with_metadata(thing, {}, row.revision) == before:
                continue
            row.body = _with_metadata(thing, {}, self._next_revision())
            row.revision = self.state.revision
            changed.append((row, before))
        touched = [row for row, _ in changed]
        if len(touched) == 1:
            touched[0].save(update_fields=["body", "revision"])
        elif touched:
            KubeObject.objects.bulk_update(
                touched, ["body", "revision"], batch_size=_UPDATED_AT_ONCE
            )
        moved = [row for row, old in changed if owners_of(old or {}) != owners_of(row.body)]
        if moved:
            KubeOwner.objects.filter(thing__in=moved).delete()
            self._own(moved)
        self._log(KubeChange.Type.MODIFIED, changed)

    def remove(self, row: KubeObject) -> Object:
        """Delete an object for good, and return it as it was last."""
        self.remove_all([row])
        body: Object = row.body
        return body

    def remove_all(self, gone: Sequence[KubeObject]) -> None:
        """Delete objects for good; the rows are left as their objects were last."""
        for row in gone:
            row.body = _with_metadata(row.body, {}, self._next_revision())
            row.revision = self.state.revision
        self._log(KubeChange.Type.DELETED, [(row, None) for row in gone])
        keys = [row.pk for row in gone]
        for start in range(0, len(keys), _DELETED_AT_ONCE):
            part = keys[start : start + _DELETED_AT_ONCE]
            KubeObject.objects.filter(pk__in=part).only("pk").delete()

    def soon(self, act: Act, key: str) -> None:
        """Have ``act`` called once with this and all other keys that are asked for until then."""
        self.queue.setdefault(act, {})[key] = None

    def wake_at(self, row: KubeObject, at: datetime | None) -> None:
        """Have controllers look at an object at a moment, though nobody touches it."""
        if row.due_at != at:
            row.due_at = at
            row.save(update_fields=["due_at"])

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo what is written inside where it fails, and keep the rest of the transaction."""
        revision = self.state.revision
        queue = {act: dict(keys) for act, keys in self.queue.items()}
        try:
            with transaction.atomic():
                yield
        except Exception:
            self.state.revision, self.queue = revision, queue
            self.homes.clear()
            self.bounded.clear()
            raise

    def _next_revision(self) -> int:
        self.state.revision += 1
        return self.state.revision

    def _new_row(self, kind: Kind, thing: Mapping[str, Any], due_at: datetime | None) -> KubeObject:
        made_at = str(metadata_of(thing).get("creationTimestamp") or "") if self.mirroring else ""
        fresh = {
            "uid": uid_of(thing) or new_uid(),
            "creationTimestamp": made_at or timestamp(self.now),
        }
        body = _with_metadata(thing, fresh, self._next_revision())
        return KubeObject(
            cluster=self.cluster,
            group=kind.group,
            plural=kind.plural,
            namespace=namespace_of(body),
            name=name_of(body),
            uid=uid_of(body),
            revision=self.state.revision,
            body=body,
            due_at=due_at,
        )

    def _own(self, owned: Iterable[KubeObject]) -> None:
        pairs = {
            (row, str(one["uid"])): None
            for row in owned
            for one in owners_of(row.body)
            if one.get("uid")
        }
        KubeOwner.objects.bulk_create(KubeOwner(thing=row, uid=uid) for row, uid in pairs)

    def _log(self, type_: str, changed: Sequence[tuple[KubeObject, Object | None]]) -> None:
        for row, before in changed:
            if row.group in DECIDING_GROUPS and not (before and says_the_same(before, row.body)):
                self.state.deciding = new_uid()
                self.decided = True
            if (row.group, row.plural) == ("", "namespaces"):
                # What decides goes by the labels of namespaces, too.
                self.decided = True
                self.homes.pop(row.name, None)
            if row.group == "" and row.plural in _BOUNDING:
                self.bounded.pop(row.namespace, None)
        if self.unlogged:
            return
        KubeChange.objects.bulk_create(
            KubeChange(
                cluster=self.cluster,
                revision=row.revision,
                type=type_,
                group=row.group,
                plural=row.plural,
                namespace=row.namespace,
                name=row.name,
                body=row.body,
                before=before,
                at=self.now,
            )
            for row, before in changed
        )


@contextmanager
def writing(cluster: Cluster, now: datetime | None = None) -> Iterator[Writer]:
    """A transaction with the cluster's lock; all of it is written, or nothing.

    ``DryRun`` raised inside undoes everything and goes no further.  ``now`` is the moment at which
    the cluster's clock stands, for what should have happened before anybody looked.
    """
    afterwards: list[Callable[[], None]] = []
    try:
        with transaction.atomic():
            writer = Writer(cluster, locked_state(cluster), now or wall_clock.now(), afterwards)
            began_at = writer.state.revision
            yield writer
            _finish(writer, began_at)
    except DryRun:
        return
    finally:
        for act in afterwards:
            act()


def locked_state(cluster: Cluster) -> ClusterState:
    """The cluster's state, locked until the transaction ends."""
    found = ClusterState.objects.select_for_update().filter(cluster=cluster).first()
    if found is not None:
        return found
    ClusterState.objects.get_or_create(cluster=cluster)
    return ClusterState.objects.select_for_update().get(cluster=cluster)


def revision_of(cluster: Cluster) -> int:
    """The newest committed revision."""
    state = ClusterState.objects.filter(cluster=cluster).only("revision").first()
    return state.revision if state else 1


def rows(cluster: Cluster, kind: Kind, namespace: str = "") -> QuerySet[KubeObject]:
    """The stored objects of a kind, of one namespace or of all."""
    found = KubeObject.objects.filter(cluster=cluster, group=kind.group, plural=kind.plural)
    return found.filter(namespace=namespace) if namespace else found


def only(found: QuerySet[KubeObject]) -> KubeObject | None:
    """The one object that is found, if there is one: nothing is sorted, as ``first`` would."""
    return next(iter(found.order_by()[:1]), None)


def namespaces(cluster: Cluster) -> QuerySet[KubeObject]:
    """The Namespaces of a cluster."""
    return KubeObject.objects.filter(cluster=cluster, group="", plural="namespaces")


def _finish(writer: Writer, began_at: int) -> None:
    state, revision = writer.state, writer.state.revision
    if writer.unlogged:
        state.compacted = revision
        KubeChange.objects.filter(cluster=writer.cluster, revision__lte=revision).delete()
    elif revision // _THINNED_EVERY > began_at // _THINNED_EVERY:
        state.compacted = max(state.compacted, min(revision - CHANGES_KEPT, state.settled))
        old = KubeChange.objects.filter(cluster=writer.cluster, revision__lte=state.compacted)
        old.delete()
    state.save(update_fields=["revision", "settled", "compacted", "filled", "deciding"])
    if revision != began_at:
        decided = writer.decided
        transaction.on_commit(lambda: wakeups.notify(writer.cluster.pk, decided=decided))


def says_the_same(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether two states of an object differ at most in metadata and status."""
    told = ("metadata", "status")
    return {key: before[key] for key in before if key not in told} == {
        key: after[key] for key in after if key not in told
    }


def _with_metadata(thing: Mapping[str, Any], given: Mapping[str, str], revision: int) -> Object:
    metadata = {**thing["metadata"], **given, "resourceVersion": str(revision)}
    return {**thing, "metadata": metadata}
