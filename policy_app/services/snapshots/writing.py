"""What is staged, put into the cluster: what differs, in one transaction, and nothing else.

What both have and say alike keeps its revision, so that an audit of what changed passes over it.
The comparison is made before the cluster is locked, and again where somebody wrote meanwhile.
What the portal's own add-on has in the cluster is neither compared nor touched.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from policy_app.apimachinery.objects import Object, metadata_of, uid_of
from policy_app.models import Cluster, KubeObject
from policy_app.services.cluster import kinds, store
from policy_app.services.cluster.store import POLICY_DOMAIN, Writer
from policy_app.services.snapshots.kinds import CRDS, of_definition
from policy_app.services.snapshots.source import Progress
from policy_app.services.snapshots.staging import Resource, Stage, without_uid

_AT_ONCE = 500
_SAID_LATER = ("uid", "creationTimestamp")


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of the objects of a mirror."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0

    @property
    def objects(self) -> int:
        """How many there are now."""
        return self.added + self.changed + self.unchanged

    def to_object(self) -> dict[str, int]:
        """As it is kept with the cluster, and printed as JSON."""
        return {
            "objects": self.objects,
            "added": self.added,
            "changed": self.changed,
            "removed": self.removed,
            "unchanged": self.unchanged,
        }


def of_snapshots(cluster: Cluster) -> QuerySet[KubeObject]:
    """The objects that snapshots bring: all but Gatekeeper's, which are the add-on's."""
    defined = Q(group=CRDS[0], plural=CRDS[1], name__endswith=POLICY_DOMAIN)
    return KubeObject.objects.filter(cluster=cluster).exclude(
        Q(group__endswith=POLICY_DOMAIN) | defined
    )


def compare(cluster: Cluster, stage: Stage, unseen: frozenset[Resource], progress: Progress) -> int:
    """Find what differs, and return the cluster's revision of which that holds.

    ``unseen`` are resources that could not be listed: nobody knows that any of them is gone.
    """
    revision = store.revision_of(cluster)
    stage.compare(_there(cluster, stage, unseen))
    total, done = stage.count_of("all"), 0
    for pairs in stage.pairs():
        stage.mark([key for key, same in _compared(pairs) if not same])
        done += len(pairs)
        progress("comparing", done, total, "objects")
    return revision


def write(writer: Writer, stage: Stage, progress: Progress) -> Counts:
    """Put what differs into the cluster, inside of an open transaction."""
    gone = stage.gone()
    counts = Counts(
        stage.count_of("new"), stage.count_of("differing"), len(gone), stage.count_of("same")
    )
    total, done = counts.added + counts.changed + counts.removed, 0
    writer.mirroring, writer.unlogged = True, total > store.CHANGES_KEPT
    for step in (_remove(writer, gone), _change(writer, stage), _add(writer, stage)):
        for number in step:
            done += number
            progress("writing", done, total, "objects")
    return counts


def _there(
    cluster: Cluster, stage: Stage, unseen: frozenset[Resource]
) -> Iterator[tuple[Any, ...]]:
    staged = stage.counts()
    rows = of_snapshots(cluster).order_by("pk")
    keys = rows.values_list("pk", "group", "plural", "namespace", "name", "uid")
    for row in keys.iterator(chunk_size=2_000):
        resource = (row[1], row[2])
        if resource not in unseen or resource in staged:
            yield row


def _compared(pairs: dict[int, tuple[int, Object]]) -> Iterator[tuple[int, bool]]:
    """Each staged object's id, and whether the cluster's says the same."""
    rows = KubeObject.objects.filter(pk__in=pairs).annotate(text=Cast("body", TextField()))
    for pk, revision, text in rows.values_list("pk", "revision", "text"):
        key, thing = pairs[pk]
        yield key, _says(text, thing, revision)


def _says(text: str, thing: Object, revision: int) -> bool:
    """Whether a stored text is what an object would be stored as; in another order, too."""
    told = metadata_of(thing)
    whole = all(field in told for field in _SAID_LATER)
    if whole and json.dumps(_at(thing, revision), separators=(",", ":")) == text:
        return True
    stored: Object = json.loads(text)
    return bool(_at(_identified(thing, stored), revision) == stored)


def _at(thing: Object, revision: int) -> Object:
    return {**thing, "metadata": {**thing["metadata"], "resourceVersion": str(revision)}}


def _identified(thing: Object, stored: Object) -> Object:
    """An object that came without a uid and a time, with those that it was given."""
    given = metadata_of(stored)
    fields = [field for field in _SAID_LATER if field in given]
    known = {field: given[field] for field in fields if field not in metadata_of(thing)}
    return {**thing, "metadata": {**thing["metadata"], **known}}


def _remove(writer: Writer, gone: list[int]) -> Iterator[int]:
    for start in range(0, len(gone), _AT_ONCE):
        found = list(KubeObject.objects.filter(pk__in=gone[start : start + _AT_ONCE]))
        writer.remove_all(found)
        yield len(found)


def _change(writer: Writer, stage: Stage) -> Iterator[int]:
    for pairs in stage.pairs(differing=True):
        rows = KubeObject.objects.filter(pk__in=pairs).order_by("pk")
        wanted = [(row, _identified(pairs[row.pk][1], row.body)) for row in rows]
        writer.change_all(wanted)
        yield len(wanted)


def _add(writer: Writer, stage: Stage) -> Iterator[int]:
    builtin = kinds.builtins_of(writer.cluster)
    custom = {
        (kind.group, kind.plural): kind
        for definition in stage.bodies(CRDS)
        for kind in of_definition(definition)
        if kind.stored
    }
    for resource, things in stage.new():
        kind = builtin.stored_as(*resource) or custom.get(resource)
        if kind is not None:
            writer.add_all(kind, _unlike(writer.cluster, things))
            yield len(things)


def _unlike(cluster: Cluster, things: Iterable[Object]) -> list[Object]:
    """New objects, without a uid that something else in the cluster has."""
    made = list(things)
    uids = {uid_of(one) for one in made} - {""}
    found = KubeObject.objects.filter(cluster=cluster, uid__in=uids)
    taken = set(found.values_list("uid", flat=True))
    if not taken:
        return made
    return [without_uid(one) if uid_of(one) in taken else one for one in made]
