"""DaemonSets: one Pod on each node that the template's node selector takes."""

from __future__ import annotations

from typing import Any

from policy_app.apimachinery.objects import Object, metadata_of, timestamp
from policy_app.models import KubeChange, KubeObject
from policy_app.services.cluster.controllers import availability, looking, making, templates
from policy_app.services.cluster.store import Writer, rows

_CONTROLLER = "daemonset-controller"
_HASH = "controller-revision-hash"


def node_changed(writer: Writer, change: KubeChange) -> None:
    """A node came, went or has other labels: each DaemonSet looks where its Pods belong."""
    before = metadata_of(change.before or {}).get("labels")
    if change.before is not None and before == metadata_of(change.object).get("labels"):
        return
    sets = KubeObject.objects.filter(cluster=writer.cluster, group="apps", plural="daemonsets")
    for uid in sets.values_list("uid", flat=True):
        writer.soon(keep, uid)


def keep(writer: Writer, uids: list[str]) -> None:
    """Replace Pods of another template, add those that nodes are without, and report."""
    for row in looking.staying(writer, uids):
        _keep(writer, row)


def _keep(writer: Writer, row: KubeObject) -> None:
    body: Object = row.body
    template = dict((body.get("spec") or {}).get("template") or {})
    mark, kind = templates.template_hash(template), making.kind_of(writer, "v1", "Pod")
    nodes, pods = _nodes(writer, template), making.controlled(writer, row, "pods")
    failed = making.failure(body)
    refusal = str(failed["message"]) if failed is not None else ""
    if not making.waits(row):
        making.delete(writer, _misplaced(pods, nodes), _CONTROLLER, body)
        placed = {_node(one) for one in pods}
        things = [_pod(body, template, mark, node, kind) for node in nodes if node not in placed]
        refusal = making.create_all(writer, kind, things, body, _CONTROLLER) if things else ""
        for one in [] if refusal else _stale(body, pods, nodes, mark):
            # One node after the other: where a new Pod is refused, the other nodes keep theirs.
            making.delete(writer, [one], _CONTROLLER, body)
            fresh = _pod(body, template, mark, _node(one), kind)
            refusal = making.create(writer, kind, fresh, body, _CONTROLLER)
            if refusal:
                break
        pods = making.controlled(writer, row, "pods")
    _report(writer, row, pods, nodes, mark, refusal)


def _misplaced(pods: list[KubeObject], nodes: list[str]) -> list[KubeObject]:
    return [one for one in pods if _node(one) not in nodes]


def _stale(body: Object, pods: list[KubeObject], nodes: list[str], mark: str) -> list[KubeObject]:
    """The Pods of another template; with ``OnDelete`` they stay until somebody deletes them."""
    strategy = (body.get("spec") or {}).get("updateStrategy") or {}
    if strategy.get("type") == "OnDelete":
        return []
    return [one for one in pods if _mark(one) != mark and _node(one) in nodes]


def _pod(body: Object, template: Object, mark: str, node: str, kind: Any) -> Object:
    marked = templates.with_labels(template, {_HASH: mark, "pod-template-generation": "1"})
    spec = {**(template.get("spec") or {}), "nodeName": node}
    return making.from_template({**marked, "spec": spec}, body, kind)


def _node(pod: KubeObject) -> str:
    return str((pod.body.get("spec") or {}).get("nodeName") or "")


def _mark(pod: KubeObject) -> Any:
    return (metadata_of(pod.body).get("labels") or {}).get(_HASH)


def _nodes(writer: Writer, template: Object) -> list[str]:
    wanted = ((template.get("spec") or {}).get("nodeSelector") or {}).items()
    found = rows(writer.cluster, making.kind_of(writer, "v1", "Node")).order_by("name")
    return [
        one.name for one in found if wanted <= (metadata_of(one.body).get("labels") or {}).items()
    ]


def _report(
    writer: Writer,
    row: KubeObject,
    pods: list[KubeObject],
    nodes: list[str],
    mark: str,
    refusal: str,
) -> None:
    desired, here = len(nodes), [one for one in pods if _node(one) in nodes]
    ready = [one for one in here if making.is_ready(one.body)]
    available, next_at = availability.count(row.body, ready, writer.now)
    status = {
        "currentNumberScheduled": len({_node(one) for one in here}),
        "desiredNumberScheduled": desired,
        "numberAvailable": available or None,
        "numberMisscheduled": len(pods) - len(here),
        "numberReady": len(ready),
        "numberUnavailable": max(desired - available, 0) or None,
        "observedGeneration": metadata_of(row.body).get("generation"),
        "updatedNumberScheduled": sum(1 for one in here if _mark(one) == mark) or None,
        "conditions": making.failed_conditions(row.body, refusal, timestamp(writer.now)),
    }
    making.report(writer, row, status, refusal, next_at)
