"""Workers that judge at the same moment leave what one of them alone would have left."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import connection, connections

from policy_app.models import Cluster, ComplianceEvent, Scan, ScanChunk, Scope
from policy_app.services.cluster import addon
from policy_app.services.compliance import finishing, judging, planning, scanning, tasks
from tests.services.compliance.scans import scan, verdicts
from tests.services.compliance.worlds import assign, labelled, needs_label, put

PODS, WORKERS = 12, 4


@pytest.fixture
def crowd(
    portal: None, monkeypatch: pytest.MonkeyPatch, transactional_db: None, rg_demo: Scope
) -> Cluster:
    """A cluster whose Pods make many chunks; scanned under one policy, and given another."""
    monkeypatch.setattr(tasks, "CHUNK", 2)
    cluster = Cluster.objects.select_related("scope").get(scope__name="aks-demo")
    addon.catch_up(cluster)
    for number in range(PODS):
        put(cluster, labelled(f"pod-{number}", **({"owner": "me"} if number % 3 else {})))
    return cluster


def together(works: list[Callable[[], object]]) -> None:
    """Do all of it at once, each in a thread and a connection of its own."""
    errors: list[BaseException] = []
    gate = threading.Barrier(len(works))

    def one(work: Callable[[], object]) -> None:
        try:
            gate.wait(10)
            work()
        except BaseException as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []


def judged_by_many(planned: Scan) -> Scan:
    """Every chunk is judged by several workers, each of which takes them in another order."""
    chunks = list(planned.chunks.order_by("number"))

    def worker(number: int) -> Callable[[], None]:
        order = chunks[number:] + chunks[:number]

        def work() -> None:
            for chunk in order if number % 2 else reversed(order):
                judging.judge(ScanChunk.objects.get(pk=chunk.pk))

        return work

    together([worker(number) for number in range(WORKERS)])
    planned.chunks.update(state="done")
    return finishing.finish(planned)


@pytest.mark.django_db(transaction=True)
def test_many_workers_on_the_same_chunks_double_nothing(crowd: Cluster, rg_demo: Scope) -> None:
    label = needs_label()
    assign(rg_demo, label, "owned", effect="deny")
    judged_by_many(planning.plan(scanning.request(crowd, "demand")))
    assert ComplianceEvent.objects.filter(cluster=crowd).count() == PODS // 3
    assign(rg_demo, label, "teamed", label="team")
    judged_by_many(planning.plan(scanning.request(crowd, "demand")))
    told = verdicts(crowd)
    assert len(told) == PODS
    assert {tuple(one["applied"]) for one in told.values()} == {
        ("owned/needs-label", "teamed/needs-label")
    }
    assert ComplianceEvent.objects.filter(cluster=crowd).count() == PODS // 3 + PODS
    scan(crowd, reach=Scan.Reach.FULL)
    assert verdicts(crowd) == told


@pytest.mark.django_db(transaction=True)
def test_policies_that_are_judged_apart_at_once_are_both_applied(
    crowd: Cluster, rg_demo: Scope
) -> None:
    label = needs_label()
    for name in ("owned", "teamed"):
        assign(rg_demo, label, name, label=name)
    planned = planning.plan(scanning.request(crowd, "demand"))
    rows = list(planned.cluster.policy_states.order_by("pk").values_list("pk", flat=True))
    apart: list[ScanChunk] = []
    whole = list(planned.chunks.order_by("number"))
    planned.chunks.all().delete()
    for chunk in whole:
        for key in rows:
            task = {**chunk.task, "policies": [key]}
            made = ScanChunk.objects.create(scan=planned, number=len(apart) + 1, task=task)
            apart.append(made)

    def worker(half: int) -> Callable[[], None]:
        def work() -> None:
            for one in apart[half::2]:
                judging.judge(one)

        return work

    together([worker(0), worker(1)])
    planned.chunks.update(state="done")
    finishing.finish(planned)
    assert {len(one["applied"]) for one in verdicts(crowd).values()} == {2}


@pytest.mark.django_db(transaction=True)
def test_of_two_that_ask_at_once_both_get_the_same_scan(crowd: Cluster) -> None:
    found: list[Scan] = []
    together([lambda: found.append(scanning.request(crowd, "demand")) for _ in range(WORKERS)])
    assert len({one.pk for one in found}) == 1
    assert connection.is_usable()
