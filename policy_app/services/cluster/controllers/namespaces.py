"""A namespace that was deleted: after a moment all that is in it goes, then it goes itself."""

from __future__ import annotations

from datetime import timedelta

from policy_app.apimachinery.objects import is_going
from policy_app.models import KubeObject
from policy_app.services.cluster import changes
from policy_app.services.cluster.caller import Caller, DeleteOptions
from policy_app.services.cluster.store import Writer

_CONTROLLER = Caller.controller("namespace-controller")
_AGAIN_AFTER = timedelta(seconds=1)


def time_came(writer: Writer, row: KubeObject) -> None:
    """Empty the namespace; what finalizers keep is asked for again a little later."""
    if not is_going(row.body):
        return
    inside = KubeObject.objects.filter(cluster=writer.cluster, namespace=row.name)
    for thing in inside.order_by("pk"):
        kind = changes.kind_of(writer, thing)
        if kind is not None and KubeObject.objects.filter(pk=thing.pk).exists():
            changes.delete_row(writer, kind, thing, _CONTROLLER, DeleteOptions())
    if inside.exists():
        writer.wake_at(row, writer.now + _AGAIN_AFTER)
        return
    writer.remove(row)
