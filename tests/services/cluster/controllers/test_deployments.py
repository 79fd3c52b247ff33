"""Deployments: rollouts, rollbacks, pauses, and what a policy does to them."""

from __future__ import annotations

import pytest

from tests.services.cluster.controllers.kube import Kube, Object

DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, annotations: {kubernetes.io/change-cause: first}}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "nginx:1"}]}
"""
PRIVILEGED = {
    "spec": {"template": {"spec": {"containers": [
        {"name": "web", "image": "nginx:1", "securityContext": {"privileged": True}}
    ]}}}
}  # fmt: skip


def _image(image: str) -> Object:
    container = {"name": "web", "image": image}
    return {"spec": {"template": {"spec": {"containers": [container]}}}}


def _condition(thing: Object, type_: str) -> Object:
    found = [one for one in thing["status"].get("conditions", []) if one["type"] == type_]
    return found[0] if found else {}


def _revision(thing: Object) -> str:
    return str(thing["metadata"]["annotations"]["deployment.kubernetes.io/revision"])


def test_a_deployment_gets_its_pods_and_says_that_it_is_complete(kube: Kube) -> None:
    kube.create(DEPLOYMENT)

    deployment = kube.get("Deployment", "web")

    assert len(kube.all("Pod")) == 3
    status = deployment["status"]
    assert (status["replicas"], status["updatedReplicas"], status["availableReplicas"]) == (3, 3, 3)
    assert status["observedGeneration"] == deployment["metadata"]["generation"]
    assert _condition(deployment, "Available")["status"] == "True"
    assert _condition(deployment, "Progressing")["reason"] == "NewReplicaSetAvailable"
    assert all(pod["status"]["phase"] == "Running" for pod in kube.all("Pod"))


def test_a_new_template_replaces_the_pods_and_keeps_the_old_set_for_a_rollback(kube: Kube) -> None:
    kube.create(DEPLOYMENT)
    kube.patch("Deployment", "web", _image("nginx:2"))

    sets = {_revision(one): one for one in kube.all("ReplicaSet")}

    assert sets["1"]["spec"]["replicas"] == 0
    assert sets["2"]["status"]["readyReplicas"] == 3
    assert {one["spec"]["containers"][0]["image"] for one in kube.all("Pod")} == {"nginx:2"}
    assert any("Scaled down replica set" in one for one in kube.events("ScalingReplicaSet"))


def test_a_rollback_uses_the_old_set_again_though_the_client_wrote_its_template_anew(
    kube: Kube,
) -> None:
    kube.create(DEPLOYMENT)
    kube.patch("Deployment", "web", _image("nginx:2"))
    old = next(one for one in kube.all("ReplicaSet") if _revision(one) == "1")
    template = old["spec"]["template"]
    del template["metadata"]["labels"]["pod-template-hash"]
    template["metadata"]["creationTimestamp"] = None
    template["spec"]["containers"][0] |= {"resources": {}, "env": [], "tty": False}

    def undo(thing: Object) -> None:
        thing["spec"]["template"] = template

    kube.change("Deployment", "web", undo)

    sets = {one["metadata"]["name"]: one for one in kube.all("ReplicaSet")}
    again = sets[old["metadata"]["name"]]
    assert len(sets) == 2
    assert _revision(again) == _revision(kube.get("Deployment", "web")) == "3"
    history = again["metadata"]["annotations"]["deployment.kubernetes.io/revision-history"]
    assert history == "1"
    assert again["status"]["readyReplicas"] == 3


def test_quantities_written_differently_are_the_same_template(kube: Kube) -> None:
    def limited(cpu: str) -> Object:
        changed = _image("nginx:1")
        container = changed["spec"]["template"]["spec"]["containers"][0]
        container["resources"] = {"limits": {"cpu": cpu}}
        return changed

    kube.create(DEPLOYMENT)
    kube.patch("Deployment", "web", limited("0.5"))
    kube.patch("Deployment", "web", limited("500m"))

    assert len(kube.all("ReplicaSet")) == 2


def test_each_revision_keeps_the_cause_of_its_change(kube: Kube) -> None:
    kube.create(DEPLOYMENT)
    changed = _image("nginx:2")
    changed["metadata"] = {"annotations": {"kubernetes.io/change-cause": "second"}}
    kube.patch("Deployment", "web", changed)

    causes = {
        _revision(one): one["metadata"]["annotations"]["kubernetes.io/change-cause"]
        for one in kube.all("ReplicaSet")
    }

    assert causes == {"1": "first", "2": "second"}


def test_old_sets_above_the_limit_of_the_history_are_forgotten(kube: Kube) -> None:
    kube.create(DEPLOYMENT)
    kube.patch("Deployment", "web", {"spec": {"revisionHistoryLimit": 1}})
    for tag in range(2, 6):
        kube.patch("Deployment", "web", _image(f"nginx:{tag}"))

    assert sorted(_revision(one) for one in kube.all("ReplicaSet")) == ["4", "5"]


def test_a_paused_deployment_is_scaled_and_goes_to_no_new_template_until_it_is_resumed(
    kube: Kube,
) -> None:
    kube.create(DEPLOYMENT)
    kube.patch("Deployment", "web", {"spec": {"paused": True}})
    kube.patch("Deployment", "web", {"spec": {"replicas": 4}})
    kube.patch("Deployment", "web", _image("nginx:2"))

    paused = kube.get("Deployment", "web")
    assert {one["spec"]["containers"][0]["image"] for one in kube.all("Pod")} == {"nginx:1"}
    assert len(kube.all("Pod")) == 4
    assert _condition(paused, "Progressing")["reason"] == "DeploymentPaused"

    kube.patch("Deployment", "web", {"spec": {"paused": None}})
    assert {one["spec"]["containers"][0]["image"] for one in kube.all("Pod")} == {"nginx:2"}


def test_with_recreate_no_new_pod_comes_before_the_old_ones_are_gone(kube: Kube) -> None:
    kube.create(DEPLOYMENT.replace("replicas: 3", "replicas: 3\n  strategy: {type: Recreate}"))
    kube.patch("Deployment", "web", _image("nginx:2"))

    told = sorted(
        (one["metadata"]["resourceVersion"], one["message"])
        for one in kube.all("Event")
        if one["reason"] == "ScalingReplicaSet"
    )
    down = next(index for index, one in enumerate(told) if "from 3 to 0" in one[1])
    assert "Scaled up" in told[down + 1][1]
    assert len(kube.all("Pod")) == 3


def test_pods_are_available_only_once_they_have_been_ready_for_long_enough(kube: Kube) -> None:
    kube.create(DEPLOYMENT.replace("replicas: 3", "replicas: 3\n  minReadySeconds: 30"))

    waiting = kube.get("Deployment", "web")["status"]
    assert (waiting["readyReplicas"], waiting.get("availableReplicas")) == (3, None)
    kube.wait(31)
    assert kube.get("Deployment", "web")["status"]["availableReplicas"] == 3


def test_a_refused_pod_is_told_by_an_event_and_by_the_conditions(kube: Kube) -> None:
    kube.deny_privileged()
    kube.create(DEPLOYMENT)
    kube.patch("Deployment", "web", PRIVILEGED)

    refused = 'admission webhook "validation.gatekeeper.sh" denied the request: [no-privileged]'
    deployment = kube.get("Deployment", "web")
    newest = next(one for one in kube.all("ReplicaSet") if _revision(one) == "2")
    event = next(one for one in kube.all("Event") if one["reason"] == "FailedCreate")
    assert event["message"].startswith(f"Error creating: {refused}")
    assert event["source"]["component"] == "replicaset-controller"
    assert event["involvedObject"]["name"] == newest["metadata"]["name"]
    assert _condition(newest, "ReplicaFailure")["message"].startswith(refused)
    assert _condition(deployment, "ReplicaFailure")["message"].startswith(refused)
    assert _condition(deployment, "ReplicaFailure")["reason"] == "FailedCreate"


def test_a_rollout_that_is_refused_leaves_enough_of_the_old_pods(kube: Kube) -> None:
    kube.deny_privileged()
    kube.create(DEPLOYMENT.replace("replicas: 3", "replicas: 4"))
    kube.patch("Deployment", "web", PRIVILEGED)

    assert len(kube.all("Pod")) == 3
    deployment = kube.get("Deployment", "web")
    assert _condition(deployment, "Available")["status"] == "True"
    assert _condition(deployment, "Progressing")["reason"] != "NewReplicaSetAvailable"


def test_once_the_policy_is_gone_the_pods_come_by_themselves(kube: Kube) -> None:
    kube.deny_privileged()
    kube.create(DEPLOYMENT)
    kube.patch("Deployment", "web", PRIVILEGED)
    kube.allow_privileged()

    deployment = kube.get("Deployment", "web")
    assert deployment["status"]["availableReplicas"] == 3
    assert not _condition(deployment, "ReplicaFailure")
    assert _condition(deployment, "Progressing")["reason"] == "NewReplicaSetAvailable"


def test_what_is_refused_is_tried_again_later_and_later(kube: Kube) -> None:
    kube.deny_privileged()
    kube.create(DEPLOYMENT)
    kube.patch("Deployment", "web", PRIVILEGED)
    first = next(one for one in kube.all("Event") if one["reason"] == "FailedCreate")

    kube.wait(3)

    again = next(one for one in kube.all("Event") if one["reason"] == "FailedCreate")
    assert again["count"] == first["count"] + 1


def test_a_rollout_that_makes_no_progress_misses_its_deadline(kube: Kube) -> None:
    kube.deny_privileged()
    kube.create(DEPLOYMENT.replace("replicas: 3", "replicas: 3\n  progressDeadlineSeconds: 60"))
    kube.patch("Deployment", "web", PRIVILEGED)
    assert _condition(kube.get("Deployment", "web"), "Progressing")["status"] == "True"

    kube.wait(70)

    progress = _condition(kube.get("Deployment", "web"), "Progressing")
    assert (progress["status"], progress["reason"]) == ("False", "ProgressDeadlineExceeded")


def test_a_rollout_never_has_more_pods_than_its_surge_allows(kube: Kube) -> None:
    kube.create(DEPLOYMENT)
    kube.patch("Deployment", "web", _image("nginx:2"))

    told = [one for one in kube.events("ScalingReplicaSet") if "Scaled up" in one]
    steps = {tuple(one.split()[-3::2]) for one in told if one.split()[-3:] != ["0", "to", "3"]}
    assert steps == {("0", "1"), ("1", "2"), ("2", "3")}


@pytest.mark.parametrize("count", [0, 1, 5])
def test_a_deployment_is_scaled_both_ways(kube: Kube, count: int) -> None:
    kube.create(DEPLOYMENT)
    kube.patch("Deployment", "web", {"spec": {"replicas": count}})

    assert len(kube.all("Pod")) == count
    assert kube.get("Deployment", "web")["status"].get("readyReplicas", 0) == count
