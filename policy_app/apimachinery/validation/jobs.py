"""Jobs and CronJobs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from policy_app.apimachinery.objects import Object, metadata_of, name_of
from policy_app.apimachinery.validation import pods, schedules, selection
from policy_app.apimachinery.validation.reports import (
    IMMUTABLE,
    GoValue,
    Report,
    check_minimum,
    label_selector,
    mapping,
)

_POLICIES = ("OnFailure", "Never")
_COUNTS = (
    "parallelism",
    "completions",
    "backoffLimit",
    "activeDeadlineSeconds",
    "ttlSecondsAfterFinished",
)
_LONGEST_CRON_NAME = 52


def _job(thing: Object, old: Mapping[str, Any] | None, to: Report) -> None:
    spec = mapping(thing.get("spec"))
    _check_spec(spec, "spec", to)
    selector = spec.get("selector")
    if isinstance(selector, dict):
        labels = mapping(metadata_of(mapping(spec.get("template"))).get("labels"))
        if not selection.takes(selector, labels):
            text = "`selector` does not match template `labels`"
            to.invalid("spec.template.metadata.labels", labels, text)
    if old is not None:
        _check_unchanged(spec, mapping(old.get("spec")), to)


def _check_spec(spec: Mapping[str, Any], path: str, to: Report) -> None:
    for name in _COUNTS:
        check_minimum(to, f"{path}.{name}", spec.get(name), 0)
    if spec.get("completionMode") == "Indexed" and spec.get("completions") is None:
        text = "when completion mode is Indexed"
        to.required(f"{path}.completions", text)
    pods.check_template(spec.get("template"), f"{path}.template", to, restarts=False)
    policy = mapping(mapping(spec.get("template")).get("spec")).get("restartPolicy")
    where = f"{path}.template.spec.restartPolicy"
    if policy in (None, "", "Always"):
        to.required(where, 'valid values: "OnFailure", "Never"')
    elif policy not in _POLICIES:
        to.unsupported(where, policy, _POLICIES)


def _check_unchanged(spec: Mapping[str, Any], before: Mapping[str, Any], to: Report) -> None:
    if spec.get("completions") != before.get("completions"):
        to.invalid("spec.completions", spec.get("completions"), IMMUTABLE)
    if spec.get("selector") != before.get("selector"):
        shown = label_selector(mapping(spec.get("selector")))
        to.invalid("spec.selector", shown, IMMUTABLE)
    if spec.get("template") != before.get("template") and not before.get("suspend"):
        to.invalid("spec.template", GoValue("core.PodTemplateSpec{...}"), IMMUTABLE)
    if spec.get("completionMode") != before.get("completionMode"):
        to.invalid("spec.completionMode", spec.get("completionMode"), IMMUTABLE)


def _cron_job(thing: Object, old: Mapping[str, Any] | None, to: Report) -> None:
    if old is None and len(name_of(thing)) > _LONGEST_CRON_NAME:
        text = f"must be no more than {_LONGEST_CRON_NAME} characters"
        to.invalid("metadata.name", name_of(thing), text)
    spec = mapping(thing.get("spec"))
    schedule = str(spec.get("schedule") or "")
    if not schedule:
        to.required("spec.schedule")
    elif "TZ" in schedule:
        text = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"
        to.invalid("spec.schedule", schedule, text)
    elif why := schedules.fault(schedule):
        to.invalid("spec.schedule", schedule, why)
    _check_zone(spec.get("timeZone"), to)
    for name in ("startingDeadlineSeconds", "successfulJobsHistoryLimit", "failedJobsHistoryLimit"):
        check_minimum(to, f"spec.{name}", spec.get(name), 0)
    job = mapping(mapping(spec.get("jobTemplate")).get("spec"))
    _check_spec(job, "spec.jobTemplate.spec", to)
    if job.get("manualSelector"):
        to.unsupported("spec.jobTemplate.spec.manualSelector", True, ["nil", "false"])


def _check_zone(zone: Any, to: Report) -> None:
    if zone is None:
        return
    if not zone:
        to.invalid("spec.timeZone", "", "timeZone must be nil or non-empty string")
        return
    try:
        ZoneInfo(str(zone))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        to.invalid("spec.timeZone", zone, f"unknown time zone {zone}")


RULES = {
    ("batch", "Job"): _job,
    ("batch", "CronJob"): _cron_job,
}
