"""StatefulSets: Pods with names that stay, numbered from their first ordinal, and their claims."""

from __future__ import annotations

from typing import Any

from policy_app.apimachinery.kinds import Kind
from policy_app.apimachinery.objects import (
    Object,
    metadata_of,
    name_of,
    namespace_of,
    timestamp,
)
from policy_app.models import KubeObject
from policy_app.services.cluster.controllers import availability, looking, making, templates
from policy_app.services.cluster.store import Writer

_CONTROLLER = "statefulset-controller"
_HASH = "controller-revision-hash"


def keep(writer: Writer, uids: list[str]) -> None:
    """Replace Pods of another template, add and remove Pods by their number, and report."""
    for row in looking.staying(writer, uids):
        _keep(writer, row)


def _keep(writer: Writer, row: KubeObject) -> None:
    body: Object = row.body
    revision, kind = _revision(body), making.kind_of(writer, "v1", "Pod")
    pods = {one.name: one for one in making.controlled(writer, row, "pods")}
    names, failed = _names(body), making.failure(body)
    refusal = str(failed["message"]) if failed is not None else ""
    if not making.waits(row):
        making.delete(writer, _surplus(pods, names), _CONTROLLER, body)
        missing = [name for name in names if name not in pods]
        refusal = _make(writer, body, missing, revision, kind)
        if not refusal:
            refusal = _replace(writer, body, _stale(body, pods, names, revision), revision, kind)
        pods = {one.name: one for one in making.controlled(writer, row, "pods")}
    _report(writer, row, list(pods.values()), revision, refusal)


def _names(body: Object) -> list[str]:
    first = int(((body.get("spec") or {}).get("ordinals") or {}).get("start", 0))
    count = min(making.replicas_of(body), making.MOST_PODS)
    return [f"{name_of(body)}-{number}" for number in range(first, first + count)]


def _surplus(pods: dict[str, KubeObject], names: list[str]) -> list[KubeObject]:
    return [one for name, one in pods.items() if name not in names]


def _stale(
    body: Object, pods: dict[str, KubeObject], names: list[str], revision: str
) -> list[KubeObject]:
    """The Pods that a new template replaces, the last first: not those below the partition."""
    strategy = (body.get("spec") or {}).get("updateStrategy") or {}
    if strategy.get("type") == "OnDelete":
        return []
    partition = int((strategy.get("rollingUpdate") or {}).get("partition") or 0)
    replaced = [name for name in names if int(name.rpartition("-")[2]) >= partition]
    found = (pods[name] for name in reversed(replaced) if name in pods)
    return [one for one in found if _mark(one) != revision]


def _replace(
    writer: Writer, body: Object, stale: list[KubeObject], revision: str, kind: Kind
) -> str:
    """One Pod after the other: where a new one is refused, the rest stay as they are."""
    for one in stale:
        making.delete(writer, [one], _CONTROLLER, body)
        refusal = _make(writer, body, [one.name], revision, kind)
        if refusal:
            return refusal
    return ""


def _make(writer: Writer, body: Object, names: list[str], revision: str, kind: Kind) -> str:
    """The Pods in the order of their numbers, up to the first that is refused."""
    if not names:
        return ""
    for name in names:
        _claim(writer, body, name)
    pods = [_pod(body, name, revision, kind) for name in names]
    return making.create_all(writer, kind, pods, body, _CONTROLLER)


def _pod(body: Object, name: str, revision: str, kind: Kind) -> Object:
    spec = body["spec"]
    labels = {
        _HASH: revision,
        "apps.kubernetes.io/pod-index": name.rpartition("-")[2],
        "statefulset.kubernetes.io/pod-name": name,
    }
    template = templates.with_labels(spec.get("template") or {}, labels)
    pod_spec = {**(template.get("spec") or {}), "hostname": name}
    if spec.get("serviceName"):
        pod_spec["subdomain"] = spec["serviceName"]
    volumes = [
        {"name": name_of(one), "persistentVolumeClaim": {"claimName": f"{name_of(one)}-{name}"}}
        for one in spec.get("volumeClaimTemplates") or []
    ]
    if volumes:
        pod_spec["volumes"] = [*(pod_spec.get("volumes") or []), *volumes]
    return making.from_template({**template, "spec": pod_spec}, body, kind, name)


def _claim(writer: Writer, body: Object, pod: str) -> None:
    """The Pod's own claims, made where they are not there yet; they outlive the Pod."""
    kind = making.kind_of(writer, "v1", "PersistentVolumeClaim")
    for template in body["spec"].get("volumeClaimTemplates") or []:
        name = f"{name_of(template)}-{pod}"
        if writer.find(kind, namespace_of(body), name) is None:
            claim = making.from_template(template, body, kind, name)
            claim["metadata"].pop("ownerReferences")
            making.create(writer, kind, claim, body, _CONTROLLER)


def _revision(body: Object) -> str:
    return f"{name_of(body)}-{templates.template_hash(body['spec'].get('template') or {})}"


def _mark(pod: KubeObject) -> Any:
    return (metadata_of(pod.body).get("labels") or {}).get(_HASH)


def _report(
    writer: Writer, row: KubeObject, pods: list[KubeObject], revision: str, refusal: str
) -> None:
    ready = [one for one in pods if making.is_ready(one.body)]
    available, next_at = availability.count(row.body, ready, writer.now)
    updated = sum(1 for one in pods if _mark(one) == revision)
    before = (row.body.get("status") or {}).get("currentRevision")
    done = updated == len(pods) == making.replicas_of(row.body)
    status = {
        "availableReplicas": available,
        "collisionCount": 0,
        "currentReplicas": (updated if done else len(pods) - updated) or None,
        "currentRevision": revision if done or not before else before,
        "observedGeneration": metadata_of(row.body).get("generation"),
        "readyReplicas": len(ready) or None,
        "replicas": len(pods),
        "updateRevision": revision,
        "updatedReplicas": updated or None,
        "conditions": making.failed_conditions(row.body, refusal, timestamp(writer.now)),
    }
    making.report(writer, row, status, refusal, next_at)
