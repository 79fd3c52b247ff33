"""What was refused is tried again as soon as policies change, and need not wait for its time."""

from __future__ import annotations

from policy_app.models import KubeChange, KubeObject
from policy_app.services.cluster.controllers import (
    cronjobs,
    daemonsets,
    jobs,
    making,
    replicasets,
    statefulsets,
)
from policy_app.services.cluster.store import Act, Writer, says_the_same

KEEPERS: dict[tuple[str, str], Act] = {
    ("", "replicationcontrollers"): replicasets.keep,
    ("apps", "replicasets"): replicasets.keep,
    ("apps", "daemonsets"): daemonsets.keep,
    ("apps", "statefulsets"): statefulsets.keep,
    ("batch", "jobs"): jobs.keep,
    ("batch", "cronjobs"): cronjobs.keep,
}


def changed(writer: Writer, change: KubeChange) -> None:
    """One of Gatekeeper's objects says something else, or is gone."""
    if change.before is None or not says_the_same(change.before, change.object):
        writer.soon(try_again, "")


def try_again(writer: Writer, _: list[str]) -> None:
    """Have every object whose Pods were refused make them now."""
    waiting = KubeObject.objects.filter(cluster=writer.cluster, due_at__isnull=False)
    for row in waiting.filter(plural__in={plural for _, plural in KEEPERS}):
        act = KEEPERS.get((row.group, row.plural))
        if act is not None and making.failure(row.body) is not None:
            writer.wake_at(row, None)
            writer.soon(act, row.uid)
