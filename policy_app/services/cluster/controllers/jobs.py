"""Jobs: Pods that come to their end, as many at once and as many in all as are wanted.

Source: the job controller of Kubernetes.  The Pods of a Job end well after a second, since nobody
runs them; a Job fails where its deadline passes, or where somebody reports Pods as failed.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from policy_app.apimachinery.objects import (
    Object,
    generated_name,
    metadata_of,
    moment,
    name_of,
    timestamp,
    uid_of,
)
from policy_app.models import KubeObject
from policy_app.services.cluster import changes, events
from policy_app.services.cluster.caller import Caller, DeleteOptions
from policy_app.services.cluster.controllers import looking, making, templates
from policy_app.services.cluster.store import Writer

_CONTROLLER = "job-controller"
_INDEX = "batch.kubernetes.io/job-completion-index"
_UID_LABEL = "batch.kubernetes.io/controller-uid"
_NAME_LABEL = "batch.kubernetes.io/job-name"
_BACKOFF_LIMIT = 6


def keep(writer: Writer, uids: list[str]) -> None:
    """Make the Pods that are still to run, and report what has been done."""
    for row in looking.staying(writer, uids):
        if _is_expired(writer, row):
            options = DeleteOptions(propagation="Foreground")
            kind = making.kind_of(writer, "batch/v1", "Job")
            caller = Caller.controller("ttl-after-finished-controller")
            changes.delete_row(writer, kind, row, caller, options)
        elif finished(row.body) is None:
            _keep(writer, row)


def finished(job: Object) -> Object | None:
    """The condition that tells how a Job ended; None while it goes on."""
    for type_ in ("Complete", "Failed"):
        found = making.condition_of(job, type_)
        if found is not None and found.get("status") == "True":
            return found
    return None


def _keep(writer: Writer, row: KubeObject) -> None:
    if not (row.body["spec"].get("selector") or {}).get("matchLabels"):
        writer.change(row, _selecting_its_own(row.body))
    if not metadata_of(row.body).get("labels"):
        labels = metadata_of(row.body["spec"]["template"]).get("labels")
        metadata = {**metadata_of(row.body), "labels": labels}
        writer.change(row, {**row.body, "metadata": metadata})
    kind = making.kind_of(writer, "v1", "Pod")
    pods = making.controlled(writer, row, "pods")
    active = [one for one in pods if _phase(one) not in ("Succeeded", "Failed")]
    refusal, failed = "", making.failure(row.body)
    why = _why_failed(writer, row.body, pods)
    if why or row.body["spec"].get("suspend"):
        making.delete(writer, active, _CONTROLLER, row.body)
    elif not making.waits(row):
        missing = _missing(row.body, pods, active, kind)
        refusal = making.create_all(writer, kind, missing, row.body, _CONTROLLER)
    elif failed is not None:
        refusal = str(failed["message"])
    _report(writer, row, making.controlled(writer, row, "pods"), why, refusal)


def _selecting_its_own(job: Object) -> Object:
    """The Job with the labels that tell its Pods from all others, as the API server adds them."""
    spec = job["spec"]
    own = {_UID_LABEL: uid_of(job)}
    labels = {
        **own,
        _NAME_LABEL: name_of(job),
        "controller-uid": uid_of(job),
        "job-name": name_of(job),
    }
    template = templates.with_labels(spec.get("template") or {}, labels)
    return {**job, "spec": {**spec, "selector": {"matchLabels": own}, "template": template}}


def _missing(
    job: Object, pods: list[KubeObject], active: list[KubeObject], kind: Any
) -> list[Object]:
    """The Pods that are to be made now."""
    spec = job["spec"]
    done = _succeeded(job, pods)
    completions = spec.get("completions")
    parallel = min(int(_or(spec.get("parallelism"), 1)), making.MOST_PODS)
    if completions is None:
        # Any Pod that succeeds ends the work, and no new one is begun after it.
        count = 0 if done else parallel - len(active)
    else:
        count = min(parallel, int(completions) - len(done)) - len(active)
    if count <= 0:
        return []
    if spec.get("completionMode") != "Indexed":
        return [making.from_template(spec["template"], job, kind) for _ in range(count)]
    busy = {_index(one) for one in active} | done
    free = (index for index in range(int(completions or 0)) if index not in busy)
    return [_indexed(job, index, kind) for _, index in zip(range(count), free, strict=False)]


def _indexed(job: Object, index: int, kind: Any) -> Object:
    template = templates.with_labels(job["spec"]["template"], {_INDEX: str(index)})
    annotations = {**(template["metadata"].get("annotations") or {}), _INDEX: str(index)}
    template["metadata"]["annotations"] = annotations
    where = {"fieldRef": {"apiVersion": "v1", "fieldPath": f"metadata.labels['{_INDEX}']"}}
    told = {"name": "JOB_COMPLETION_INDEX", "valueFrom": where}
    spec = dict(template.get("spec") or {})
    spec["hostname"] = f"{name_of(job)}-{index}"
    for field in ("initContainers", "containers"):
        if spec.get(field):
            spec[field] = [{**one, "env": [*(one.get("env") or []), told]} for one in spec[field]]
    pod = making.from_template(
        {**template, "spec": spec}, job, kind, generated_name(f"{name_of(job)}-{index}-")
    )
    pod["metadata"]["generateName"] = f"{name_of(job)}-{index}-"
    return pod


def _succeeded(job: Object, pods: list[KubeObject]) -> set[Any]:
    """What is done: the indexes of an Indexed Job, else the Pods."""
    done = [one for one in pods if _phase(one) == "Succeeded"]
    if job["spec"].get("completionMode") == "Indexed":
        return {_index(one) for one in done}
    return {one.name for one in done}


def _why_failed(writer: Writer, job: Object, pods: list[KubeObject]) -> tuple[str, str] | None:
    """The reason and the message of a failure."""
    spec = job["spec"]
    failed = sum(1 for one in pods if _phase(one) == "Failed")
    if failed > int(_or(spec.get("backoffLimit"), _BACKOFF_LIMIT)):
        return "BackoffLimitExceeded", "Job has reached the specified backoff limit"
    deadline = _deadline(job)
    if deadline is not None and writer.now >= deadline:
        return "DeadlineExceeded", "Job was active longer than specified deadline"
    return None


def _deadline(job: Object) -> datetime | None:
    seconds = job["spec"].get("activeDeadlineSeconds")
    began = moment((job.get("status") or {}).get("startTime"))
    if seconds is None or began is None or job["spec"].get("suspend"):
        return None
    return began + timedelta(seconds=int(seconds))


def _report(
    writer: Writer,
    row: KubeObject,
    pods: list[KubeObject],
    why: tuple[str, str] | None,
    refusal: str,
) -> None:
    job: Object = row.body
    spec, before, at = job["spec"], job.get("status") or {}, timestamp(writer.now)
    active = [one for one in pods if _phase(one) not in ("Succeeded", "Failed")]
    done = _succeeded(job, pods)
    status: Object = {
        "startTime": None if spec.get("suspend") else before.get("startTime") or at,
        "active": len(active) or None,
        "succeeded": len(done) or None,
        "failed": sum(1 for one in pods if _phase(one) == "Failed") or None,
        "ready": sum(1 for one in active if making.is_ready(one.body)),
        "terminating": 0,
        "uncountedTerminatedPods": {},
        "conditions": _conditions(writer, row, why, refusal, _is_complete(job, active, done)),
    }
    if spec.get("completionMode") == "Indexed":
        status["completedIndexes"] = _ranges(done) or None
    ended = _ending(status["conditions"])
    if ended is not None and ended["type"] == "Complete":
        status["completionTime"] = at
    making.report(writer, row, status, refusal, _next_moment(row.body, status, ended))


def _is_complete(job: Object, active: list[KubeObject], done: set[Any]) -> bool:
    completions = job["spec"].get("completions")
    if job["spec"].get("suspend"):
        return False
    if completions is None:
        return bool(done) and not active
    return len(done) >= int(completions)


def _conditions(
    writer: Writer, row: KubeObject, why: tuple[str, str] | None, refusal: str, complete: bool
) -> list[Object]:
    """The conditions, with an Event for each that is new."""
    job: Object = row.body
    at = timestamp(writer.now)
    found = making.failed_conditions(job, refusal, at)
    if complete:
        reason, told = "CompletionsReached", "Reached expected number of succeeded pods"
        found += [
            _condition(job, type_, True, reason, told, at)
            for type_ in ("SuccessCriteriaMet", "Complete")
        ]
        events.record(writer, job, events.NORMAL, "Completed", "Job completed", _CONTROLLER)
    elif why is not None:
        found += [_condition(job, type_, True, *why, at) for type_ in ("FailureTarget", "Failed")]
        events.record(writer, job, events.WARNING, *why, _CONTROLLER)
    found += _suspension(writer, job, at)
    return found


def _suspension(writer: Writer, job: Object, at: str) -> list[Object]:
    held = making.condition_of(job, "Suspended")
    was, wanted = held is not None and held["status"] == "True", bool(job["spec"].get("suspend"))
    if not wanted and held is None:
        return []
    word = "suspended" if wanted else "resumed"
    if was != wanted:
        events.record(writer, job, events.NORMAL, word.capitalize(), f"Job {word}", _CONTROLLER)
    reason = "JobSuspended" if wanted else "JobResumed"
    return [_condition(job, "Suspended", wanted, reason, f"Job {word}", at)]


def _condition(job: Object, type_: str, status: bool, reason: str, message: str, at: str) -> Object:
    told = making.dated_condition(job, type_, status, reason, message, at)
    told["lastProbeTime"] = told.pop("lastUpdateTime")
    return told


def _ending(conditions: Iterable[Object]) -> Object | None:
    return next((one for one in conditions if one["type"] in ("Complete", "Failed")), None)


def _next_moment(job: Object, status: Object, ended: Object | None) -> datetime | None:
    """When time alone changes the Job: its deadline, or its removal after its end."""
    if ended is None:
        return _deadline({**job, "status": status})
    return _expires_at(job, ended)


def _expires_at(job: Object, ended: Object) -> datetime | None:
    seconds, at = job["spec"].get("ttlSecondsAfterFinished"), moment(ended["lastTransitionTime"])
    return None if seconds is None or at is None else at + timedelta(seconds=int(seconds))


def _is_expired(writer: Writer, row: KubeObject) -> bool:
    ended = finished(row.body)
    expires_at = _expires_at(row.body, ended) if ended is not None else None
    if expires_at is not None and expires_at > writer.now:
        writer.wake_at(row, expires_at)
    return expires_at is not None and expires_at <= writer.now


def _phase(pod: KubeObject) -> str:
    return str((pod.body.get("status") or {}).get("phase") or "Pending")


def _index(pod: KubeObject) -> int:
    annotations = metadata_of(pod.body).get("annotations") or {}
    text = str(annotations.get(_INDEX, ""))
    return int(text) if text.isdigit() else -1


def _ranges(indexes: set[int]) -> str:
    """``0-2,5``: indexes as a Job's status writes them."""
    found: list[list[int]] = []
    for index in sorted(indexes):
        if found and found[-1][-1] == index - 1:
            found[-1][1:] = [index]
        else:
            found.append([index])
    return ",".join("-".join(str(one) for one in each) for each in found)


def _or(value: Any, usual: int) -> Any:
    return usual if value is None else value
