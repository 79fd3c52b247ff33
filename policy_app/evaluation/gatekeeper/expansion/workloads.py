"""Expansion templates for the workloads of Kubernetes itself, ready to use."""

from __future__ import annotations

from typing import Any

from policy_app.evaluation.gatekeeper.expansion.template import (
    GROUP,
    KIND,
    VERSIONS,
    ExpansionTemplate,
)

_POD = {"group": "", "version": "v1", "kind": "Pod"}
_JOB = {"group": "batch", "version": "v1", "kind": "Job"}
_SINCE_LONG = (("apps", "v1"), ("apps", "v1beta2"), ("extensions", "v1beta1"))


def _template(
    name: str,
    kind: str,
    versions: tuple[tuple[str, str], ...],
    generates: dict[str, str] = _POD,
    source: str = "spec.template",
) -> dict[str, Any]:
    return {
        "apiVersion": f"{GROUP}/{VERSIONS[0]}",
        "kind": KIND,
        "metadata": {"name": name},
        "spec": {
            "applyTo": [
                {"groups": [group], "versions": [version], "kinds": [kind]}
                for group, version in versions
            ],
            "templateSource": source,
            "generatedGVK": dict(generates),
        },
    }


def workload_objects() -> list[dict[str, Any]]:
    """The templates as Kubernetes objects, ready for ``kubectl apply``."""
    with_first = (*_SINCE_LONG, ("apps", "v1beta1"))
    return [
        _template("expand-deployments", "Deployment", with_first),
        _template("expand-replicasets", "ReplicaSet", _SINCE_LONG),
        _template("expand-statefulsets", "StatefulSet", with_first[:2] + with_first[3:]),
        _template("expand-daemonsets", "DaemonSet", _SINCE_LONG),
        _template("expand-jobs", "Job", (("batch", "v1"),)),
        _template(
            "expand-cronjobs",
            "CronJob",
            (("batch", "v1"), ("batch", "v1beta1")),
            _JOB,
            "spec.jobTemplate",
        ),
        _template("expand-replicationcontrollers", "ReplicationController", (("", "v1"),)),
    ]


WORKLOADS = tuple(ExpansionTemplate.parse(one) for one in workload_objects())
