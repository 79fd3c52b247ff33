"""HorizontalPodAutoscalers: with no load to measure, they keep workloads within their bounds."""

from __future__ import annotations

from policy_app.apimachinery.objects import Object, is_going, metadata_of, timestamp
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
    spec, at = row.body["spec"], timestamp(writer.now)
    target = _target(writer, row)
    if target is None:
        told = "the HPA controller was unable to get the target's current scale"
        conditions = [_condition(row, "AbleToScale", False, "FailedGetScale", told, at)]
        making.set_status(writer, row, {"desiredReplicas": 0, "conditions": conditions})
        return
    current = making.replicas_of(target.body)
    least, most = int(spec.get("minReplicas") or 1), int(spec["maxReplicas"])
    # Zero replicas switch an autoscaler off.
    desired = min(max(current, least), most) if current else 0
    if desired != current:
        _rescale(writer, row, target, desired)
    limited = desired != current
    word = "TooFewReplicas" if current < least else "TooManyReplicas"
    reason = word if limited else "DesiredWithinRange"
    bound = "less than the minimum" if current < least else "more than the maximum"
    within = "the desired count is within the acceptable range"
    told = f"the desired replica count is {bound} replica count" if limited else within
    conditions = [
        _condition(
            row,
            "AbleToScale",
            True,
            "ReadyForNewScale",
            "recommended size matches current size",
            at,
        ),
        _condition(
            row,
            "ScalingActive",
            bool(current),
            "ValidMetricFound" if current else "ScalingDisabled",
            "the load of a simulated cluster stays as it is"
            if current
            else "scaling is disabled since the replica count of the target is zero",
            at,
        ),
        _condition(row, "ScalingLimited", limited, reason, told, at),
    ]
    status = {
        "currentReplicas": int((target.body.get("status") or {}).get("replicas") or 0),
        "desiredReplicas": desired,
        "currentMetrics": None,
        "conditions": conditions,
        "observedGeneration": metadata_of(row.body).get("generation"),
        "lastScaleTime": at if limited else (row.body.get("status") or {}).get("lastScaleTime"),
    }
    making.set_status(writer, row, status)


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


def _condition(
    row: KubeObject, type_: str, status: bool, reason: str, message: str, at: str
) -> Object:
    told = making.condition(row.body, type_, status, reason, message, at)
    told.pop("lastUpdateTime")
    return told
