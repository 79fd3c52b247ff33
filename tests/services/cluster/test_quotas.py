"""What a namespace may use: ResourceQuotas and LimitRanges hold as in a real cluster."""

from __future__ import annotations

from typing import Any

import pytest

from policy_app.apimachinery.errors import ApiError
from policy_app.apimachinery.objects import Object
from tests.services.cluster.inside import Api, pod


@pytest.fixture
def api(portal: None) -> Api:
    return Api()


def quota(hard: dict[str, str], **spec: Any) -> Object:
    """A ResourceQuota of the namespace ``default``."""
    head = {"apiVersion": "v1", "kind": "ResourceQuota"}
    metadata = {"name": "compute", "namespace": "default"}
    return {**head, "metadata": metadata, "spec": {"hard": hard, **spec}}


def limit_range(**limit: Any) -> Object:
    """A LimitRange of the namespace ``default``."""
    head = {"apiVersion": "v1", "kind": "LimitRange"}
    metadata = {"name": "bounds", "namespace": "default"}
    return {**head, "metadata": metadata, "spec": {"limits": [limit]}}


def asking(name: str = "web", **resources: dict[str, str]) -> Object:
    """A Pod whose container has ``requests`` and ``limits``."""
    thing = pod(name)
    thing["spec"]["containers"][0]["resources"] = resources
    return thing


def plain(kind: str, name: str, **more: Any) -> Object:
    """An object of the core group."""
    metadata = {"name": name, "namespace": "default"}
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata, **more}


def refused(api: Api, thing: Object) -> str:
    """The 403 that creating an object gets."""
    with pytest.raises(ApiError) as caught:
        api.create(thing)
    assert (caught.value.code, caught.value.reason) == (403, "Forbidden")
    return caught.value.message


def used(api: Api) -> dict[str, str]:
    """What the quota says is used."""
    (found,) = api.all("v1", "ResourceQuota", "default")
    status: dict[str, Any] = found["status"]
    assert status["hard"] == found["spec"]["hard"]
    return dict(status["used"])


# ResourceQuotas


def test_one_pod_too_many_is_refused_in_the_api_servers_words(api: Api) -> None:
    api.create(quota({"pods": "1"}))
    assert used(api) == {"pods": "0"}
    api.create(pod())
    assert used(api) == {"pods": "1"}
    assert refused(api, pod("other")) == (
        'pods "other" is forbidden: exceeded quota: compute,'
        " requested: pods=1, used: pods=1, limited: pods=1"
    )
    api.delete(pod())
    assert used(api) == {"pods": "0"}
    api.create(pod("other"))


def test_requests_and_limits_are_summed(api: Api) -> None:
    hard = {"requests.cpu": "1", "limits.memory": "1Gi"}
    api.create(quota(hard))
    api.create(asking("a", requests={"cpu": "600m"}, limits={"memory": "256Mi"}))
    assert used(api) == {"requests.cpu": "600m", "limits.memory": "256Mi"}
    message = refused(api, asking("b", requests={"cpu": "500m"}, limits={"memory": "1Gi"}))
    assert message == (
        'pods "b" is forbidden: exceeded quota: compute,'
        " requested: limits.memory=1Gi,requests.cpu=500m,"
        " used: limits.memory=256Mi,requests.cpu=600m,"
        " limited: limits.memory=1Gi,requests.cpu=1"
    )
    api.create(asking("c", requests={"cpu": "400m"}, limits={"memory": "768Mi"}))


def test_a_pod_must_say_what_a_quota_counts(api: Api) -> None:
    api.create(quota({"requests.cpu": "1", "limits.memory": "1Gi"}))
    assert refused(api, pod()) == (
        'pods "web" is forbidden: failed quota: compute:'
        " must specify limits.memory for: web; requests.cpu for: web"
    )


def test_a_deployment_is_let_in_and_its_pods_are_not(api: Api) -> None:
    api.create(quota({"pods": "2"}))
    labels = {"app": "web"}
    spec = {"replicas": 3, "selector": {"matchLabels": labels}}
    template = {"metadata": {"labels": labels}, "spec": pod()["spec"]}
    metadata = {"name": "web", "namespace": "default"}
    head = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata}
    api.create({**head, "spec": {**spec, "template": template}})
    assert len(api.names("v1", "Pod", "default")) == 2
    told = [one["message"] for one in api.all("v1", "Event", "default")]
    assert any("exceeded quota: compute, requested: pods=1, used: pods=2" in one for one in told)
    assert used(api) == {"pods": "2"}


def test_objects_of_any_kind_are_counted(api: Api) -> None:
    hard = {"secrets": "1", "count/configmaps": "1", "services.nodeports": "1"}
    api.create(quota({**hard, "count/deployments.apps": "0"}))
    assert used(api)["count/configmaps"] == "1", "kube-root-ca.crt"
    message = refused(api, plain("ConfigMap", "more"))
    assert message.endswith(
        "requested: count/configmaps=1, used: count/configmaps=1, limited: count/configmaps=1"
    )
    api.create(plain("Secret", "one"))
    assert "exceeded quota" in refused(api, plain("Secret", "two"))
    ports = [{"port": 80, "name": "a"}]
    service = plain("Service", "web", spec={"type": "NodePort", "ports": ports})
    api.create(service)
    more = [*ports, {"port": 81, "name": "b"}]
    with pytest.raises(ApiError, match=r"requested: services\.nodeports=1"):
        api.patch(service, {"spec": {"ports": more}})
    api.delete(plain("Secret", "one"))
    assert used(api)["secrets"] == "0"


def test_what_claims_ask_for_is_summed(api: Api) -> None:
    api.create(quota({"requests.storage": "10Gi"}))
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "8Gi"}}}
    api.create(plain("PersistentVolumeClaim", "data", spec=spec))
    assert used(api) == {"requests.storage": "8Gi"}
    message = refused(api, plain("PersistentVolumeClaim", "more", spec=spec))
    assert "used: requests.storage=8Gi, limited: requests.storage=10Gi" in message


def test_a_scope_says_which_pods_count(api: Api) -> None:
    api.create(quota({"pods": "0"}, scopes=["BestEffort"]))
    assert "exceeded quota" in refused(api, pod())
    api.create(asking(requests={"cpu": "1"}))
    assert used(api) == {"pods": "0"}


def test_a_larger_quota_lets_more_in(api: Api) -> None:
    api.create(quota({"pods": "0"}))
    refused(api, pod())
    api.patch(quota({}), {"spec": {"hard": {"pods": "1"}}})
    api.create(pod())
    assert used(api) == {"pods": "1"}


def test_a_dry_run_uses_nothing(api: Api) -> None:
    api.create(quota({"pods": "1"}))
    api.create(pod(), dry_run=True)
    assert used(api) == {"pods": "0"}


# LimitRanges


def test_containers_get_what_they_do_not_say(api: Api) -> None:
    amounts = {"default": {"cpu": "500m"}, "defaultRequest": {"cpu": "100m", "memory": "64Mi"}}
    api.create(limit_range(type="Container", **amounts))
    made = api.create(pod()).object
    assert made["spec"]["containers"][0]["resources"] == {
        "requests": {"cpu": "100m", "memory": "64Mi"},
        "limits": {"cpu": "500m"},
    }
    assert made["metadata"]["annotations"]["kubernetes.io/limit-ranger"] == (
        "LimitRanger plugin set: cpu, memory request for container web; cpu limit for container web"
    )


@pytest.mark.parametrize(
    ("limit", "resources", "told"),
    [
        (
            {"min": {"memory": "500Mi"}},
            {"requests": {"memory": "100Mi"}},
            "minimum memory usage per Container is 500Mi, but request is 100Mi",
        ),
        (
            {"max": {"memory": "1Gi"}},
            {"limits": {"memory": "1536Mi"}},
            "[maximum memory usage per Container is 1Gi, but limit is 1536Mi]",
        ),
        (
            {"maxLimitRequestRatio": {"cpu": "2"}},
            {"requests": {"cpu": "100m"}, "limits": {"cpu": "300m"}},
            "cpu max limit to request ratio per Container is 2, but provided ratio is 3.000000",
        ),
    ],
)
def test_what_is_out_of_bounds_is_refused(
    api: Api, limit: dict[str, Any], resources: dict[str, Any], told: str
) -> None:
    api.create(limit_range(type="Container", **limit))
    head = 'pods "web" is forbidden: '
    assert refused(api, asking(**resources)) == head + told.strip("[]")
    assert api.names("v1", "Pod", "default") == []


def test_the_sum_of_a_pod_is_bounded_too(api: Api) -> None:
    api.create(limit_range(type="Pod", max={"cpu": "1"}))
    assert "maximum cpu usage per Pod is 1.  No limit is specified" in refused(api, pod())
    two = asking(limits={"cpu": "600m"})
    two["spec"]["containers"].append({**two["spec"]["containers"][0], "name": "other"})
    assert "maximum cpu usage per Pod is 1, but limit is 1200m" in refused(api, two)
    api.create(asking(limits={"cpu": "1"}))


def test_claims_are_bounded(api: Api) -> None:
    api.create(limit_range(type="PersistentVolumeClaim", max={"storage": "1Gi"}))
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "2Gi"}}}
    assert refused(api, plain("PersistentVolumeClaim", "data", spec=spec)) == (
        'persistentvolumeclaims "data" is forbidden:'
        " maximum storage usage per PersistentVolumeClaim is 1Gi, but request is 2Gi"
    )


# Service accounts


def test_a_pod_has_its_accounts_token_mounted(api: Api) -> None:
    made = api.create(pod()).object
    (volume,) = made["spec"]["volumes"]
    assert volume["name"].startswith("kube-api-access-")
    sources = [next(iter(one)) for one in volume["projected"]["sources"]]
    assert sources == ["serviceAccountToken", "configMap", "downwardAPI"]
    assert made["spec"]["containers"][0]["volumeMounts"] == [
        {
            "name": volume["name"],
            "readOnly": True,
            "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount",
        }
    ]


def test_a_pod_or_its_account_may_want_no_token(api: Api) -> None:
    account = {**plain("ServiceAccount", "quiet"), "automountServiceAccountToken": False}
    api.create(account)
    for name, spec in (
        ("one", {"automountServiceAccountToken": False}),
        ("two", {"serviceAccountName": "quiet"}),
    ):
        thing = pod(name)
        thing["spec"] |= spec
        assert "volumes" not in api.create(thing).object["spec"]


def test_an_account_that_is_not_there_is_told(api: Api) -> None:
    thing = pod()
    thing["spec"]["serviceAccountName"] = "nobody"
    assert refused(api, thing) == (
        'pods "web" is forbidden: error looking up service account default/nobody:'
        ' serviceaccount "nobody" not found'
    )


def test_nobody_manages_what_was_put_into_a_pod(api: Api) -> None:
    api.create(limit_range(type="Container", defaultRequest={"cpu": "100m"}))
    metadata = api.create(pod()).object["metadata"]
    (created,) = [one for one in metadata["managedFields"] if one["manager"] == "kubectl-create"]
    spec = created["fieldsV1"]["f:spec"]
    assert "f:volumes" not in spec
    assert "f:volumeMounts" not in spec["f:containers"]['k:{"name":"web"}']
    assert "f:requests" not in spec["f:containers"]['k:{"name":"web"}'].get("f:resources", {})
    assert "f:image" in spec["f:containers"]['k:{"name":"web"}']
