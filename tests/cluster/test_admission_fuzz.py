"""Whatever is posted to a webhook, there is an answer with a code, and soon."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policy_app.models import Definition, Scope
from policy_app.services import assignments
from tests.cluster.admission import ApiServer, review
from tests.services.cluster.inside import Api, pod
from tests.services.test_drafts import draft

_TEXT = st.text(max_size=20) | st.sampled_from(["\x00", "\ud800", "é" * 300, "x" * 70_000, "💥"])
_LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | _TEXT
_JSON = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4)
)
_FIELDS = st.sampled_from(sorted(review({})["request"]))
_PLACES = st.sampled_from(
    [
        ("metadata",),
        ("metadata", "name"),
        ("metadata", "namespace"),
        ("metadata", "labels"),
        ("metadata", "annotations"),
        ("metadata", "generateName"),
        ("spec",),
        ("spec", "containers"),
        ("spec", "containers", 0),
        ("spec", "containers", 0, "securityContext"),
        ("spec", "containers", 0, "image"),
        ("spec", "volumes"),
        ("apiVersion",),
        ("kind",),
    ]
)
_OFTEN = settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
def server(portal: None, rg_demo: Scope, restricted: Definition) -> ApiServer:
    """A cluster under the restricted initiative."""
    assignments.put(draft(rg_demo, restricted, parameters={"effect": "deny"}), None)
    # The add-on does its part once, and not anew in everything that is undone below.
    assert Api().cluster
    server = ApiServer()
    server.call(b"")  # The first request loads the portal's views.
    return server


def checked(server: ApiServer, body: Any) -> None:
    """An answer of one of the two forms, with a code that fits, within seconds."""
    with transaction.atomic():
        for webhook in ("validate", "mutate"):
            began = time.process_time()
            answer = server.call(body, below=f"{webhook}/{server.token}")
            assert time.process_time() - began < 5
            told = json.loads(answer.content)
            if answer.status_code == 200:
                assert told["kind"] == "AdmissionReview"
                assert isinstance(told["response"]["allowed"], bool)
                assert told["response"]["uid"]
                # Nothing may be left to the failure policy: the portal could read it.
                assert not told["response"].get("warnings")
            else:
                assert (told["kind"], told["code"]) == ("Status", answer.status_code)
                assert answer.status_code in (400, 413, 415)
        transaction.set_rollback(True)


@_OFTEN
@given(body=st.binary(max_size=300) | _JSON)
def test_bodies_of_any_shape(server: ApiServer, body: Any) -> None:
    checked(server, body)


@_OFTEN
@given(field=_FIELDS, value=_JSON)
def test_reviews_with_any_value_in_a_field(server: ApiServer, field: str, value: Any) -> None:
    checked(server, review(pod(privileged=True), **{field: value}))


@_OFTEN
@given(path=_PLACES, value=_JSON)
def test_objects_with_any_value_in_a_place(
    server: ApiServer, path: tuple[Any, ...], value: Any
) -> None:
    thing: Any = pod(privileged=True)
    *way, last = path
    inner = thing
    for step in way:
        inner = inner[step]
    inner[last] = value
    checked(server, review(thing))


@pytest.mark.parametrize("size", [100_000, 2_900_000])
def test_large_objects(server: ApiServer, size: int) -> None:
    thing = pod()
    thing["metadata"]["annotations"] = {"note": "x" * size}
    checked(server, review(thing))


def test_many_containers(server: ApiServer) -> None:
    thing = pod(privileged=True)
    thing["spec"]["containers"] = thing["spec"]["containers"] * 2_000
    checked(server, review(thing))


def test_an_object_that_is_nested_deeply(server: ApiServer) -> None:
    body = json.dumps(review({**pod(), "spec": "DEEP"}))
    for depth in (150, 5_000):
        checked(server, body.replace('"DEEP"', '{"a":' * depth + "1" + "}" * depth))
