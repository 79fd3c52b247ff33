"""Deployments, ReplicaSets, DaemonSets, StatefulSets and ReplicationControllers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from policy_app.apimachinery.objects import Object, metadata_of, name_of
from policy_app.apimachinery.validation import pods, selection
from policy_app.apimachinery.validation.reports import (
    IMMUTABLE,
    Report,
    check_minimum,
    label_selector,
    mapping,
    members,
    whole,
)

_UPDATABLE = {
    "replicas",
    "ordinals",
    "template",
    "updateStrategy",
    "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy",
    "minReadySeconds",
}
_STATEFUL = (
    "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template',"
    " 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and"
    " 'minReadySeconds' are forbidden"
)
_COUNTS = ("replicas", "minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds")


def check_selected(spec: Mapping[str, Any], word: str, to: Report) -> None:
    """A workload's selector is there, selects something, and takes the Pods of its template."""
    selector = spec.get("selector")
    if not isinstance(selector, dict):
        to.required("spec.selector")
        return
    selection.check(selector, "spec.selector", to)
    if selection.is_empty(selector):
        text = f"empty selector is invalid for {word}"
        to.invalid("spec.selector", label_selector(selector), text)
        return
    labels = mapping(metadata_of(mapping(spec.get("template"))).get("labels"))
    if not selection.takes(selector, labels):
        text = "`selector` does not match template `labels`"
        to.invalid("spec.template.metadata.labels", labels, text)


def _check_workload(thing: Object, old: Mapping[str, Any] | None, word: str, to: Report) -> None:
    spec = mapping(thing.get("spec"))
    for name in _COUNTS:
        check_minimum(to, f"spec.{name}", spec.get(name), 0)
    check_selected(spec, word, to)
    # The claims of a StatefulSet are volumes of its Pods.
    claims = [name_of(one) for one in members(spec.get("volumeClaimTemplates"))]
    pods.check_template(spec.get("template"), "spec.template", to, restarts=False, claims=claims)
    policy = mapping(mapping(spec.get("template")).get("spec")).get("restartPolicy")
    if policy not in (None, "Always"):
        to.unsupported("spec.template.spec.restartPolicy", policy, ["Always"])
    if old is not None:
        before = mapping(mapping(old.get("spec")).get("selector"))
        now = mapping(spec.get("selector"))
        if before != now:
            to.invalid("spec.selector", label_selector(now), IMMUTABLE)


def _deployment(thing: Object, old: Mapping[str, Any] | None, to: Report) -> None:
    _check_workload(thing, old, "deployment", to)
    spec = mapping(thing.get("spec"))
    strategy = mapping(spec.get("strategy"))
    rolling = strategy.get("rollingUpdate")
    if strategy.get("type") == "Recreate" and rolling is not None:
        text = "may not be specified when strategy `type` is 'Recreate'"
        to.forbidden("spec.strategy.rollingUpdate", text)
    elif isinstance(rolling, dict):
        _check_rolling(rolling, "spec.strategy.rollingUpdate", to)
    deadline, ready = whole(spec.get("progressDeadlineSeconds")), whole(spec.get("minReadySeconds"))
    if deadline is not None and deadline <= (ready or 0):
        text = "must be greater than minReadySeconds"
        to.invalid("spec.progressDeadlineSeconds", deadline, text)


def _check_rolling(rolling: Mapping[str, Any], path: str, to: Report) -> None:
    for name in ("maxUnavailable", "maxSurge"):
        check_amount(rolling.get(name), f"{path}.{name}", to)
    if _is_zero(rolling.get("maxUnavailable")) and _is_zero(rolling.get("maxSurge")):
        text = "may not be 0 when `maxSurge` is 0"
        to.invalid(f"{path}.maxUnavailable", rolling["maxUnavailable"], text)


def check_amount(value: Any, path: str, to: Report) -> None:
    """A number from zero up, or a percentage of at most 100."""
    check_minimum(to, path, value, 0)
    if not isinstance(value, str):
        return
    digits = value.removesuffix("%")
    if not value.endswith("%") or not digits.isdigit():
        text = "a valid percent string must be a numeric string followed by an ending '%'"
        to.invalid(path, value, f"{text} (e.g. '1%',  or '93%', regex used is '[0-9]+%')")
    elif int(digits) > 100:
        to.invalid(path, value, "must not be greater than 100%")


def _is_zero(value: Any) -> bool:
    return value in (0, "0%")


def _replica_set(thing: Object, old: Mapping[str, Any] | None, to: Report) -> None:
    _check_workload(thing, old, "deployment", to)


def _daemon_set(thing: Object, old: Mapping[str, Any] | None, to: Report) -> None:
    _check_workload(thing, old, "daemonset", to)


def _stateful_set(thing: Object, old: Mapping[str, Any] | None, to: Report) -> None:
    _check_workload(thing, None, "statefulset", to)
    if old is not None and _fixed(thing) != _fixed(old):
        to.forbidden("spec", _STATEFUL)


def _fixed(thing: Mapping[str, Any]) -> Object:
    spec = mapping(thing.get("spec"))
    return {name: value for name, value in spec.items() if name not in _UPDATABLE}


def _replication_controller(thing: Object, old: Mapping[str, Any] | None, to: Report) -> None:
    spec = mapping(thing.get("spec"))
    check_minimum(to, "spec.replicas", spec.get("replicas"), 0)
    if not spec.get("selector"):
        to.required("spec.selector")
    pods.check_template(spec.get("template"), "spec.template", to, restarts=False)


RULES = {
    ("", "ReplicationController"): _replication_controller,
    ("apps", "Deployment"): _deployment,
    ("apps", "ReplicaSet"): _replica_set,
    ("apps", "DaemonSet"): _daemon_set,
    ("apps", "StatefulSet"): _stateful_set,
}
