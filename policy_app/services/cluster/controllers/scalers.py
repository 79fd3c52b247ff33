"""HorizontalPodAutoscalers: with no load to measure, they keep workloads within their bounds."""

from __future__ import annotations

from collections.abc import Iterator

from policy_app.apimachinery.objects import is_going, metadata_of, timestamp
from policy_app.models import KubeObject
from policy_app.services.cluster import events, noting
from policy_app.services.cluster.controllers import making
from policy_app.services.cluster.store import Writer, rows

_SOURCE = "horizontal-pod-autoscaler"


def scale(writer: Writer, namespaces: list[str]) -> None:
    """Bring what each autoscaler of a namespace scales within its bounds, and report."""
    kind = making.kind_of(writer, "autoscaling/v2", "HorizontalPodAutoscaler")
    for namespace in namespaces:
        for row in rows(writer.cluster, kind, namespace):
            if not is_going(row.body):
                _scale(writer, row)


def _scale(writer: Writer, row: KubeObject) -> None:
    at, target = timestamp(writer.now), _target(writer, row)
    if target is None:
        told = "the HPA controller was unable to get the target's current scale"
        conditions = [making.condition(row.body, "AbleToScale", False, "FailedGetScale", told, at)]
        making.set_status(writer, row, {"desiredReplicas": 0, "conditions": conditions})
        return
    current = making.replicas_of(target.body)
    desired = _desired(row, current)
    if desired != current:
        _rescale(writer, row, target, desired)
    before = row.body.get("status") or {}
    status = {
        "currentReplicas": int((target.body.get("status") or {}).get("replicas") or 0),
        "desiredReplicas": desired,
        "currentMetrics": None,
        "conditions": [making.condition(row.body, *one, at) for one in _told(current, desired)],
        "observedGeneration": metadata_of(row.body).get("generation"),
        "lastScaleTime": at if desired != current else before.get("lastScaleTime"),
    }
    making.set_status(writer, row, status)


def _desired(row: KubeObject, current: int) -> int:
    """The replicas within the bounds; none where there are none, which switches a scaler off."""
    spec = row.body["spec"]
    least, most = int(spec.get("minReplicas") or 1), int(spec["maxReplicas"])
    return min(max(current, least), most) if current else 0


def _told(current: int, desired: int) -> Iterator[tuple[str, bool, str, str]]:
    """Type, status, reason and message of each condition, as the controller words them."""
    fits = "recommended size matches current size"
    yield "AbleToScale", True, "ReadyForNewScale", fits
    if current:
        steady = "the load of a simulated cluster stays as it is"
        yield "ScalingActive", True, "ValidMetricFound", steady
    else:
        off = "scaling is disabled since the replica count of the target is zero"
        yield "ScalingActive", False, "ScalingDisabled", off
    count = "the desired replica count is"
    if current < desired:
        few = f"{count} less than the minimum replica count"
        yield "ScalingLimited", True, "TooFewReplicas", few
    elif current > desired:
        many = f"{count} more than the maximum replica count"
        yield "ScalingLimited", True, "TooManyReplicas", many
    else:
        within = "the desired count is within the acceptable range"
        yield "ScalingLimited", False, "DesiredWithinRange", within


def _target(writer: Writer, row: KubeObject) -> KubeObject | None:
    reference = row.body["spec"].get("scaleTargetRef") or {}
    api_version, kind = str(reference.get("apiVersion")), str(reference.get("kind"))
    found = making.served(writer, api_version, kind)
    if found is None:
        return None
    return writer.find(found, row.namespace, str(reference.get("name")))


def _rescale(writer: Writer, row: KubeObject, target: KubeObject, replicas: int) -> None:
    metadata = {**metadata_of(target.body)}
    metadata["generation"] = int(metadata.get("generation") or 1) + 1
    spec = {**target.body["spec"], "replicas": replicas}
    rescaled = {**target.body, "metadata": metadata, "spec": spec}
    noting.change(writer, target, rescaled, subresource="scale")
    told = f"New size: {replicas}; reason: current number of replicas outside of the bounds"
    events.record(writer, row.body, events.NORMAL, "SuccessfulRescale", told, _SOURCE)
