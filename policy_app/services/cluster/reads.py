"""Read a cluster's objects: one, or a list that selectors narrow and pages cut."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from policy_app.apimachinery import errors, versions
from policy_app.apimachinery.kinds import Kind
from policy_app.apimachinery.objects import Object
from policy_app.apimachinery.selectors import Selection
from policy_app.models import Cluster, KubeObject
from policy_app.services.cluster import store

_READ_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Page:
    """A list, or one page of it."""

    objects: list[Object]
    revision: int
    """The ``resourceVersion`` to watch from."""
    token: str = ""
    """What ``continue`` asks for the next page with; empty on the last one."""
    remaining: int | None = None
    """How many follow, where that is known."""


def get(cluster: Cluster, kind: Kind, namespace: str, name: str) -> Object:
    """One object, in the version asked for.  Raises ``ApiError`` 404."""
    row = store.rows(cluster, kind).filter(namespace=namespace, name=name).first()
    if row is None:
        raise errors.not_found(kind, name)
    return versions.to(kind, row.body)


def page(
    cluster: Cluster,
    kind: Kind,
    namespace: str = "",
    selection: Selection = Selection(),  # noqa: B008 - it is frozen
    *,
    limit: int = 0,
    token: str = "",
) -> Page:
    """The objects that are selected, by namespace and name; at most ``limit`` of them, 0 for all.

    Raises ``ApiError`` 400 for a token that this server did not give.
    """
    # The revision is read first: what changes meanwhile is seen twice, and never missed.
    revision, after = _continued(token) if token else (store.revision_of(cluster), None)
    found = store.rows(cluster, kind, namespace)
    name = selection.exact("metadata.name")
    if name is not None:
        found = found.filter(name=name)
    if after is not None:
        found = found.filter(Q(namespace__gt=after[0]) | Q(namespace=after[0], name__gt=after[1]))
    taken: list[KubeObject] = []
    for row in _in_pieces(found):
        if not selection.takes(row.body):
            continue
        if limit and len(taken) == limit:
            return _cut(kind, taken, revision, found, selection)
        taken.append(row)
    return Page([versions.to(kind, row.body) for row in taken], revision)


def _cut(
    kind: Kind,
    taken: list[KubeObject],
    revision: int,
    found: QuerySet[KubeObject],
    selection: Selection,
) -> Page:
    last = taken[-1]
    token = json.dumps([revision, last.namespace, last.name]).encode()
    # Counted where no selector has to look into every object, as etcd does.
    remaining = None if selection.narrows else found.count() - len(taken)
    objects = [versions.to(kind, row.body) for row in taken]
    return Page(objects, revision, base64.urlsafe_b64encode(token).decode(), remaining)


def _in_pieces(found: QuerySet[KubeObject]) -> Iterator[KubeObject]:
    yield from found.order_by("namespace", "name").iterator(chunk_size=_READ_AT_ONCE)


def _continued(token: str) -> tuple[int, tuple[str, str]]:
    try:
        revision, namespace, name = json.loads(base64.urlsafe_b64decode(token.encode()))
        return int(revision), (str(namespace), str(name))
    except (binascii.Error, ValueError, TypeError):
        raise errors.bad_request(
            "continue key is not valid: it was not given by this server"
        ) from None
