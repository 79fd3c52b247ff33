"""The ReplicaSets of a Deployment: which belongs to a template, and which number it has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from policy_app.apimachinery.objects import Object, metadata_of, name_of, namespace_of
from policy_app.models import KubeObject
from policy_app.services.cluster.controllers import making, rollouts, templates

REVISION = "deployment.kubernetes.io/revision"
_HISTORY = "deployment.kubernetes.io/revision-history"
_DESIRED = "deployment.kubernetes.io/desired-replicas"
_MOST = "deployment.kubernetes.io/max-replicas"
# What a Deployment's annotations say about itself alone.
_DEPLOYMENTS_OWN = frozenset(
    {
        "kubectl.kubernetes.io/last-applied-configuration",
        "deprecated.deployment.rollback.to",
        REVISION,
        _HISTORY,
        _DESIRED,
        _MOST,
    }
)


def newest(deployment: Mapping[str, Any], sets: list[KubeObject]) -> KubeObject | None:
    """The set of the Deployment's present template, the oldest where there are several."""
    template = _template(deployment)
    name = f"{name_of(deployment)}-{templates.template_hash(template)}"
    for one in sets:
        if templates.same(one.body["spec"].get("template") or {}, template):
            return one
    # A mutator may have changed the set that was made for this very template.
    return next((one for one in sets if one.name == name), None)


def of(thing: Mapping[str, Any]) -> int:
    """The number of a revision; 0 where there is none."""
    text = str((metadata_of(thing).get("annotations") or {}).get(REVISION, ""))
    return int(text) if text.isdigit() else 0


def replica_set(deployment: Object, number: int) -> Object:
    """The ReplicaSet for a Deployment's present template, as revision ``number``."""
    template = _template(deployment)
    mark = {templates.HASH_LABEL: templates.template_hash(template)}
    marked = templates.with_labels(template, mark)
    selector = dict(deployment["spec"].get("selector") or {})
    selector["matchLabels"] = {**(selector.get("matchLabels") or {}), **mark}
    spec = {
        "replicas": making.replicas_of(deployment),
        "selector": selector,
        "template": marked,
        "minReadySeconds": deployment["spec"].get("minReadySeconds"),
    }
    if not spec["minReadySeconds"]:
        spec.pop("minReadySeconds")
    made: Object = {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "name": f"{name_of(deployment)}-{mark[templates.HASH_LABEL]}",
            "namespace": namespace_of(deployment),
            "labels": marked["metadata"]["labels"],
            "ownerReferences": [making.owner_reference(deployment)],
        },
        "spec": spec,
    }
    return noted(deployment, made, number)


def noted(deployment: Object, one: Object, number: int) -> Object:
    """A ReplicaSet with the annotations that its Deployment gives it, and its number.

    Numbers that it had before stay in its history, as ``kubectl rollout history`` expects.
    """
    metadata = metadata_of(one)
    annotations = dict(metadata.get("annotations") or {})
    given = metadata_of(deployment).get("annotations") or {}
    annotations.update({key: given[key] for key in given if key not in _DEPLOYMENTS_OWN})
    before = of(one)
    if before and before != number:
        history = [*filter(None, str(annotations.get(_HISTORY) or "").split(",")), str(before)]
        annotations[_HISTORY] = ",".join(history)
    wanted = making.replicas_of(deployment)
    annotations[REVISION] = str(number)
    annotations[_DESIRED] = str(wanted)
    annotations[_MOST] = str(wanted + rollouts.surge(deployment))
    spec = {**one["spec"]}
    seconds = deployment["spec"].get("minReadySeconds")
    if (spec.get("minReadySeconds") or 0) != (seconds or 0):
        spec["minReadySeconds"] = seconds or 0
    return {**one, "metadata": {**metadata, "annotations": annotations}, "spec": spec}


def numbered(deployment: Object, number: int) -> Object:
    """A Deployment with the number of its present revision."""
    metadata = metadata_of(deployment)
    annotations = {**(metadata.get("annotations") or {}), REVISION: str(number)}
    return {**deployment, "metadata": {**metadata, "annotations": annotations}}


def _template(deployment: Mapping[str, Any]) -> Object:
    return templates.without_hash((deployment.get("spec") or {}).get("template") or {})
