"""Watches at the HTTP door: when they begin and end, and what they say."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import pytest

from policy_app.cluster import streams
from policy_app.models import Cluster, ClusterState
from policy_app.services.cluster import watching
from tests.cluster.conftest import Answer, Api

pytestmark = pytest.mark.django_db
MAPS = "/api/v1/namespaces/default/configmaps"


def config_map(name: str) -> Any:
    return {"metadata": {"name": name, "labels": {"name": name}}}


def events(answer: Answer) -> list[Any]:
    assert answer.code == 200
    return [json.loads(line) for line in answer.body.splitlines() if line.strip()]


@pytest.mark.parametrize("yes", ["true", "True", "1"])
def test_it_tells_what_is_there_and_ends_when_its_time_is_up(api: Api, yes: str) -> None:
    api("POST", MAPS, config_map("there"))
    started = time.monotonic()
    asked = f"watch={yes}&timeoutSeconds=1&fieldSelector=metadata.name%3Dthere"
    [event] = events(api("GET", MAPS, query=asked))
    assert (event["type"], event["object"]["metadata"]["name"]) == ("ADDED", "there")
    assert 0.9 < time.monotonic() - started < 10


def test_it_goes_on_from_a_resource_version(api: Api) -> None:
    version = api("GET", MAPS).body["metadata"]["resourceVersion"]
    api("POST", MAPS, config_map("new"))
    api("DELETE", f"{MAPS}/new")
    query = f"watch=1&timeoutSeconds=1&resourceVersion={version}"
    told = events(api("GET", MAPS, query=query))
    assert [one["type"] for one in told] == ["ADDED", "DELETED"]
    versions = [int(one["object"]["metadata"]["resourceVersion"]) for one in told]
    assert int(version) < versions[0] < versions[1]


def test_an_object_that_leaves_the_selection_is_deleted_for_the_watch(api: Api) -> None:
    api("POST", MAPS, config_map("moving"))
    version = api("GET", MAPS).body["metadata"]["resourceVersion"]
    patch = {"metadata": {"labels": {"name": "elsewhere"}}}
    api("PATCH", f"{MAPS}/moving", patch, form="application/merge-patch+json")
    query = f"watch=1&timeoutSeconds=1&labelSelector=name%3Dmoving&resourceVersion={version}"
    assert [one["type"] for one in events(api("GET", MAPS, query=query))] == ["DELETED"]


def test_a_version_that_was_thinned_is_gone(api: Api, aks_demo: Cluster) -> None:
    api("POST", MAPS, config_map("any"))
    ClusterState.objects.filter(cluster=aks_demo).update(compacted=5)
    [event] = events(api("GET", MAPS, query="watch=1&timeoutSeconds=5&resourceVersion=2"))
    assert event["type"] == "ERROR"
    assert (event["object"]["code"], event["object"]["reason"]) == (410, "Expired")


def test_bookmarks_tell_clients_that_want_them_how_far_a_watch_is(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "_BOOKMARK_EVERY", 0.2)
    version = api("GET", MAPS).body["metadata"]["resourceVersion"]
    query = f"watch=1&timeoutSeconds=2&resourceVersion={version}"
    assert events(api("GET", MAPS, query=query)) == []
    told = events(api("GET", MAPS, query=f"{query}&allowWatchBookmarks=true"))
    assert {one["type"] for one in told} == {"BOOKMARK"}
    thing = told[-1]["object"]
    assert (thing["kind"], thing["apiVersion"]) == ("ConfigMap", "v1")
    assert int(thing["metadata"]["resourceVersion"]) >= int(version)
    # A watch goes on from there, and tells nothing twice.
    api("POST", MAPS, config_map("later"))
    since = thing["metadata"]["resourceVersion"]
    query = f"watch=1&timeoutSeconds=1&resourceVersion={since}"
    assert [one["type"] for one in events(api("GET", MAPS, query=query))] == ["ADDED"]


def test_a_client_that_likes_tables_gets_one_row_an_event(api: Api) -> None:
    api("POST", MAPS, config_map("tabled"))
    [event] = events(
        api(
            "GET",
            MAPS,
            query="watch=1&timeoutSeconds=1&labelSelector=name%3Dtabled",
            Accept="application/json;as=Table;v=v1;g=meta.k8s.io,application/json",
        )
    )
    assert event["object"]["kind"] == "Table"
    assert event["object"]["rows"][0]["cells"][0] == "tabled"


def test_too_many_watches_are_told_to_come_again(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    places = threading.BoundedSemaphore(1)
    monkeypatch.setattr(streams, "_open", places)
    assert places.acquire(blocking=False)
    refused = api("GET", MAPS, query="watch=1&timeoutSeconds=1")
    assert (refused.code, refused.body["reason"]) == (429, "TooManyRequests")
    assert int(refused.headers["Retry-After"]) > 0
    places.release()
    assert api("GET", MAPS, query="watch=1&timeoutSeconds=1").code == 200
    # The one that ended gave its place back.
    assert places.acquire(blocking=False)


@pytest.mark.parametrize(
    "query", ["timeoutSeconds=x", "resourceVersion=x", "labelSelector=a%3D%3D%3Db"]
)
def test_a_watch_with_a_bad_query_is_a_bad_request(api: Api, query: str) -> None:
    assert api("GET", MAPS, query=f"watch=1&{query}").code == 400
