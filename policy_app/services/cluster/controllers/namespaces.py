"""Namespaces: what is in every one from its beginning, and how one goes with all that is in it.

A namespace that was deleted stays for a moment with its contents; then they are deleted, and it
goes as soon as no finalizer keeps one of them.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from policy_app.apimachinery.objects import (
    Object,
    finalizers_of,
    is_going,
    timestamp,
)
from policy_app.models import KubeChange, KubeObject
from policy_app.services.cluster import bootstrap, changes, noting
from policy_app.services.cluster.caller import Caller
from policy_app.services.cluster.controllers import making
from policy_app.services.cluster.store import Writer

_CONTROLLER = Caller.controller("namespace-controller")
_AGAIN_AFTER = timedelta(seconds=1)
_ALWAYS_THERE = {
    ("", "serviceaccounts"): bootstrap.ACCOUNT,
    ("", "configmaps"): bootstrap.AUTHORITY,
}
# Type, status, reason and message, as the namespace controller words them.
_NO_FAILURES = (
    (
        "NamespaceDeletionDiscoveryFailure",
        False,
        "ResourcesDiscovered",
        "All resources successfully discovered",
    ),
    (
        "NamespaceDeletionGroupVersionParsingFailure",
        False,
        "ParsedGroupVersions",
        "All legacy kube types successfully parsed",
    ),
    (
        "NamespaceDeletionContentFailure",
        False,
        "ContentDeleted",
        "All content successfully deleted, may be waiting on finalization",
    ),
)


def look(writer: Writer, change: KubeChange) -> None:
    """A namespace came: it gets what every one has."""
    if change.type == KubeChange.Type.ADDED:
        writer.soon(furnish, change.name)


def content_changed(writer: Writer, change: KubeChange) -> None:
    """What every namespace has comes again where somebody deletes it."""
    named = _ALWAYS_THERE.get((change.group, change.plural))
    if change.type == KubeChange.Type.DELETED and change.name == named:
        writer.soon(furnish, change.namespace)


def furnish(writer: Writer, names: list[str]) -> None:
    """Put the default ServiceAccount and the cluster's root certificate into namespaces."""
    kind = making.kind_of(writer, "v1", "Namespace")
    for name in names:
        row = writer.find(kind, "", name)
        if row is None or is_going(row.body):
            continue
        for thing in bootstrap.contents(name):
            found = making.kind_of(writer, thing["apiVersion"], thing["kind"])
            if writer.find(found, name, thing["metadata"]["name"]) is None:
                noting.add(writer, found, thing)


def empty(writer: Writer, uids: list[str]) -> None:
    """Delete what is in namespaces that go; what finalizers keep is asked for again later."""
    found = KubeObject.objects.filter(cluster=writer.cluster, uid__in=uids, plural="namespaces")
    for row in found:
        if is_going(row.body):
            _empty(writer, row)


def _empty(writer: Writer, row: KubeObject) -> None:
    inside = KubeObject.objects.filter(cluster=writer.cluster, namespace=row.name)
    there = [one for one in inside.order_by("pk") if not is_going(one.body)]
    changes.delete_all(writer, there, _CONTROLLER)
    left = list(inside)
    if left:
        status = {"phase": "Terminating", "conditions": _conditions(writer, row, left)}
        making.set_status(writer, row, status)
        writer.wake_at(row, writer.now + _AGAIN_AFTER)
        return
    if finalizers_of(row.body):
        writer.change(row, {**row.body, "spec": {}})
        return
    writer.remove(row)


def _conditions(writer: Writer, row: KubeObject, left: list[KubeObject]) -> list[Object]:
    """What a namespace tells about what is left in it, in the namespace controller's words."""
    resources = Counter(f"{one.plural}.{one.group}" for one in left)
    finalizers = Counter(name for one in left for name in finalizers_of(one.body))
    remaining = ", ".join(
        f"{name} has {count} resource instances" for name, count in sorted(resources.items())
    )
    waiting = ", ".join(
        f"{name} in {count} resource instances" for name, count in sorted(finalizers.items())
    )
    told = [
        *_NO_FAILURES,
        (
            "NamespaceContentRemaining",
            True,
            "SomeResourcesRemain",
            f"Some resources are remaining: {remaining}",
        ),
        (
            "NamespaceFinalizersRemaining",
            bool(finalizers),
            "SomeFinalizersRemain",
            f"Some content in the namespace has finalizers remaining: {waiting}",
        ),
    ]
    at = timestamp(writer.now)
    return [making.condition(row.body, *one, at) for one in told]
