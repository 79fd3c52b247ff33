"""Kinds that a CustomResourceDefinition adds to a cluster, and objects as a cluster stores them."""

from __future__ import annotations

import pytest

from policy_app.apimachinery.errors import ApiError
from policy_app.apimachinery.objects import Object
from tests.apimachinery.kinds_at_hand import CRON_TABS, cron_tab
from tests.services.cluster.inside import Api, pod

DEFINITIONS = ("apiextensions.k8s.io/v1", "CustomResourceDefinition")
KIND = ("example.com/v1", "CronTab")


@pytest.fixture
def api(portal: None) -> Api:
    """The demo cluster, with nothing assigned."""
    return Api()


def placed(thing: Object) -> Object:
    return {**thing, "metadata": {**thing["metadata"], "namespace": "default"}}


def test_a_definition_is_established_at_once_and_its_kind_served(api: Api) -> None:
    api.create(CRON_TABS)
    definition = next(
        one for one in api.all(*DEFINITIONS) if one["metadata"]["name"] == "crontabs.example.com"
    )
    conditions = {one["type"]: one["status"] for one in definition["status"]["conditions"]}
    assert conditions == {"NamesAccepted": "True", "Established": "True"}
    stored = api.create(placed(cron_tab())).object
    assert stored["spec"] == {"image": "img", "schedule": "5", "replicas": 1}
    assert stored["metadata"]["generation"] == 1


def test_one_object_is_read_in_every_version_of_its_kind(api: Api) -> None:
    api.create(CRON_TABS)
    api.create(placed(cron_tab()))
    (older,) = api.all("example.com/v1beta1", "CronTab", "default")
    assert older["apiVersion"] == "example.com/v1beta1"
    assert older["spec"]["image"] == "img"


def test_an_object_that_its_schema_refuses_is_not_stored(api: Api) -> None:
    api.create(CRON_TABS)
    with pytest.raises(ApiError) as caught:
        api.create(placed(cron_tab(replicas=99)))
    assert caught.value.code == 422
    assert caught.value.message == (
        'CronTab.example.com "a" is invalid: spec.replicas: Invalid value: 99:'
        " spec.replicas in body should be less than or equal to 10"
    )
    assert api.all(*KIND) == []


def test_with_its_definition_a_kind_and_its_objects_go(api: Api) -> None:
    api.create(CRON_TABS)
    api.create(placed(cron_tab()))
    api.delete(CRON_TABS)
    assert api.all(*KIND) == []
    api.create(CRON_TABS)
    assert api.all(*KIND) == []


def test_a_job_is_admitted_with_the_uid_that_it_keeps(api: Api) -> None:
    spec = {"restartPolicy": "Never", "containers": [{"name": "a", "image": "b"}]}
    job = api.create(
        {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {"name": "j", "namespace": "default"},
            "spec": {"template": {"spec": spec}},
        }
    ).object
    selected = job["spec"]["selector"]["matchLabels"]
    assert selected == {"batch.kubernetes.io/controller-uid": job["metadata"]["uid"]}


def test_a_service_gives_its_node_ports_back_with_its_type(api: Api) -> None:
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "s", "namespace": "default"},
        "spec": {"type": "NodePort", "ports": [{"port": 80}]},
    }
    made = api.create(service).object
    assert 30_000 <= made["spec"]["ports"][0]["nodePort"] <= 32_767
    changed = api.patch(service, {"spec": {"type": "ClusterIP"}}).object
    assert changed["spec"]["ports"] == [{"port": 80, "protocol": "TCP", "targetPort": 80}]
    assert changed["spec"]["clusterIP"] == made["spec"]["clusterIP"]
    assert "externalTrafficPolicy" not in changed["spec"]


def test_a_mutator_that_writes_a_wrong_type_fails_the_request(api: Api) -> None:
    api.create(
        {
            "apiVersion": "mutations.gatekeeper.sh/v1",
            "kind": "Assign",
            "metadata": {"name": "wrong"},
            "spec": {
                "applyTo": [{"groups": [""], "versions": ["v1"], "kinds": ["Pod"]}],
                "location": "spec.hostNetwork",
                "parameters": {"assign": {"value": "yes"}},
            },
        }
    )
    with pytest.raises(ApiError) as caught:
        api.create(pod())
    assert caught.value.code == 500
    assert caught.value.message == (
        'Internal error occurred: Pod in version "v1" cannot be handled as a Pod: json: cannot'
        " unmarshal string into Go struct field PodSpec.spec.hostNetwork of type bool"
    )
