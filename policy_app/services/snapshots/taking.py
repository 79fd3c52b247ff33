"""Take a snapshot: read a source to its end, then bring the cluster up to date with it at once."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from policy_app import wall_clock
from policy_app.apimachinery import builtin
from policy_app.apimachinery.schemas import Schemas
from policy_app.models import Cluster
from policy_app.services import activity, authorization
from policy_app.services.authorization import Actor, actions
from policy_app.services.cluster import addon, controllers
from policy_app.services.cluster.store import writing
from policy_app.services.errors import PolicyError
from policy_app.services.snapshots import places
from policy_app.services.snapshots import writing as written
from policy_app.services.snapshots.gathering import Gatherer
from policy_app.services.snapshots.normal import Rules
from policy_app.services.snapshots.notes import Left, Notes
from policy_app.services.snapshots.places import Place
from policy_app.services.snapshots.source import Progress, Source, silent
from policy_app.services.snapshots.staging import Resource, Stage
from policy_app.services.snapshots.writing import Counts


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a snapshot is to be taken."""

    namespace: str = "default"
    """Where objects are that name no namespace."""
    replace: bool = False
    """Whether it may take the place of what people wrote to a simulated cluster."""
    again: str = ""
    """The command that brings the mirror up to date, to be shown with it."""
    by: Actor = None
    """Who wants it; None is the portal's own operator."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What a snapshot did."""

    cluster: Cluster
    title: str
    """What it was taken of."""
    at: datetime
    counts: Counts
    resources: int
    """How many kinds of objects there are."""
    left: Sequence[Left]

    def to_object(self) -> dict[str, Any]:
        """As it is printed as JSON."""
        return {
            "cluster": self.cluster.scope.arm_id,
            "mirroredFrom": self.title,
            "mirroredAt": self.at.isoformat(timespec="seconds"),
            "resources": self.resources,
            **self.counts.to_object(),
            "leftOut": [one.to_object() for one in self.left],
        }


def take(
    place: Place, source: Source, wanted: Wanted = Wanted(), progress: Progress = silent
) -> Taken:
    """Make a cluster what its source is now; where that fails, it stays as it was.

    Raises ``PolicyError`` where the source cannot be read, where it holds nothing, 403 for who may
    not change the cluster, and 409 where people have written to it.
    """
    _require(place, wanted)
    began_at = wall_clock.now()
    version = source.version() or (place.cluster or Cluster()).kubernetes_version
    minor = ".".join(version.split(".")[:2])
    left = Notes()
    with _kept_beside() as stage:
        rules = Rules(Schemas.of_version(minor), wanted.namespace)
        gatherer = Gatherer(stage, left, builtin.kinds(minor), rules)
        unseen = source.read(gatherer, progress)
        gatherer.finish()
        if not stage.count_of("all"):
            raise PolicyError("SnapshotEmpty", _nothing(source, left), target="source")
        made = _Mirror(source.title, version, began_at, left, wanted.again)
        with place.ready() as cluster:
            counts = _write(cluster, stage, unseen, progress, made)
            _record(cluster, made, counts, wanted.by)
        resources = len(stage.counts())
    progress("installing policies", 0, 0, "")
    addon.sync(cluster)
    return Taken(cluster, source.title, began_at, counts, resources, left.told())


def _require(place: Place, wanted: Wanted) -> None:
    scope = place.cluster.scope if place.cluster is not None else place.group
    type_ = place.cluster.resource_type if place.cluster is not None else place.resource_type
    authorization.require(wanted.by, actions.change_cluster(type_), scope)
    if place.cluster is not None and not wanted.replace:
        places.require_free(place.cluster)


@contextmanager
def _kept_beside() -> Iterator[Stage]:
    """The stage, whose file may find no room.  Raises ``PolicyError``."""
    try:
        with Stage() as stage:
            yield stage
    except sqlite3.Error as error:
        message = (
            f"What was read cannot be kept until it is written: {error}. Nothing was changed."
            " Make room in the folder for temporary files, or name another one in SQLITE_TMPDIR."
        )
        raise PolicyError("NoRoom", message) from None


@dataclass(frozen=True, slots=True)
class _Mirror:
    """What a cluster is once it has taken a snapshot."""

    title: str
    version: str
    at: datetime
    left: Notes
    again: str


def _write(
    cluster: Cluster, stage: Stage, unseen: frozenset[Resource], progress: Progress, made: _Mirror
) -> Counts:
    controllers.settle(cluster)
    revision = written.compare(cluster, stage, unseen, progress)
    with writing(cluster) as writer:
        if writer.state.revision != revision:
            # Somebody wrote since; what they wrote is compared as well.
            written.compare(cluster, stage, unseen, progress)
        was_settled = writer.state.settled == writer.state.revision
        counts = written.write(writer, stage, progress)
        writer.state.filled = True
        if was_settled:
            # No controller has anything to do with what a snapshot brings.
            writer.state.settled = writer.state.revision
        _become_mirror(cluster, made, counts)
    return counts


def _become_mirror(cluster: Cluster, made: _Mirror, counts: Counts) -> None:
    cluster.source = Cluster.Source.MIRROR
    cluster.kubernetes_version = made.version[:20]
    cluster.mirrored_from = made.title[:1000]
    cluster.mirrored_at = made.at
    cluster.mirror_notes = {
        "again": made.again,
        "counts": counts.to_object(),
        "left_out": made.left.to_list(),
    }
    names = ("source", "kubernetes_version", "mirrored_from", "mirrored_at", "mirror_notes")
    cluster.save(update_fields=names)


def _record(cluster: Cluster, made: _Mirror, counts: Counts, by: Actor) -> None:
    action = actions.change_cluster(cluster.resource_type)
    after = {"mirroredFrom": made.title, **counts.to_object()}
    activity.record(by, action, cluster.scope.arm_id, scope=cluster.scope, after=after)


def _nothing(source: Source, left: Notes) -> str:
    first = next((one.examples[0] for one in left.told() if one.examples), "")
    because = f" The first thing that was left out: {first}" if first else ""
    return f"{source.title} holds nothing that a cluster could hold; nothing was changed.{because}"
