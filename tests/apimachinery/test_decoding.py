"""Bodies are read as Go's decoder reads them, and told off in its words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policy_app.apimachinery import decoding
from policy_app.apimachinery.errors import ApiError
from tests.apimachinery.kinds_at_hand import CRON_TAB, SCHEMAS, cron_tab, kind_of

POD = kind_of("v1", "Pod")
DEPLOYMENT = kind_of("apps/v1", "Deployment")
SECRET = kind_of("v1", "Secret")
SERVICE = kind_of("v1", "Service")

QUANTITY = (
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
)
TIME = 'parsing time "soon" as "2006-01-02T15:04:05Z07:00": cannot parse "soon" as "2006"'
BOOL_PORT = "json: cannot unmarshal bool into Go value of type int32"


def decode(body: Any, kind: Any = POD) -> decoding.Decoded:
    return decoding.decode(kind, body, SCHEMAS)


def container(**fields: Any) -> Any:
    return {"spec": {"containers": [{"name": "a", **fields}]}}


@pytest.mark.parametrize(
    ("kind", "body", "given", "place", "type_"),
    [
        (POD, container(name=1), "number", "Container.spec.containers.name", "string"),
        (
            POD,
            container(env=[{"name": "a", "value": True}]),
            "bool",
            "EnvVar.spec.containers.env.value",
            "string",
        ),
        (
            POD,
            container(imagePullPolicy=3),
            "number",
            "Container.spec.containers.imagePullPolicy",
            "v1.PullPolicy",
        ),
        (POD, {"spec": {"containers": {}}}, "object", "PodSpec.spec.containers", "[]v1.Container"),
        (POD, {"spec": "x"}, "string", "Pod.spec", "v1.PodSpec"),
        (POD, {"metadata": {"labels": {"a": 1}}}, "number", "ObjectMeta.metadata.labels", "string"),
        (
            POD,
            {"metadata": {"labels": []}},
            "array",
            "ObjectMeta.metadata.labels",
            "map[string]string",
        ),
        (
            DEPLOYMENT,
            {"spec": {"replicas": "3"}},
            "string",
            "DeploymentSpec.spec.replicas",
            "int32",
        ),
        (
            DEPLOYMENT,
            {"spec": {"replicas": 1.5}},
            "number 1.5",
            "DeploymentSpec.spec.replicas",
            "int32",
        ),
        (
            DEPLOYMENT,
            {"spec": {"replicas": 3000000000}},
            "number 3000000000",
            "DeploymentSpec.spec.replicas",
            "int32",
        ),
        (SECRET, {"data": {"a": 1}}, "number", "Secret.data", "[]uint8"),
    ],
)
def test_a_value_of_a_wrong_type_is_told_with_go_s_names(
    kind: Any, body: Any, given: str, place: str, type_: str
) -> None:
    with pytest.raises(ApiError) as caught:
        decode(body, kind)
    head = f'{kind.kind} in version "v1" cannot be handled as a {kind.kind}: '
    assert caught.value.code == 400
    told = f"json: cannot unmarshal {given} into Go struct field {place} of type {type_}"
    assert caught.value.message == head + told


@pytest.mark.parametrize(
    ("kind", "body", "told"),
    [
        (POD, container(resources={"limits": {"cpu": "1x"}}), QUANTITY),
        (SERVICE, {"spec": {"ports": [{"targetPort": True}]}}, BOOL_PORT),
        (SECRET, {"data": {"a": "ab!c"}}, "illegal base64 data at input byte 2"),
        (POD, {"metadata": {"deletionTimestamp": "soon"}}, TIME),
    ],
)
def test_a_text_of_a_wrong_form_is_told_as_its_type_tells_it(
    kind: Any, body: Any, told: str
) -> None:
    with pytest.raises(ApiError) as caught:
        decode(body, kind)
    assert caught.value.message.endswith(f" cannot be handled as a {kind.kind}: {told}")


def test_null_and_empty_collections_are_nothing_but_empty_structs_stay() -> None:
    body = {
        "metadata": {"annotations": {}, "labels": {"a": None}, "creationTimestamp": None},
        "spec": {"volumes": [{"name": "a", "emptyDir": {}}], "tolerations": [], "containers": []},
    }
    thing = decode(body).object
    assert thing["metadata"] == {"labels": {"a": ""}}
    assert thing["spec"] == {"volumes": [{"name": "a", "emptyDir": {}}], "containers": []}


def test_a_role_keeps_its_empty_rules() -> None:
    role = kind_of("rbac.authorization.k8s.io/v1", "ClusterRole")
    assert decode({"rules": []}, role).object["rules"] == []


def test_amounts_and_whole_numbers_are_stored_in_one_form() -> None:
    body = container(
        resources={"limits": {"cpu": 0.5, "memory": "1024Mi"}}, ports=[{"containerPort": 80.0}]
    )
    made = decode(body).object["spec"]["containers"][0]
    assert made["resources"] == {"limits": {"cpu": "500m", "memory": "1Gi"}}
    assert made["ports"] == [{"containerPort": 80}]
    assert isinstance(made["ports"][0]["containerPort"], int)


def test_unknown_fields_are_dropped_and_told_with_their_place() -> None:
    found = decode({**container(foo=1), "metadata": {"bar": 1}, "baz": 1})
    assert found.object["spec"] == {"containers": [{"name": "a"}]}
    assert set(found.strict_faults) == {
        'unknown field "spec.containers[0].foo"',
        'unknown field "metadata.bar"',
        'unknown field "baz"',
    }


def test_a_name_that_stands_twice_is_told_and_its_last_value_counts() -> None:
    text = (
        '{"spec": {"nodeName": "a", "nodeName": "b"}, "metadata": {"labels": {"x": "1", "x": "2"}}}'
    )
    body = json.loads(text, object_pairs_hook=decoding.object_of_pairs)
    found = decode(body)
    assert found.object["spec"] == {"nodeName": "b"}
    assert found.object["metadata"] == {"labels": {"x": "2"}}
    assert set(found.strict_faults) == {
        'duplicate field "spec.nodeName"',
        'duplicate field "metadata.labels.x"',
    }


def test_strict_clients_are_refused_with_every_fault() -> None:
    error = decoding.strict_error(POD, ('unknown field "a"', 'duplicate field "b"'))
    assert error.code == 400
    assert error.message == (
        'Pod in version "v1" cannot be handled as a Pod: strict decoding error:'
        ' unknown field "a", duplicate field "b"'
    )


@pytest.mark.parametrize("body", [None, [], "x", {"kind": "Deployment"}, {"apiVersion": "v2"}])
def test_a_body_of_another_kind_or_none_is_refused(body: Any) -> None:
    with pytest.raises(ApiError) as caught:
        decode(body)
    assert caught.value.code == 400


def test_a_body_without_a_head_gets_its_kind_s() -> None:
    assert decode({"apiVersion": "", "metadata": None}).object == {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {},
    }


def test_a_custom_resource_is_pruned_whatever_its_types() -> None:
    body = cron_tab(
        foo=1, replicas="x", note=None, free={"a": {"b": 1}}, rules=[{"name": "a", "bar": 1}],
        limits={"x": {"cpu": "1", "y": 2}},
    )  # fmt: skip
    found = decode(body, CRON_TAB)
    assert found.object["spec"] == {
        "image": "img",
        "replicas": "x",
        "note": None,
        "free": {"a": {"b": 1}},
        "rules": [{"name": "a"}],
        "limits": {"x": {"cpu": "1"}},
    }
    assert set(found.strict_faults) == {
        'unknown field "spec.foo"',
        'unknown field "spec.rules[0].bar"',
        'unknown field "spec.limits.x.y"',
    }


def test_metadata_of_a_custom_and_of_an_embedded_resource_are_read_strictly() -> None:
    body = cron_tab(pod={"kind": "Pod", "metadata": {"name": "x", "huh": 1}, "spec": {"any": 1}})
    found = decode(body, CRON_TAB)
    assert found.object["spec"]["pod"] == {
        "kind": "Pod",
        "metadata": {"name": "x"},
        "spec": {"any": 1},
    }
    assert found.strict_faults == ('unknown field "spec.pod.metadata.huh"',)
    with pytest.raises(ApiError, match=r"ObjectMeta\.metadata\.labels of type string"):
        decode({**cron_tab(), "metadata": {"labels": {"a": 1}}}, CRON_TAB)
