"""CronJobs: a Job at each moment of a schedule, as far as their policies allow.

Source: the cronjob controller of Kubernetes.  Nobody waits for the moments: whoever looks at the
cluster next has the newest of them done, as many as the history keeps.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from policy_app.apimachinery.objects import (
    Object,
    metadata_of,
    moment,
    name_of,
    timestamp,
)
from policy_app.models import KubeObject
from policy_app.services.cluster import events
from policy_app.services.cluster.controllers import jobs, looking, making, schedules
from policy_app.services.cluster.store import Writer

_CONTROLLER = "cronjob-controller"
_SCHEDULED = "batch.kubernetes.io/cronjob-scheduled-timestamp"
_KEPT = {"Complete": ("successfulJobsHistoryLimit", 3), "Failed": ("failedJobsHistoryLimit", 1)}


def keep(writer: Writer, uids: list[str]) -> None:
    """Start what is due, forget old Jobs, and note when the next one is due."""
    for row in looking.staying(writer, uids):
        _keep(writer, row)


def _keep(writer: Writer, row: KubeObject) -> None:
    spec, status = row.body["spec"], dict(row.body.get("status") or {})
    after = moment(status.get("lastScheduleTime")) or moment(
        metadata_of(row.body).get("creationTimestamp")
    )
    zone = str(spec.get("timeZone") or "")
    most = 1 + int(_limit(row.body, "Complete"))
    try:
        times, next_at = schedules.due(
            str(spec.get("schedule")), zone, after or writer.now, writer.now, most
        )
    except schedules.ScheduleError as error:
        reason = "UnknownTimeZone" if "zone" in str(error) else "UnparseableSchedule"
        events.record(writer, row.body, events.WARNING, reason, str(error), _CONTROLLER)
        return
    if spec.get("suspend"):
        times, next_at = [], None
    for at in times:
        if _start(writer, row, at):
            status["lastScheduleTime"] = timestamp(at)
    _report(writer, row, status)
    writer.wake_at(row, next_at)


def _start(writer: Writer, row: KubeObject, at: datetime) -> bool:
    """Make the Job of a moment, unless it is too late or another one still runs."""
    spec = row.body["spec"]
    deadline = spec.get("startingDeadlineSeconds")
    if deadline is not None and at + timedelta(seconds=int(deadline)) < writer.now:
        told = f"Missed scheduled time to start a job: {at:%a, %d %b %Y %H:%M:%S} +0000"
        events.record(writer, row.body, events.WARNING, "MissSchedule", told, _CONTROLLER)
        return False
    active = [one for one in _own(writer, row) if jobs.finished(one.body) is None]
    if active and spec.get("concurrencyPolicy") == "Forbid":
        told = (
            "Not starting job because prior execution is running and concurrency policy is Forbid"
        )
        events.record(writer, row.body, events.NORMAL, "JobAlreadyActive", told, _CONTROLLER)
        return False
    if active and spec.get("concurrencyPolicy") == "Replace":
        making.delete(writer, active, _CONTROLLER, row.body)
    return not _make(writer, row, at)


def _make(writer: Writer, row: KubeObject, at: datetime) -> str:
    kind = making.kind_of(writer, "batch/v1", "Job")
    name = f"{name_of(row.body)[:52]}-{int(at.timestamp()) // 60}"
    job = making.from_template(row.body["spec"].get("jobTemplate") or {}, row.body, kind, name)
    annotations = dict(job["metadata"].get("annotations") or {})
    annotations[_SCHEDULED] = timestamp(at)
    job["metadata"]["annotations"] = annotations
    refusal = making.create(writer, kind, job, row.body, _CONTROLLER, telling=False)
    if refusal:
        told = f"Error creating job: {refusal}"
        events.record(writer, row.body, events.WARNING, "FailedCreate", told, _CONTROLLER)
    else:
        told = f"Created job {name}"
        events.record(writer, row.body, events.NORMAL, "SuccessfulCreate", told, _CONTROLLER)
    return refusal


def _own(writer: Writer, row: KubeObject) -> list[KubeObject]:
    return making.controlled(writer, row, "jobs")


def _report(writer: Writer, row: KubeObject, status: Object) -> None:
    active: list[KubeObject] = []
    ended: dict[str, list[KubeObject]] = {"Complete": [], "Failed": []}
    known = {one.get("uid") for one in status.get("active") or []}
    for one in _own(writer, row):
        condition = jobs.finished(one.body)
        if condition is None:
            active.append(one)
            continue
        ended[condition["type"]].append(one)
        if one.uid in known:
            told = f"Saw completed job: {one.name}, condition: {condition['type']}"
            events.record(writer, row.body, events.NORMAL, "SawCompletedJob", told, _CONTROLLER)
    for one in ended["Complete"]:
        at = one.body["status"].get("completionTime")
        status["lastSuccessfulTime"] = max(at, status.get("lastSuccessfulTime") or "")
    status["active"] = [events.reference(one.body) for one in active]
    making.set_status(writer, row, status)
    for type_, over in ended.items():
        _forget(writer, row, over, _limit(row.body, type_))


def _forget(writer: Writer, row: KubeObject, over: list[KubeObject], kept: int) -> None:
    """The history keeps the newest; the Pods of the others go with them."""
    over.sort(key=lambda one: (str(one.body["status"].get("startTime")), one.pk))
    for one in over[: max(len(over) - kept, 0)]:
        making.delete(writer, [one], _CONTROLLER)
        told = f"Deleted job {one.name}"
        events.record(writer, row.body, events.NORMAL, "SuccessfulDelete", told, _CONTROLLER)


def _limit(cronjob: Object, type_: str) -> int:
    field, usual = _KEPT[type_]
    given: Any = cronjob["spec"].get(field)
    return usual if given is None else int(given)
