"""ReplicaSets: as many Pods as are wanted.  ReplicationControllers are kept alike.

Where Pods are refused, the set says why and tries again later, as Kubernetes does.
"""

from __future__ import annotations

from policy_app.apimachinery.objects import Object, metadata_of, timestamp
from policy_app.models import KubeObject
from policy_app.services.cluster.controllers import availability, looking, making
from policy_app.services.cluster.store import Writer

_NAMES = {"ReplicaSet": "replicaset-controller", "ReplicationController": "replication-controller"}


def keep(writer: Writer, uids: list[str]) -> None:
    """Make the Pods that are missing, delete those that are too many, and report."""
    for row in looking.staying(writer, uids):
        _keep(writer, row)


def _keep(writer: Writer, row: KubeObject) -> None:
    body: Object = row.body
    wanted = min(making.replicas_of(body), making.MOST_PODS)
    pods = _active(writer, row)
    kind, controller = making.kind_of(writer, "v1", "Pod"), _NAMES[str(body["kind"])]
    failed = making.failure(body)
    refusal = str(failed["message"]) if failed is not None and len(pods) < wanted else ""
    if len(pods) > wanted:
        making.delete(writer, _last(pods, len(pods) - wanted), controller, body)
    elif len(pods) < wanted and not making.waits(row):
        template = (body.get("spec") or {}).get("template") or {}
        missing = wanted - len(pods)
        things = [making.from_template(template, body, kind) for _ in range(missing)]
        refusal = making.create_all(writer, kind, things, body, controller)
    if len(pods) != wanted:
        pods = _active(writer, row)
    _report(writer, row, pods, refusal)


def _active(writer: Writer, row: KubeObject) -> list[KubeObject]:
    over = ("Succeeded", "Failed")
    pods = making.controlled(writer, row, "pods")
    return [one for one in pods if (one.body.get("status") or {}).get("phase") not in over]


def _last(pods: list[KubeObject], count: int) -> list[KubeObject]:
    """Those that go first: what is not ready yet, then what came last."""
    ordered = sorted(pods, key=lambda one: (making.is_ready(one.body), -one.pk))
    return ordered[:count]


def _report(writer: Writer, row: KubeObject, pods: list[KubeObject], refusal: str) -> None:
    ready = [one for one in pods if making.is_ready(one.body)]
    available, next_at = availability.count(row.body, ready, writer.now)
    status = {
        "replicas": len(pods),
        "fullyLabeledReplicas": len(pods) or None,
        "readyReplicas": len(ready) or None,
        "availableReplicas": available or None,
        "observedGeneration": metadata_of(row.body).get("generation"),
        "conditions": making.failed_conditions(row.body, refusal, timestamp(writer.now)),
    }
    making.report(writer, row, status, refusal, next_at)
