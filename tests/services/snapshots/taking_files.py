"""Snapshots of files, as tests take them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from policy_app.models import KubeObject
from policy_app.services.errors import NotFound
from policy_app.services.snapshots import files, places, taking
from policy_app.services.snapshots.taking import Taken, Wanted

Object = dict[str, Any]


def take(*paths: Path | str, cluster: str = "prod", **wanted: Any) -> Taken:
    """A snapshot of files into a cluster, which is made where it is not there."""
    return taking.take(place(cluster), files.of(map(str, paths)), Wanted(**wanted))


def place(cluster: str = "prod") -> places.Place:
    """The cluster, or one to be made."""
    try:
        return places.Place(places.find(cluster))
    except NotFound:
        return places.new(cluster)


def manifest(path: Path, *things: Object) -> Path:
    """A file with some objects, as people write them."""
    path.write_text(yaml.safe_dump_all(things))
    return path


def dump(path: Path, things: Iterable[Object], **options: Any) -> Path:
    """What ``kubectl get -A -o json`` writes of some objects."""
    whole = {"apiVersion": "v1", "items": list(things), "kind": "List", "metadata": {}}
    path.write_text(json.dumps(whole, indent=4, **options))
    return path


def served(thing: Object, uid: str, **metadata: Any) -> Object:
    """An object as an API server shows it."""
    own = {
        "uid": uid,
        "resourceVersion": "4711",
        "creationTimestamp": "2024-01-02T03:04:05Z",
        "managedFields": [{"manager": "kubectl", "operation": "Update"}],
    }
    return {**thing, "metadata": {**thing["metadata"], **own, **metadata}}


def held(cluster: str = "prod") -> dict[str, int]:
    """What a mirror has of its real cluster, with the revision of each: ``pods/shop/web``."""
    from policy_app.services.snapshots import writing

    rows = writing.of_snapshots(places.find(cluster))
    return {str(row): row.revision for row in rows}


def body(plural: str, name: str, cluster: str = "prod") -> Object:
    """One object of a mirror."""
    found: Object = KubeObject.objects.get(
        cluster=places.find(cluster), plural=plural, name=name
    ).body
    return found


def left(taken: Taken, reason: str) -> dict[str, list[str]]:
    """What was left out for a reason: the examples by resource."""
    return {one.what: one.examples for one in taken.left if one.reason == reason}
