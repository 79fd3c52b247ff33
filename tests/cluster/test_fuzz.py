"""Whatever is sent to a cluster is answered: with a Status where it is refused, never a 500."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cluster.conftest import Answer, Api

pytestmark = pytest.mark.django_db
fuzzed = settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
PATIENCE = 20.0


@pytest.fixture(autouse=True)
def no_controller_fails(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """What was let in, controllers can work with; a failure of theirs is only logged."""
    yield
    failed = [one.msg for one in caplog.get_records("call") if "controller failed" in str(one.msg)]
    assert not failed


TEXT = st.text(st.characters(codec=None), max_size=12) | st.sampled_from(
    ["", "\x00", "\ud800", "a\x00b", "💥", "x" * 300, "1e999", "../..", "-", "A B", "%00"]
)
NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.just(10**400)
JUNK: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
METADATA = {
    "name": "fuzzed",
    "labels": {"app": "x"},
    "annotations": {"a": "b"},
    "ownerReferences": [{"apiVersion": "v1", "kind": "Pod", "name": "p", "uid": "u"}],
    "finalizers": ["example.com/keep"],
}
CONTAINER = {
    "name": "c",
    "image": "nginx",
    "ports": [{"containerPort": 80, "name": "http"}],
    "env": [{"name": "A", "value": "b"}],
    "resources": {"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "100m"}},
    "securityContext": {"privileged": False, "capabilities": {"drop": ["ALL"]}},
    "volumeMounts": [{"name": "v", "mountPath": "/v"}],
    "readinessProbe": {"httpGet": {"port": "http", "path": "/"}},
}
POD_SPEC = {"containers": [CONTAINER], "volumes": [{"name": "v", "emptyDir": {}}]}
TEMPLATE = {"metadata": {"labels": {"app": "x"}}, "spec": POD_SPEC}
SELECTOR = {"matchLabels": {"app": "x"}, "matchExpressions": [{"key": "app", "operator": "Exists"}]}
OBJECTS: dict[str, Any] = {
    "/api/v1/namespaces/default/pods": {"spec": POD_SPEC},
    "/api/v1/namespaces/default/configmaps": {"data": {"a": "b"}, "binaryData": {"c": "ZA=="}},
    "/api/v1/namespaces/default/services": {
        "spec": {"selector": {"app": "x"}, "ports": [{"port": 80, "targetPort": "http"}]}
    },
    "/api/v1/namespaces": {},
    "/apis/apps/v1/namespaces/default/deployments": {
        "spec": {"replicas": 1, "selector": SELECTOR, "template": TEMPLATE}
    },
    "/apis/apps/v1/namespaces/default/statefulsets": {
        "spec": {"serviceName": "s", "selector": SELECTOR, "template": TEMPLATE}
    },
    "/apis/batch/v1/namespaces/default/cronjobs": {
        "spec": {
            "schedule": "* * * * *",
            "jobTemplate": {"spec": {"template": {"spec": {**POD_SPEC, "restartPolicy": "Never"}}}},
        }
    },
    "/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers": {
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"},
            "maxReplicas": 3,
            "targetCPUUtilizationPercentage": 50,
        }
    },
    "/apis/policy/v1/namespaces/default/poddisruptionbudgets": {
        "spec": {"minAvailable": "50%", "selector": SELECTOR}
    },
    "/apis/networking.k8s.io/v1/namespaces/default/ingresses": {
        "spec": {
            "rules": [
                {
                    "host": "a.example.com",
                    "http": {
                        "paths": [
                            {
                                "path": "/",
                                "pathType": "Prefix",
                                "backend": {"service": {"name": "s", "port": {"number": 80}}},
                            }
                        ]
                    },
                }
            ]
        }
    },
    "/apis/rbac.authorization.k8s.io/v1/clusterroles": {
        "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]
    },
    "/apis/apiextensions.k8s.io/v1/customresourcedefinitions": {
        "metadata": {"name": "things.example.com"},
        "spec": {
            "group": "example.com",
            "scope": "Namespaced",
            "names": {"plural": "things", "singular": "thing", "kind": "Thing"},
            "versions": [
                {
                    "name": "v1",
                    "served": True,
                    "storage": True,
                    "schema": {
                        "openAPIV3Schema": {
                            "type": "object",
                            "properties": {"spec": {"type": "object"}},
                        }
                    },
                }
            ],
        },
    },
}
FORMS = [
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
    "application/apply-patch+yaml",
]


@st.composite
def spoilt(draw: st.DrawFn, thing: Any) -> Any:
    """A sound value in which junk stands somewhere instead, or besides."""
    thing = copy.deepcopy(thing)
    for _ in range(draw(st.integers(1, 3))):
        place = thing
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            if isinstance(place[key], dict | list) and draw(st.integers(0, 3)):
                place = place[key]
                continue
            if isinstance(place, dict) and draw(st.booleans()):
                place[draw(TEXT)] = draw(JUNK)
            else:
                place[key] = draw(JUNK)
            break
    return thing


def sound(path: str) -> dict[str, Any]:
    return {"metadata": METADATA, **OBJECTS[path]}


def assert_answered(answer: Answer, started: float) -> None:
    assert time.monotonic() - started < PATIENCE
    assert answer.code != 500, answer.body
    assert 200 <= answer.code < 600
    if answer.code >= 400:
        assert answer.body["kind"] == "Status", answer.body
        assert answer.body["code"] == answer.code
        assert answer.body["message"]
        assert answer.body["status"] == "Failure"


@pytest.mark.parametrize("path", OBJECTS, ids=lambda path: path.rpartition("/")[2])
@fuzzed
@given(st.data())
def test_spoilt_objects_are_taken_or_refused(api: Api, path: str, data: st.DataObject) -> None:
    body = data.draw(spoilt(sound(path)))
    started = time.monotonic()
    made = api("POST", path, body, query=data.draw(st.sampled_from(["", "fieldValidation=Strict"])))
    assert_answered(made, started)
    assert made.code in (201, 400, 404, 409, 422, 403, 413)
    if made.code == 201:
        name = made.body["metadata"]["name"]
        # Its owner may not be there: then it is collected at once.
        assert api("GET", f"{path}/{name}").code in (200, 404)
        api("DELETE", f"{path}/{name}", {"gracePeriodSeconds": 0})
        clean = [{"op": "remove", "path": "/metadata/finalizers"}]
        api("PATCH", f"{path}/{name}", clean, form="application/json-patch+json")


@fuzzed
@given(st.data())
def test_patches_of_any_shape_are_taken_or_refused(api: Api, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from([*OBJECTS][:6]))
    assert api("POST", path, sound(path)).code in (201, 409)
    form = data.draw(st.sampled_from(FORMS))
    operations = st.fixed_dictionaries(
        {
            "op": st.sampled_from(["add", "remove", "replace", "move", "copy", "test"]) | TEXT,
            "path": st.sampled_from(["/metadata/labels/x", "/spec", "", "/data/-", "/~2"]) | TEXT,
        },
        optional={"value": JUNK, "from": TEXT},
    )
    patch = data.draw(st.lists(operations, max_size=3) | spoilt(sound(path)) | JUNK)
    started = time.monotonic()
    answer = api("PATCH", f"{path}/fuzzed", patch, form=form, query="force=true")
    assert_answered(answer, started)
    assert api("GET", f"{path}/fuzzed").code in (200, 404)


@fuzzed
@given(
    st.binary(max_size=200)
    | st.sampled_from(["{", "[1,", '{"a":NaN}', "\xff\xfe{}"]).map(str.encode)
)
def test_bytes_that_are_no_object_are_bad_requests(api: Api, body: bytes) -> None:
    started = time.monotonic()
    answer = api("POST", "/api/v1/namespaces/default/pods", body)
    assert_answered(answer, started)
    assert answer.code in (400, 422)


@pytest.mark.parametrize("form", ["application/vnd.kubernetes.protobuf", "application/yaml"])
@fuzzed
@given(st.binary(max_size=200))
def test_bytes_in_other_forms_are_answered(api: Api, form: str, body: bytes) -> None:
    path = "/api/v1/namespaces/default/configmaps"
    started = time.monotonic()
    assert_answered(api("POST", path, b"k8s\x00" + body, form=form), started)
    assert_answered(api("POST", path, body, form=form), started)


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}"), ('[{"spec":', "}]")])
def test_deep_nesting_is_a_bad_request(api: Api, opening: str, closing: str) -> None:
    for depth in (250, 5_000, 200_000):
        body = f"{opening * depth}1{closing * depth}".encode()
        started = time.monotonic()
        answer = api("POST", "/api/v1/namespaces/default/configmaps", body)
        assert_answered(answer, started)
        assert answer.code == 400


def test_a_body_of_three_megabytes_is_taken_and_a_longer_one_refused(api: Api) -> None:
    path = "/api/v1/namespaces/default/pods"
    body = {"metadata": {"name": "big"}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    pad = 3 * 1024 * 1024 - len(json.dumps({**body, "x": ""}))
    started = time.monotonic()
    taken = api("POST", path, {**body, "x": "y" * pad})
    assert_answered(taken, started)
    assert taken.code == 201
    refused = api("POST", path, {**body, "x": "y" * (pad + 1)})
    assert (refused.code, refused.body["reason"]) == (413, "RequestEntityTooLarge")


@fuzzed
@given(
    st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "ODD"]),
    st.lists(
        st.sampled_from(
            ["api", "apis", "v1", "apps", "namespaces", "default", "pods", "log", "openapi", "v3"]
        )
        | TEXT,
        min_size=1,
        max_size=8,
    ),
    st.sampled_from([None, {}, [], {"metadata": {"name": "x"}}]),
)
def test_odd_methods_and_paths_are_answered(
    api: Api, method: str, parts: list[str], body: Any
) -> None:
    path = "/" + "/".join(part.replace("/", "") or "_" for part in parts)
    started = time.monotonic()
    answer = api(method, path, body)
    if method == "HEAD":
        assert answer.code != 500
    elif isinstance(answer.body, dict):
        assert_answered(answer, started)
    else:
        assert answer.code in (200, 204), answer


PARAMETERS = [
    *("labelSelector", "fieldSelector", "limit", "continue", "resourceVersion"),
    *("resourceVersionMatch", "timeoutSeconds", "includeObject", "dryRun", "fieldManager"),
    *("fieldValidation", "force", "propagationPolicy", "gracePeriodSeconds", "container"),
]
VALUES = TEXT | st.sampled_from(
    [
        *("a=b", "a in (b", "!", "a notin (b,c)", "metadata.name=x", "status.phase!=Y", "0", "-1"),
        *("9" * 30, "true", "True", "All", "Strict", "e30=", "W10=", "WzEsMiwzXQ==", "null"),
    ]
)


@fuzzed
@given(st.dictionaries(st.sampled_from(PARAMETERS), VALUES, max_size=4), st.data())
def test_odd_queries_are_answered(api: Api, query: dict[str, str], data: st.DataObject) -> None:
    asked = "&".join(f"{key}={quote(value, errors='replace')}" for key, value in query.items())
    path = data.draw(st.sampled_from([*OBJECTS]))
    method = data.draw(st.sampled_from(["GET", "POST", "DELETE", "PATCH", "PUT"]))
    name = "" if method in ("GET", "POST") else "/nobody"
    started = time.monotonic()
    answer = api(method, path + name, None if method == "GET" else sound(path), query=asked)
    assert_answered(answer, started)


@fuzzed
@given(st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=40))
def test_odd_identities_are_unauthorized(api: Api, value: str) -> None:
    answer = Api("")("GET", "/api/v1/pods", Authorization=value)
    assert (answer.code, answer.body["reason"]) == (401, "Unauthorized")
