"""What a scan has to judge, and how it is cut into chunks that any worker can take.

A task is JSON: ``{"resources": [[group, plural]…], "from": pk, "to": pk, "count": n}``.  Where it
covers less it has ``"policies": [primary keys]``, ``"namespaces": […]``, and ``"after"`` and
``"upto"`` as bounds of the objects' revisions.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet

from policy_app.apimachinery.kinds import Kinds
from policy_app.models import (
    AppliedSet,
    Cluster,
    ClusterAudit,
    ClusterState,
    Component,
    KubeChange,
    KubeObject,
    PolicyState,
)
from policy_app.services.cluster import kinds
from policy_app.services.cluster.audited import Resource, stored_under
from policy_app.services.compliance.bulk import in_pieces
from policy_app.services.compliance.deciding import Deciding, Judge

CHUNK = 500
"""Objects in one chunk: a second's work or less, and little to do again where a worker dies."""

Task = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Extent:
    """Objects that are judged by the same policies for the same reason."""

    resources: frozenset[Resource]
    policies: tuple[int, ...] | None = None
    """The primary keys of ``PolicyState``; None for every policy that judges."""
    namespaces: tuple[str, ...] | None = None
    after: int | None = None
    """Only objects that changed after this revision."""
    upto: int | None = None
    """Only objects that have not changed since this revision."""

    def rows(self, cluster_id: int) -> QuerySet[KubeObject]:
        """The objects, by primary key."""
        rows = KubeObject.objects.filter(stored_under(self.resources), cluster=cluster_id)
        if self.namespaces is not None:
            rows = rows.filter(namespace__in=self.namespaces)
        if self.after is not None:
            rows = rows.filter(revision__gt=self.after)
        if self.upto is not None:
            rows = rows.filter(revision__lte=self.upto)
        return rows.order_by("pk")

    def tasks(self, cluster: Cluster) -> Iterator[Task]:
        """The same in pieces."""
        if not self.resources:
            return
        shared: Task = {"resources": sorted(map(list, self.resources))}
        for name in ("policies", "namespaces", "after", "upto"):
            value = getattr(self, name)
            if value is not None:
                shared[name] = list(value) if isinstance(value, tuple) else value
        for keys in in_pieces(self.rows(cluster.pk).values_list("pk", flat=True), CHUNK):
            yield shared | {"from": keys[0], "to": keys[-1], "count": len(keys)}


def extent_of(task: Task) -> Extent:
    """What a task covers, its range of primary keys aside."""
    policies, namespaces = task.get("policies"), task.get("namespaces")
    return Extent(
        resources=frozenset((group, plural) for group, plural in task["resources"]),
        policies=None if policies is None else tuple(policies),
        namespaces=None if namespaces is None else tuple(namespaces),
        after=task.get("after"),
        upto=task.get("upto"),
    )


def everything(
    cluster: Cluster, deciding: Deciding, policies: Sequence[PolicyState]
) -> list[Extent]:
    """All that a full scan judges."""
    wanted = deciding.resources(cluster, deciding.judges)
    seen = _seen(cluster, Component.objects.filter(cluster=cluster))
    return [Extent(frozenset(wanted | seen))] if policies or seen else []


@dataclass(slots=True)
class Changes:
    """What has changed in a cluster since its last finished scan, as far as it concerns audits."""

    cluster: Cluster
    deciding: Deciding
    audit: ClusterAudit
    served: Kinds = field(init=False)
    log: list[dict[str, Any]] = field(init=False)
    """The changes of namespaces: type, name, object, and the object before."""

    def __post_init__(self) -> None:
        self.served = kinds.kinds_of(self.cluster)
        changes = KubeChange.objects.filter(
            cluster=self.cluster, revision__gt=self.audit.revision, group="", plural="namespaces"
        )
        self.log = [dict(one) for one in changes.values("type", "name", "body", "before")]

    @staticmethod
    def are_known(audit: ClusterAudit, state: ClusterState) -> bool:
        """Whether the log of changes reaches back to the last finished scan."""
        return state.compacted <= audit.revision

    def extents(self, policies: Sequence[PolicyState]) -> Iterator[Extent]:
        """What must be judged; ``policies`` are all that judge something."""
        every = frozenset(self.deciding.resources(self.cluster, self.deciding.judges))
        since = self.audit.revision
        yield Extent(every, after=since)
        moved = self._new_or_gone_namespaces()
        if moved:
            yield Extent(every, namespaces=moved, upto=since)
        anew = self._anew(policies)
        if anew:
            resources = self._resources(anew) | self._seen_by(anew)
            yield Extent(frozenset(resources), tuple(row.pk for row in anew), upto=since)
        labelled = [row for row in policies if row not in anew and self._selects_namespaces(row)]
        names = self._relabelled_namespaces() if labelled else ()
        if names:
            keys = tuple(row.pk for row in labelled)
            yield Extent(frozenset(self._resources(labelled)), keys, names, upto=since)

    def _anew(self, policies: Sequence[PolicyState]) -> list[PolicyState]:
        """The policies that have to judge everything: new, changed, or looking at what changed."""
        changed = [row for row in policies if row.brings != row.judged]
        looking = [
            row
            for row in policies
            if row.brings == row.judged and self._judge(row).template.uses_inventory
        ]
        synced = self._changed_synced_kinds() if looking else set()
        return changed + [
            row
            for row in looking
            if synced and ((names := self._judge(row).inventory_kinds) is None or names & synced)
        ]

    def _changed_synced_kinds(self) -> set[str]:
        """The kinds of synced objects of which one came, changed or went."""
        resources = {}
        for gvk in self.deciding.installed.synced:
            kind = self.served.of(gvk.api_version, gvk.kind)
            if kind is not None:
                resources[kind.group, kind.plural] = kind.kind
        changes = KubeChange.objects.filter(
            stored_under(resources), cluster=self.cluster, revision__gt=self.audit.revision
        )
        found = changes.order_by().values_list("group", "plural").distinct()
        return {resources[group, plural] for group, plural in found}

    def _new_or_gone_namespaces(self) -> tuple[str, ...]:
        """The namespaces that came or went: what is in them can, or cannot, be judged now."""
        return tuple(sorted({one["name"] for one in self.log if one["type"] != "MODIFIED"}))

    def _relabelled_namespaces(self) -> tuple[str, ...]:
        """The namespaces of which something else is told to those who look at it."""
        told = ("labels", "annotations")
        names = set()
        for one in self.log:
            before = (one["before"] or {}).get("metadata") or {}
            after = (one["body"] or {}).get("metadata") or {}
            if any((before.get(name) or {}) != (after.get(name) or {}) for name in told):
                names.add(one["name"])
        return tuple(sorted(names))

    def _selects_namespaces(self, row: PolicyState) -> bool:
        # Mutators that select namespaces may change what objects would make.
        changing = self.deciding.expands() and bool(self.deciding.installed.mutators.all)
        return changing or self._judge(row).looks_at_namespaces

    def _judge(self, row: PolicyState) -> Judge:
        return self.deciding.judges[row.constraint_kind, row.constraint_name]

    def _resources(self, rows: Iterable[PolicyState]) -> set[Resource]:
        names = {(row.constraint_kind, row.constraint_name) for row in rows}
        return self.deciding.resources(self.cluster, names)

    def _seen_by(self, rows: Iterable[PolicyState]) -> set[Resource]:
        """Where a changed policy has judged before: it may look elsewhere now."""
        before = [row.pk for row in rows if row.judged]
        if not before:
            return set()
        sets = AppliedSet.objects.filter(cluster=self.cluster, policies__in=before)
        keys = list(sets.values_list("pk", flat=True).distinct())
        return _seen(self.cluster, Component.objects.filter(applied__in=keys))


def _seen(cluster: Cluster, components: QuerySet[Component]) -> set[Resource]:
    served = kinds.kinds_of(cluster)
    found = set()
    for group, version, kind in (
        components.order_by().values_list("group", "version", "kind").distinct()
    ):
        known = served.of(f"{group}/{version}" if group else version, kind)
        if known is not None:
            found.add((known.group, known.plural))
    return found


def policies_of(rows: Collection[PolicyState], task: Task) -> list[PolicyState]:
    """Of the policies that judge, those that a task is about."""
    wanted = task.get("policies")
    return [row for row in rows if wanted is None or row.pk in wanted]
