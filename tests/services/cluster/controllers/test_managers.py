"""Who owns what a cluster's own components have written, as server-side apply sees it."""

from __future__ import annotations

from typing import Any

import pytest

from policy_app.apimachinery.errors import ApiError
from policy_app.services.cluster import subresources, writes
from policy_app.services.cluster.caller import Caller, Outcome, Target, WriteOptions
from policy_app.services.cluster.writes import Patch
from tests.services.cluster.controllers.kube import Kube

ADMIN = Caller("admin", ("system:masters", "system:authenticated"))
Entry = tuple[str, str, str]


def deployment(**spec: Any) -> dict[str, Any]:
    container = {"name": "web", "image": "nginx:1.27"}
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {"selector": {"matchLabels": {"app": "web"}}, "template": template, **spec},
    }


def apply(kube: Kube, thing: dict[str, Any], below: str = "") -> Outcome:
    """``kubectl apply --server-side``."""
    kind = kube.kind(thing["kind"])
    target = Target(kind, "default", thing["metadata"]["name"], kind.subresource(below))
    options = WriteOptions(field_manager="kubectl")
    return writes.patch(kube.cluster, target, Patch("apply", thing), ADMIN, options)


def scale(kube: Kube, replicas: int) -> None:
    """``kubectl scale deployment web``."""
    kind = kube.kind("Deployment")
    target = Target(kind, "default", "web", kind.subresource("scale"))
    patch = Patch("merge", {"spec": {"replicas": replicas}})
    options = WriteOptions(field_manager="kubectl")
    subresources.patch_scale(kube.cluster, target, patch, ADMIN, options)


def owners(thing: dict[str, Any], field: str) -> list[Entry]:
    """Manager, operation and subresource of the entries that have a top field, or one of spec."""
    found = []
    for one in thing["metadata"]["managedFields"]:
        owned = {**one["fieldsV1"], **one["fieldsV1"].get("f:spec", {})}
        if f"f:{field}" in owned:
            found.append((one["manager"], one["operation"], one.get("subresource", "")))
    return found


def test_statuses_belong_to_the_component_that_writes_them(kube: Kube) -> None:
    apply(kube, deployment())
    controllers = [("kube-controller-manager", "Update", "status")]
    assert owners(kube.get("Deployment", "web"), "status") == controllers
    assert owners(kube.get("Deployment", "web"), "metadata") == controllers
    (replica_set,) = kube.all("ReplicaSet")
    assert owners(replica_set, "status") == controllers
    (pod,) = kube.all("Pod")
    assert owners(pod, "status") == [("kubelet", "Update", "status")]


def test_nobody_owns_the_node_to_which_a_pod_is_bound(kube: Kube) -> None:
    apply(kube, deployment())
    (pod,) = kube.all("Pod")
    assert pod["spec"]["nodeName"]
    assert owners(pod, "nodeName") == []


def test_a_pod_that_waits_for_a_node_has_its_status_from_the_scheduler(kube: Kube) -> None:
    wanted = deployment()
    wanted["spec"]["template"]["spec"]["nodeSelector"] = {"disk": "none-has-it"}
    apply(kube, wanted)
    (pod,) = kube.all("Pod")
    assert owners(pod, "status") == [("kube-scheduler", "Update", "status")]


def test_what_controllers_make_is_theirs(kube: Kube) -> None:
    kube.create("{apiVersion: v1, kind: Namespace, metadata: {name: team}}")
    account = kube.get("ConfigMap", "kube-root-ca.crt", "team")
    assert owners(account, "data") == [("kube-controller-manager", "Update", "")]


def test_applying_again_after_controllers_wrote_conflicts_with_nobody(kube: Kube) -> None:
    apply(kube, deployment(replicas=2))
    before = kube.get("Deployment", "web")
    assert before["status"]["readyReplicas"] == 2
    again = apply(kube, deployment(replicas=3))
    assert again.object["spec"]["replicas"] == 3
    assert again.object["status"] == before["status"]


def test_a_status_in_what_is_applied_is_passed_over(kube: Kube) -> None:
    apply(kube, deployment())
    before = kube.get("Deployment", "web")["status"]
    again = apply(kube, {**deployment(), "status": {"readyReplicas": 99}})
    assert again.object["status"] == before


def test_applying_below_status_conflicts_with_the_controller_that_wrote_it(kube: Kube) -> None:
    apply(kube, deployment())
    with pytest.raises(ApiError) as caught:
        apply(kube, {**deployment(), "status": {"readyReplicas": 99}}, "status")
    told = 'conflict with "kube-controller-manager" with subresource "status" using apps/v1'
    assert told in caught.value.message
    assert ".status.readyReplicas" in caught.value.message


def test_nothing_is_made_by_applying_below_an_object_that_is_not_there(kube: Kube) -> None:
    with pytest.raises(ApiError) as caught:
        apply(kube, {**deployment(), "status": {"readyReplicas": 1}}, "status")
    assert (caught.value.code, kube.names("Deployment")) == (404, [])
    assert caught.value.message == 'deployments.apps "web" not found'


def test_who_scales_owns_the_replicas_below_scale(kube: Kube) -> None:
    apply(kube, deployment(replicas=1))
    scale(kube, 4)
    stored = kube.get("Deployment", "web")
    assert stored["spec"]["replicas"] == 4
    assert owners(stored, "replicas") == [("kubectl", "Update", "scale")]
    with pytest.raises(ApiError) as caught:
        apply(kube, deployment(replicas=1))
    assert 'conflict with "kubectl" with subresource "scale" using apps/v1' in caught.value.message
    assert apply(kube, deployment()).object["spec"]["replicas"] == 4


def test_an_autoscaler_owns_the_replicas_that_it_chose(kube: Kube) -> None:
    apply(kube, deployment(replicas=1))
    kube.create(
        """
        apiVersion: autoscaling/v2
        kind: HorizontalPodAutoscaler
        metadata: {name: web, namespace: default}
        spec:
          minReplicas: 3
          maxReplicas: 5
          scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
        """
    )
    stored = kube.get("Deployment", "web")
    assert stored["spec"]["replicas"] == 3
    assert owners(stored, "replicas") == [("kube-controller-manager", "Update", "scale")]


def test_a_controller_that_finds_all_as_it_was_writes_nothing(kube: Kube) -> None:
    apply(kube, deployment())
    before = kube.get("Deployment", "web")["metadata"]["resourceVersion"]
    kube.wait(600)
    assert kube.get("Deployment", "web")["metadata"]["resourceVersion"] == before
