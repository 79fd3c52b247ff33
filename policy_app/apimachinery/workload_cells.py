"""The columns of Pods and of what makes Pods."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from policy_app.apimachinery.cells import NONE, Renderer, Thing, joined, labels_text
from policy_app.apimachinery.durations import age, human
from policy_app.apimachinery.json_paths import value_at
from policy_app.apimachinery.objects import moment
from policy_app.apimachinery.scales import selector_text


def _statuses(pod: Thing, field: str = "containerStatuses") -> list[Mapping[str, Any]]:
    found = value_at(pod, f".status.{field}")
    return found if isinstance(found, list) else []


def _pod_ready(thing: Thing, now: datetime) -> str:
    ready = sum(1 for one in _statuses(thing) if one.get("ready"))
    return f"{ready}/{len(value_at(thing, '.spec.containers') or [])}"


def _pod_status(thing: Thing, now: datetime) -> str:
    if value_at(thing, ".metadata.deletionTimestamp"):
        return "Terminating"
    for one in _statuses(thing):
        state = one.get("state") or {}
        for word in ("waiting", "terminated"):
            reason = (state.get(word) or {}).get("reason")
            if reason:
                return str(reason)
    return str(value_at(thing, ".status.reason") or value_at(thing, ".status.phase") or "Pending")


def _pod_restarts(thing: Thing, now: datetime) -> str:
    return str(sum(int(one.get("restartCount") or 0) for one in _statuses(thing)))


def _field_or_none(path: str) -> Renderer:
    def render(thing: Thing, now: datetime) -> str:
        return str(value_at(thing, path) or NONE)

    return render


def _readiness_gates(thing: Thing, now: datetime) -> str:
    gates = value_at(thing, ".spec.readinessGates") or []
    held = sum(
        1
        for gate in gates
        if value_at(thing, f'.status.conditions[?(@.type=="{gate.get("conditionType")}")].status')
        == "True"
    )
    return f"{held}/{len(gates)}" if gates else NONE


def _number(path: str) -> Renderer:
    def render(thing: Thing, now: datetime) -> int:
        value = value_at(thing, path)
        return value if isinstance(value, int) else 0

    return render


def _ready_of_desired(thing: Thing, now: datetime) -> str:
    desired = value_at(thing, ".spec.replicas")
    ready = value_at(thing, ".status.readyReplicas") or 0
    return f"{ready}/{1 if desired is None else desired}"


def _pod_spec(thing: Thing) -> Mapping[str, Any]:
    for path in (".spec.template.spec", ".spec.jobTemplate.spec.template.spec", ".template.spec"):
        found = value_at(thing, path)
        if isinstance(found, Mapping):
            return found
    return {}


def _containers(thing: Thing, now: datetime) -> str:
    return joined([str(one.get("name")) for one in _pod_spec(thing).get("containers") or []])


def _images(thing: Thing, now: datetime) -> str:
    return joined([str(one.get("image")) for one in _pod_spec(thing).get("containers") or []])


def _selector(thing: Thing, now: datetime) -> str:
    selector = value_at(thing, ".spec.selector") or value_at(
        thing, ".spec.jobTemplate.spec.selector"
    )
    return selector_text(selector) or NONE if isinstance(selector, Mapping) else NONE


def _node_selector(thing: Thing, now: datetime) -> str:
    return labels_text(_pod_spec(thing).get("nodeSelector"))


def _template_labels(thing: Thing, now: datetime) -> str:
    return labels_text(value_at(thing, ".template.metadata.labels"))


def _job_status(thing: Thing, now: datetime) -> str:
    if value_at(thing, ".metadata.deletionTimestamp"):
        return "Terminating"
    for word, shown in (("Complete", "Complete"), ("Failed", "Failed"), ("Suspended", "Suspended")):
        if value_at(thing, f'.status.conditions[?(@.type=="{word}")].status') == "True":
            return shown
    return "Running"


def _job_completions(thing: Thing, now: datetime) -> str:
    done = value_at(thing, ".status.succeeded") or 0
    wanted = value_at(thing, ".spec.completions")
    if wanted is not None:
        return f"{done}/{wanted}"
    parallel = value_at(thing, ".spec.parallelism") or 1
    return f"{done}/1 of {parallel}" if parallel > 1 else f"{done}/1"


def _job_duration(thing: Thing, now: datetime) -> str:
    begun = moment(value_at(thing, ".status.startTime"))
    if begun is None:
        return ""
    ended = moment(value_at(thing, ".status.completionTime")) or now
    return human((ended - begun).total_seconds())


def _cron_timezone(thing: Thing, now: datetime) -> str:
    return str(value_at(thing, ".spec.timeZone") or NONE)


def _active_count(thing: Thing, now: datetime) -> int:
    return len(value_at(thing, ".status.active") or [])


def _cron_last_schedule(thing: Thing, now: datetime) -> str:
    last = value_at(thing, ".status.lastScheduleTime")
    return age(last, now) if last else NONE


def _scaler_reference(thing: Thing, now: datetime) -> str:
    reference = value_at(thing, ".spec.scaleTargetRef") or {}
    return f"{reference.get('kind')}/{reference.get('name')}"


def _scaler_targets(thing: Thing, now: datetime) -> str:
    metrics = value_at(thing, ".spec.metrics") or []
    told = [_scaler_target(one) for one in metrics if isinstance(one, Mapping)]
    percent = value_at(thing, ".spec.targetCPUUtilizationPercentage")
    if percent is not None:
        told.append(f"cpu: <unknown>/{percent}%")
    return ", ".join(told) or NONE


def _scaler_target(metric: Mapping[str, Any]) -> str:
    resource = metric.get("resource") or metric.get("containerResource") or {}
    target = resource.get("target") or {}
    if "averageUtilization" in target:
        return f"{resource.get('name')}: <unknown>/{target['averageUtilization']}%"
    return f"<unknown>/{target.get('averageValue') or target.get('value') or '<auto>'}"


RENDERERS: Mapping[str, Renderer] = {
    "pod_ready": _pod_ready,
    "pod_status": _pod_status,
    "pod_restarts": _pod_restarts,
    "pod_ip": _field_or_none(".status.podIP"),
    "pod_node": _field_or_none(".spec.nodeName"),
    "pod_nominated_node": _field_or_none(".status.nominatedNodeName"),
    "pod_readiness_gates": _readiness_gates,
    "replicas_current": _number(".status.replicas"),
    "replicas_ready": _number(".status.readyReplicas"),
    "replicas_updated": _number(".status.updatedReplicas"),
    "replicas_available": _number(".status.availableReplicas"),
    "daemons_updated": _number(".status.updatedNumberScheduled"),
    "daemons_available": _number(".status.numberAvailable"),
    "ready_of_desired": _ready_of_desired,
    "containers": _containers,
    "images": _images,
    "template_containers": _containers,
    "template_images": _images,
    "template_labels": _template_labels,
    "selector": _selector,
    "node_selector": _node_selector,
    "job_status": _job_status,
    "job_completions": _job_completions,
    "job_duration": _job_duration,
    "cron_timezone": _cron_timezone,
    "active_count": _active_count,
    "cron_last_schedule": _cron_last_schedule,
    "scaler_reference": _scaler_reference,
    "scaler_targets": _scaler_targets,
}
