"""Namespaces, owners and finalizers: what comes with an object, and what goes with it."""

from __future__ import annotations

import pytest

from policy_app.apimachinery.errors import ApiError
from tests.services.cluster.controllers.kube import Kube
from tests.services.cluster.controllers.test_deployments import DEPLOYMENT

NAMESPACE = "{apiVersion: v1, kind: Namespace, metadata: {name: team}}"
CONFIG = "{apiVersion: v1, kind: ConfigMap, metadata: {name: settings, namespace: team}}"


@pytest.mark.parametrize("namespace", ["default", "kube-system", "team"])
def test_every_namespace_has_an_account_and_the_clusters_certificate(
    kube: Kube, namespace: str
) -> None:
    kube.create(NAMESPACE)

    assert "default" in kube.names("ServiceAccount", namespace)
    (certificate,) = kube.all("ConfigMap", namespace)
    assert certificate["metadata"]["name"] == "kube-root-ca.crt"
    assert "BEGIN CERTIFICATE" in certificate["data"]["ca.crt"]


def test_what_every_namespace_has_comes_again_when_it_is_deleted(kube: Kube) -> None:
    kube.delete("ServiceAccount", "default")
    kube.delete("ConfigMap", "kube-root-ca.crt")

    assert kube.names("ServiceAccount") == ["default"]
    assert kube.names("ConfigMap") == ["kube-root-ca.crt"]


def test_a_namespace_that_is_deleted_stays_a_moment_and_goes_with_all_that_is_in_it(
    kube: Kube,
) -> None:
    kube.create(NAMESPACE)
    kube.create(DEPLOYMENT.replace("name: web,", "name: web, namespace: team,", 1))
    kube.delete("Namespace", "team")
    assert kube.get("Namespace", "team")["status"]["phase"] == "Terminating"
    assert len(kube.all("Pod", "team")) == 3

    kube.wait(3)

    assert "team" not in kube.names("Namespace")
    for kind in ("Deployment", "ReplicaSet", "Pod", "ConfigMap", "Event"):
        assert kube.all(kind, "team") == []


def test_nothing_new_comes_into_a_namespace_that_goes(kube: Kube) -> None:
    kube.create(NAMESPACE)
    kube.delete("Namespace", "team")

    with pytest.raises(ApiError, match="because it is being terminated"):
        kube.create(CONFIG)


def test_a_namespace_waits_for_finalizers_and_says_which(kube: Kube) -> None:
    kube.create(NAMESPACE)
    kept = CONFIG.replace("name: settings", "name: settings, finalizers: [example.com/keep]")
    kube.create(kept)
    kube.delete("Namespace", "team")
    kube.wait(3)

    told = {one["type"]: one for one in kube.get("Namespace", "team")["status"]["conditions"]}
    assert "configmaps. has 1 resource" in told["NamespaceContentRemaining"]["message"]
    assert "example.com/keep in 1 resource" in told["NamespaceFinalizersRemaining"]["message"]

    kube.change("ConfigMap", "settings", lambda one: one["metadata"].pop("finalizers"), "team")
    kube.wait(2)
    assert "team" not in kube.names("Namespace")


@pytest.mark.parametrize("name", ["default", "kube-system", "kube-public"])
def test_the_clusters_own_namespaces_may_not_be_deleted(kube: Kube, name: str) -> None:
    with pytest.raises(ApiError, match="this namespace may not be deleted"):
        kube.delete("Namespace", name)


def test_what_an_object_owns_goes_with_it(kube: Kube) -> None:
    kube.create(DEPLOYMENT)

    kube.delete("Deployment", "web")

    assert kube.all("ReplicaSet") == kube.all("Pod") == []


def test_orphans_outlive_their_owner(kube: Kube) -> None:
    kube.create(DEPLOYMENT)

    kube.delete("Deployment", "web", "Orphan")

    (left,) = kube.all("ReplicaSet")
    assert "ownerReferences" not in left["metadata"]
    assert len(kube.all("Pod")) == 3


def test_in_the_foreground_an_owner_goes_after_what_it_owns(kube: Kube) -> None:
    kube.create(DEPLOYMENT)
    (pod, *_) = kube.all("Pod")
    name = pod["metadata"]["name"]
    kube.patch("Pod", name, {"metadata": {"finalizers": ["example.com/keep"]}})

    kube.delete("Deployment", "web", "Foreground")

    assert kube.get("Deployment", "web")["metadata"]["finalizers"] == ["foregroundDeletion"]
    assert kube.names("Pod") == [name]
    kube.patch("Pod", name, {"metadata": {"finalizers": None}})
    assert kube.all("Deployment") == kube.all("ReplicaSet") == kube.all("Pod") == []


def test_what_names_an_owner_that_was_never_there_is_collected(kube: Kube) -> None:
    owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": "gone", "uid": "no-such-uid"}
    metadata = {"name": "stray", "ownerReferences": [owner]}
    kube.create("{apiVersion: v1, kind: Secret}", metadata=metadata)

    assert kube.names("Secret") == []


def test_of_two_owners_the_one_that_stays_keeps_what_both_own(kube: Kube) -> None:
    owners = [
        kube.create(f"{{apiVersion: v1, kind: ConfigMap, metadata: {{name: {name}}}}}")
        for name in ("one", "two")
    ]
    references = [
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "name": one["metadata"]["name"],
            "uid": one["metadata"]["uid"],
        }
        for one in owners
    ]
    metadata = {"name": "shared", "ownerReferences": references}
    kube.create("{apiVersion: v1, kind: Secret}", metadata=metadata)
    kube.delete("ConfigMap", "one")

    left = kube.get("Secret", "shared")["metadata"]["ownerReferences"]
    assert [one["name"] for one in left] == ["two"]
    kube.delete("ConfigMap", "two")
    assert kube.names("Secret") == []
