"""Defaults that depend on other fields: each rule fills in one struct, which it may change.

A rule runs after its struct's plain defaults and before those of the structs below.  Admission
plug-ins that every cluster runs belong here too: a Pod's service account, its tolerations and its
priority.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any

from policy_app.apimachinery.defaults import services
from policy_app.apimachinery.objects import Object, metadata_of, name_of, uid_of

_RBAC = "rbac.authorization.k8s.io"
_EVICTING = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
_SECONDS = 300
_PRIORITIES = {
    "": 0,
    "system-cluster-critical": 2_000_000_000,
    "system-node-critical": 2_000_001_000,
}
_JOB = "batch.kubernetes.io/"


def _pod(pod: Object) -> None:
    spec = pod.get("spec")
    if not isinstance(spec, dict):
        return
    spec = pod["spec"] = dict(spec)
    spec.setdefault("enableServiceLinks", True)
    if not spec.get("serviceAccountName"):
        spec["serviceAccountName"] = spec.get("serviceAccount") or "default"
    priority = _PRIORITIES.get(spec.get("priorityClassName") or "")
    if priority is not None:
        spec.setdefault("priority", priority)
        spec.setdefault("preemptionPolicy", "PreemptLowerPriority")
    for field in ("initContainers", "containers"):
        if isinstance(spec.get(field), list):
            host = bool(spec.get("hostNetwork"))
            spec[field] = [_of_pod(one, host) for one in spec[field]]
    _tolerate(spec)


def _of_pod(container: Any, host_network: bool) -> Any:
    """What is limited and not requested is requested; on the host's network, ports are its own."""
    if not isinstance(container, dict):
        return container
    made = dict(container)
    resources = made.get("resources")
    limits = resources.get("limits") if isinstance(resources, dict) else None
    if isinstance(resources, dict) and isinstance(limits, dict):
        made["resources"] = {
            **resources,
            "requests": {**limits, **(resources.get("requests") or {})},
        }
    if host_network and isinstance(made.get("ports"), list):
        made["ports"] = [
            {"hostPort": one["containerPort"], **one} if "containerPort" in one else one
            for one in made["ports"]
        ]
    return made


def _tolerate(spec: Object) -> None:
    """A Pod stays on a node that fails for five minutes, unless it says otherwise."""
    given = [one for one in spec.get("tolerations") or [] if isinstance(one, Mapping)]
    more = [
        {"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": _SECONDS}
        for key in _EVICTING
        if not any(_tolerates(one, key) for one in given)
    ]
    if more:
        spec["tolerations"] = [*(spec.get("tolerations") or []), *more]


def _tolerates(toleration: Mapping[str, Any], key: str) -> bool:
    return toleration.get("key") in (key, None, "") and toleration.get("effect") in (
        "NoExecute",
        None,
        "",
    )


def _pod_spec(spec: Object) -> None:
    # The older name of the field says the same as the newer one.
    name = spec.get("serviceAccountName") or spec.get("serviceAccount")
    if name:
        spec["serviceAccountName"] = spec["serviceAccount"] = name


def _container(container: Object) -> None:
    if not container.get("imagePullPolicy"):
        newest = _tag(str(container.get("image") or "")) == "latest"
        container["imagePullPolicy"] = "Always" if newest else "IfNotPresent"


def _tag(image: str) -> str:
    """The tag of an image; ``latest`` without tag and digest, empty with a digest alone."""
    named, _, digest = image.partition("@")
    tag = named.rpartition("/")[2].partition(":")[2]
    return tag or ("" if digest else "latest")


def _volume(volume: Object) -> None:
    if not volume.keys() - {"name"}:
        volume["emptyDir"] = {}


def _rolling(strategy: Object) -> None:
    if strategy.get("type") == "RollingUpdate":
        strategy.setdefault("rollingUpdate", {})


def _stateful_set(spec: Object) -> None:
    head = {"apiVersion": "v1", "kind": "PersistentVolumeClaim"}
    claims = spec.get("volumeClaimTemplates")
    if isinstance(claims, list):
        spec["volumeClaimTemplates"] = [
            {**head, **one} if isinstance(one, dict) else one for one in claims
        ]


def _replication_controller(thing: Object) -> None:
    spec = thing.get("spec")
    labels = metadata_of((spec or {}).get("template") or {}).get("labels")
    if isinstance(spec, dict) and labels:
        thing["spec"] = {**spec, "selector": spec.get("selector") or dict(labels)}
        thing["metadata"] = {"labels": dict(labels), **metadata_of(thing)}


def _job(job: Object) -> None:
    spec = job.get("spec")
    if not isinstance(spec, dict):
        return
    spec = job["spec"] = dict(spec)
    if spec.get("completions") is None and spec.get("parallelism") is None:
        spec["completions"] = 1
    spec.setdefault("parallelism", 1)
    spec.setdefault("backoffLimit", 6)
    spec.setdefault("completionMode", "NonIndexed")
    spec.setdefault("suspend", False)
    with_policy = "podFailurePolicy" in spec
    spec.setdefault("podReplacementPolicy", "Failed" if with_policy else "TerminatingOrFailed")
    if not spec.get("manualSelector") and uid_of(job):
        _select_own_pods(job, spec)


def _select_own_pods(job: Object, spec: Object) -> None:
    """A Job finds its Pods by its own uid, which it writes onto them."""
    uid, name = uid_of(job), name_of(job)
    labels = {
        f"{_JOB}controller-uid": uid,
        f"{_JOB}job-name": name,
        "controller-uid": uid,
        "job-name": name,
    }
    template = spec.get("template") or {}
    metadata = metadata_of(template)
    given = metadata.get("labels") or {}
    spec["template"] = {**template, "metadata": {**metadata, "labels": {**given, **labels}}}
    spec.setdefault("selector", {"matchLabels": {f"{_JOB}controller-uid": uid}})


def _scaling(behavior: Object) -> None:
    every = {"periodSeconds": 15}
    percent = {"type": "Percent", "value": 100, **every}
    up, down = behavior["scaleUp"], behavior["scaleDown"]
    pods = {"type": "Pods", "value": 4, **every}
    behavior["scaleUp"] = {"stabilizationWindowSeconds": 0, "policies": [pods, percent], **up}
    behavior["scaleDown"] = {"policies": [dict(percent)], **down}


def _network_policy(spec: Object) -> None:
    if not spec.get("policyTypes"):
        spec["policyTypes"] = ["Ingress", "Egress"] if spec.get("egress") else ["Ingress"]


def _subject(subject: Object) -> None:
    if subject.get("kind") in ("User", "Group") and not subject.get("apiGroup"):
        subject["apiGroup"] = _RBAC


def _secret(secret: Object) -> None:
    written = secret.pop("stringData", None)
    if isinstance(written, dict):
        coded = {key: base64.b64encode(str(one).encode()).decode() for key, one in written.items()}
        secret["data"] = {**(secret.get("data") or {}), **coded}


def _namespace(namespace: Object) -> None:
    metadata = metadata_of(namespace)
    if name_of(namespace):
        own = {"kubernetes.io/metadata.name": name_of(namespace)}
        namespace["metadata"] = {**metadata, "labels": {**(metadata.get("labels") or {}), **own}}


def _limits(item: Object) -> None:
    """Of a container's limits: what is the most is the default, and that is what is asked for."""
    if item.get("type") != "Container":
        return
    default = {**(item.get("max") or {}), **(item.get("default") or {})}
    asked = {**(item.get("min") or {}), **default, **(item.get("defaultRequest") or {})}
    for name, value in (("default", default), ("defaultRequest", asked)):
        if value:
            item[name] = value


def _definition(spec: Object) -> None:
    names = spec.get("names")
    if isinstance(names, dict) and names.get("kind"):
        kind = str(names["kind"])
        spec["names"] = {
            **names,
            "singular": names.get("singular") or kind.lower(),
            "listKind": names.get("listKind") or f"{kind}List",
        }


RULES: Mapping[str, Callable[[Object], None]] = {
    "core.v1.Pod": _pod,
    "core.v1.PodSpec": _pod_spec,
    "core.v1.Container": _container,
    "core.v1.EphemeralContainer": _container,
    "core.v1.Volume": _volume,
    "core.v1.Service": services.fill,
    "core.v1.Secret": _secret,
    "core.v1.Namespace": _namespace,
    "core.v1.LimitRangeItem": _limits,
    "core.v1.ReplicationController": _replication_controller,
    "apps.v1.DeploymentStrategy": _rolling,
    "apps.v1.DaemonSetUpdateStrategy": _rolling,
    "apps.v1.StatefulSetUpdateStrategy": _rolling,
    "apps.v1.StatefulSetSpec": _stateful_set,
    "batch.v1.Job": _job,
    "autoscaling.v2.HorizontalPodAutoscalerBehavior": _scaling,
    "networking.v1.NetworkPolicySpec": _network_policy,
    "rbac.v1.Subject": _subject,
    "apiextensions.v1.CustomResourceDefinitionSpec": _definition,
}
