"""How controllers see changes: to the end, once, whatever fails and whoever writes beside."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import Max

from policy_app.apimachinery.errors import ApiError
from policy_app.models import Cluster, ClusterState, KubeChange, KubeObject
from policy_app.services.cluster import clock, controllers, store
from policy_app.services.cluster.controllers import looking, replicasets
from policy_app.services.cluster.store import Writer, writing
from tests.services.cluster.controllers.kube import Kube, new_cluster
from tests.services.cluster.controllers.test_deployments import DEPLOYMENT

CONFIG = "{{apiVersion: v1, kind: ConfigMap, metadata: {{name: {name}}}, data: {{value: '0'}}}}"


def _revision(cluster: Cluster) -> int:
    return ClusterState.objects.get(cluster=cluster).revision


def _named(name: str) -> str:
    return DEPLOYMENT.replace("name: web,", f"name: {name},", 1)


def _fail_for(monkeypatch: pytest.MonkeyPatch, prefix: str) -> None:
    """Let the controller of ReplicaSets write something, and then fail, for some of them."""
    keep = replicasets._keep

    def failing(writer: Writer, row: KubeObject) -> None:
        keep(writer, row)
        if row.name.startswith(prefix):
            raise RuntimeError("a fault of the controller")

    monkeypatch.setattr(replicasets, "_keep", failing)


def test_when_all_is_settled_nothing_changes_any_more(kube: Kube) -> None:
    kube.create(DEPLOYMENT)
    before = _revision(kube.cluster)

    ClusterState.objects.filter(cluster=kube.cluster).update(settled=1)
    controllers.settle(kube.cluster)

    assert _revision(kube.cluster) == before


def test_a_controller_that_fails_keeps_nobody_else_back(
    kube: Kube, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fail_for(monkeypatch, "bad-")
    kube.create(_named("bad"))
    kube.create(_named("good"))

    owners = {one["metadata"]["ownerReferences"][0]["name"][:4] for one in kube.all("Pod")}
    assert owners == {"good"}


def test_of_what_fails_nothing_is_left_and_no_revision_is_missing_or_given_twice(
    kube: Kube, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fail_for(monkeypatch, "bad-")
    kube.create(_named("bad"))
    kube.create(_named("good"))

    revisions = list(
        KubeChange.objects.filter(cluster=kube.cluster).values_list("revision", flat=True)
    )
    assert revisions == list(range(revisions[0], revisions[-1] + 1))
    assert revisions[-1] == _revision(kube.cluster)
    newest = KubeObject.objects.filter(cluster=kube.cluster).aggregate(Max("revision"))
    assert newest["revision__max"] <= revisions[-1]


def test_a_process_that_dies_leaves_the_rest_to_whoever_looks_next(
    kube: Kube, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("policy_app.services.cluster.writes.controllers.settle", lambda _: None)
        kube.create(DEPLOYMENT)
    assert not KubeObject.objects.filter(cluster=kube.cluster, plural="pods").exists()

    assert len(kube.all("Pod")) == 3


def test_two_controllers_that_never_agree_do_not_hold_a_request_for_ever(
    kube: Kube, monkeypatch: pytest.MonkeyPatch
) -> None:
    def turn(writer: Writer, uids: list[str]) -> None:
        for row in looking.staying(writer, uids):
            value = str(int(row.body["data"]["value"]) + 1)
            writer.change(row, {**row.body, "data": {"value": value}})

    looks = {("", "configmaps"): (looking.itself(turn),)}
    monkeypatch.setattr(controllers, "_ASKING", looks)
    kube.create(CONFIG.format(name="ball"))

    assert 1 < int(kube.get("ConfigMap", "ball")["data"]["value"]) < 1000


def test_events_are_forgotten_after_an_hour(kube: Kube) -> None:
    kube.create(DEPLOYMENT)
    kube.wait(timedelta(minutes=59).total_seconds())
    assert kube.all("Event")

    kube.wait(timedelta(minutes=2).total_seconds())

    assert kube.all("Event") == []


def test_the_same_event_again_is_counted(kube: Kube) -> None:
    kube.deny_privileged()
    more = 'image: "nginx:1", securityContext: {privileged: true}'
    kube.create(DEPLOYMENT.replace('image: "nginx:1"', more))
    kube.wait(3)
    kube.wait(5)

    (event,) = [one for one in kube.all("Event") if one["reason"] == "FailedCreate"]
    assert event["count"] == 3


def test_old_changes_are_thinned_and_the_newest_stay(
    kube: Kube, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "CHANGES_KEPT", 20)
    monkeypatch.setattr(store, "_THINNED_EVERY", 10)
    for number in range(60):
        kube.create(CONFIG.format(name=f"c{number}"))

    state = ClusterState.objects.get(cluster=kube.cluster)
    left = KubeChange.objects.filter(cluster=kube.cluster)
    assert 20 <= left.count() <= 40
    assert state.compacted < min(left.values_list("revision", flat=True))


def test_a_thousand_pods_come_with_few_statements(
    kube: Kube, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(1_000):
        kube.create(DEPLOYMENT.replace("replicas: 3", "replicas: 200"))

    assert kube.get("Deployment", "web")["status"]["availableReplicas"] == 200


def test_a_change_that_concerns_nobody_costs_three_statements(
    kube: Kube, django_assert_max_num_queries: Any
) -> None:
    with writing(kube.cluster) as writer:
        metadata = {"name": "one", "namespace": "default"}
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata}
        writer.add(kube.kind("Secret"), secret)

    with django_assert_max_num_queries(4):
        controllers.settle(kube.cluster)

    state = ClusterState.objects.get(cluster=kube.cluster)
    assert state.settled == state.revision


@contextmanager
def _threads(work: Callable[[int], None], count: int) -> Iterator[None]:
    """Run the same in several threads, each with a connection of its own, beside the body."""
    failures: list[BaseException] = []

    def run(number: int) -> None:
        try:
            work(number)
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    started = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for one in started:
        one.start()
    yield
    for one in started:
        one.join(timeout=120)
    assert failures == []


@pytest.mark.django_db(transaction=True)
def test_of_many_who_count_at_once_nobodys_count_is_lost() -> None:
    kube = Kube(new_cluster())
    kube.create(CONFIG.format(name="count"))

    def count(_: int) -> None:
        done = 0
        while done < 5:
            try:
                kube.change("ConfigMap", "count", _add_one)
                done += 1
            except ApiError as error:
                if error.code != 409:
                    raise

    with _threads(count, 3):
        pass

    assert kube.get("ConfigMap", "count")["data"]["value"] == "15"


@pytest.mark.django_db(transaction=True)
def test_revisions_are_given_in_one_order_whoever_writes() -> None:
    kube = Kube(new_cluster())

    def create(number: int) -> None:
        for each in range(4):
            kube.create(CONFIG.format(name=f"c-{number}-{each}"))
        kube.create(_named(f"web-{number}"))

    with _threads(create, 3):
        pass

    clock.catch_up(kube.cluster)
    changes = KubeChange.objects.filter(cluster=kube.cluster)
    revisions = list(changes.values_list("revision", flat=True))
    assert revisions == list(range(revisions[0], revisions[-1] + 1))
    assert len(kube.names("Pod")) == 9
    assert len(kube.names("ConfigMap")) == 3 * 4 + 1


@pytest.mark.django_db(transaction=True)
def test_nobody_sees_half_of_a_change() -> None:
    kube = Kube(new_cluster())
    for name in ("one", "two"):
        kube.create(CONFIG.format(name=name))
    over = threading.Event()

    def write(_: int) -> None:
        for value in range(1, 30):
            with writing(kube.cluster) as writer:
                for name in ("one", "two"):
                    row = writer.find(kube.kind("ConfigMap"), "default", name)
                    assert row is not None
                    writer.change(row, {**row.body, "data": {"value": str(value)}})
        over.set()

    seen = set()
    with _threads(write, 1):
        while not over.is_set():
            pair = [one["data"]["value"] for one in kube.all("ConfigMap") if "value" in one["data"]]
            seen.add(tuple(pair))

    assert all(one == two for one, two in seen)


def _add_one(thing: dict[str, Any]) -> None:
    thing["data"]["value"] = str(int(thing["data"]["value"]) + 1)
