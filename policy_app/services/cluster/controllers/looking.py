"""How controllers are told of changes: each asks for the objects that it has to look at again.

Asking writes nothing.  What is asked for is done once a round, however many changes asked for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from policy_app.apimachinery.objects import controller_of, is_going, uid_of
from policy_app.models import KubeChange, KubeObject
from policy_app.services.cluster.store import Act, Writer

Look = Callable[[Writer, KubeChange], None]


def itself(act: Act) -> Look:
    """Look at the object that was changed."""

    def look(writer: Writer, change: KubeChange) -> None:
        if change.type != KubeChange.Type.DELETED:
            writer.soon(act, uid_of(change.object))

    return look


def controller(kind: str, act: Act) -> Look:
    """Look at the object that controls the changed one, or did until then."""

    def look(writer: Writer, change: KubeChange) -> None:
        for body in (change.before, change.body):
            uid = controller_uid(body or {}, kind)
            if uid:
                writer.soon(act, uid)

    return look


def namespace(act: Act) -> Look:
    """Look at the namespace in which something was changed."""

    def look(writer: Writer, change: KubeChange) -> None:
        writer.soon(act, change.namespace)

    return look


def controller_uid(thing: Mapping[str, Any], kind: str) -> str:
    """The uid of the object of a kind that controls another one; empty where there is none."""
    owner = controller_of(thing) or {}
    return str(owner.get("uid") or "") if owner.get("kind") == kind else ""


def staying(writer: Writer, uids: list[str]) -> Iterator[KubeObject]:
    """The stored objects of these uids that are not going, the oldest first."""
    found = KubeObject.objects.filter(cluster=writer.cluster, uid__in=uids).order_by("pk")
    return (row for row in found if not is_going(row.body))
