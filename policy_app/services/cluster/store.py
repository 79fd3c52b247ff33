"""Objects and their changes, kept so that no update is lost and no watch sees half of one.

A write holds the lock of the cluster's ``ClusterState`` for as long as its transaction lasts.
Revisions are therefore given and committed in one order, whatever number of processes write.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from policy_app.apimachinery.kinds import Kind
from policy_app.apimachinery.objects import (
    Object,
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

# Changes that a watch may still ask for; older ones are thinned, some at a time.
CHANGES_KEPT = 5_000
_THINNED_EVERY = 500


class DryRun(Exception):  # noqa: N818 - it ends a transaction, and is no error
    """Raised inside ``writing`` to undo everything that was written."""


@dataclass(slots=True)
class Writer:
    """The open transaction on one cluster's objects."""

    cluster: Cluster
    state: ClusterState
    now: datetime
    afterwards: list[Callable[[], None]] = field(default_factory=list)
    """What is done once the transaction has ended, whether it was kept or undone."""

    def find(self, kind: Kind, namespace: str, name: str) -> KubeObject | None:
        """The stored object of that name."""
        return rows(self.cluster, kind, namespace).filter(name=name).first()

    def owned_by(self, uid: str) -> QuerySet[KubeObject]:
        """The objects that name an owner."""
        return KubeObject.objects.filter(cluster=self.cluster, owners__uid=uid).order_by("pk")

    def add(self, kind: Kind, thing: Mapping[str, Any], due_at: datetime | None = None) -> Object:
        """Store a new object; uid, creation time and revision are given here."""
        fresh = {"uid": new_uid(), "creationTimestamp": timestamp(self.now)}
        body = _with_metadata(thing, fresh, self._next_revision())
        row = KubeObject.objects.create(
            cluster=self.cluster,
            group=kind.group,
            plural=kind.plural,
            namespace=namespace_of(body),
            name=name_of(body),
            uid=uid_of(body),
            revision=self.state.revision,
            body=dict(body),
            due_at=due_at,
        )
        self._own(row)
        self._log(KubeChange.Type.ADDED, row)
        return body

    def change(self, row: KubeObject, thing: Mapping[str, Any]) -> Object:
        """Replace what is stored; where nothing differs, the revision stays as well."""
        before: Object = row.body
        if _with_metadata(thing, {}, row.revision) == before:
            return before
        row.body = _with_metadata(thing, {}, self._next_revision())
        row.revision = self.state.revision
        row.save(update_fields=["body", "revision"])
        if owners_of(before) != owners_of(row.body):
            row.owners.all().delete()
            self._own(row)
        self._log(KubeChange.Type.MODIFIED, row, before)
        body: Object = row.body
        return body

    def remove(self, row: KubeObject) -> Object:
        """Delete an object for good, and return it as it was last."""
        row.body = _with_metadata(row.body, {}, self._next_revision())
        row.revision = self.state.revision
        self._log(KubeChange.Type.DELETED, row)
        row.delete()
        body: Object = row.body
        return body

    def wake_at(self, row: KubeObject, at: datetime | None) -> None:
        """Have controllers look at an object at a moment, though nobody touches it."""
        if row.due_at != at:
            row.due_at = at
            row.save(update_fields=["due_at"])

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo what is written inside where it fails, and keep the rest of the transaction."""
        revision = self.state.revision
        try:
            with transaction.atomic():
                yield
        except Exception:
            self.state.revision = revision
            raise

    def _next_revision(self) -> int:
        self.state.revision += 1
        return self.state.revision

    def _own(self, row: KubeObject) -> None:
        uids = {str(one.get("uid")) for one in owners_of(row.body) if one.get("uid")}
        KubeOwner.objects.bulk_create(KubeOwner(thing=row, uid=uid) for uid in sorted(uids))

    def _log(self, change: str, row: KubeObject, before: Object | None = None) -> None:
        if row.group in DECIDING_GROUPS and not (before and _says_the_same(before, row.body)):
            self.state.deciding = new_uid()
        KubeChange.objects.create(
            cluster=self.cluster,
            revision=row.revision,
            type=change,
            group=row.group,
            plural=row.plural,
            namespace=row.namespace,
            name=row.name,
            body=row.body,
            before=before,
            at=self.now,
        )


@contextmanager
def writing(cluster: Cluster) -> Iterator[Writer]:
    """A transaction with the cluster's lock; all of it is written, or nothing.

    ``DryRun`` raised inside undoes everything and goes no further.
    """
    afterwards: list[Callable[[], None]] = []
    try:
        with transaction.atomic():
            writer = Writer(cluster, locked_state(cluster), timezone.now(), afterwards)
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


def _finish(writer: Writer, began_at: int) -> None:
    state, revision = writer.state, writer.state.revision
    if revision // _THINNED_EVERY > began_at // _THINNED_EVERY:
        state.compacted = max(state.compacted, min(revision - CHANGES_KEPT, state.settled))
        old = KubeChange.objects.filter(cluster=writer.cluster, revision__lte=state.compacted)
        old.delete()
    state.save(update_fields=["revision", "settled", "compacted", "filled", "deciding"])
    if revision != began_at:
        transaction.on_commit(lambda: wakeups.notify(writer.cluster.pk))


def _says_the_same(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether an object differs in what others write: its metadata and its status."""
    told = ("metadata", "status")
    return {key: before[key] for key in before if key not in told} == {
        key: after[key] for key in after if key not in told
    }


def _with_metadata(thing: Mapping[str, Any], given: Mapping[str, str], revision: int) -> Object:
    metadata = {**thing["metadata"], **given, "resourceVersion": str(revision)}
    return {**thing, "metadata": metadata}
