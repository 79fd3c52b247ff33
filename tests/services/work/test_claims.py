"""Who may do which piece of work."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from policy_app.models import Cluster, Scan, ScanChunk
from policy_app.services.work import failing, leases
from policy_app.services.work.leases import Lease, LeaseLost, Part
from tests.services.work.scans import planned, states

PAST = timedelta(seconds=1)


def run_out(scan: Scan) -> None:
    """As if every worker of the scan had been silent for too long."""
    gone = timezone.now() - PAST
    scan.chunks.filter(state="running").update(lease_until=gone)


def taken(worker: str = "one") -> Lease:
    """A claim that must succeed."""
    lease = leases.claim(worker)
    assert lease is not None
    return lease


@pytest.mark.django_db
def test_each_chunk_is_given_to_one_worker_and_then_the_scan_is_finished(aks_demo: Cluster) -> None:
    scan = planned(aks_demo, chunks=2)
    first, second = taken("one"), taken("two")
    assert (first.number, second.number) == (1, 2)
    assert leases.claim("three") is None
    leases.finish_chunk(first, objects=10, changed=1)
    assert leases.claim("three") is None, "the scan is not over while a chunk is judged"
    leases.finish_chunk(second, objects=10, changed=0)
    assert taken("three").part is Part.FINISH
    assert leases.claim("four") is None, "one worker finishes a scan"
    assert states(scan) == {1: "done", 2: "done"}


@pytest.mark.django_db
def test_a_scan_is_planned_by_one_worker(aks_demo: Cluster) -> None:
    scan = Scan.objects.create(cluster=aks_demo, trigger="demand")
    assert taken("one").part is Part.PLAN
    assert leases.claim("two") is None
    scan.refresh_from_db()
    assert (scan.state, scan.worker) == ("running", "one")
    assert scan.started_at is not None


@pytest.mark.django_db
def test_what_a_dead_worker_left_is_taken_by_another_one_after_its_lease(aks_demo: Cluster) -> None:
    scan = planned(aks_demo, chunks=1)
    dead = taken("dead")
    failing.recover()
    assert leases.claim("other") is None, "its lease has not run out"
    run_out(scan)
    failing.recover()
    other = taken("other")
    assert (other.chunk_id, other.attempt) == (dead.chunk_id, 2)
    with pytest.raises(LeaseLost):
        leases.finish_chunk(dead, objects=10, changed=10)
    leases.finish_chunk(other, objects=10, changed=1)
    assert scan.chunks.get().changed == 1, "what the late one says does not count"


@pytest.mark.django_db
def test_a_worker_that_says_that_it_is_alive_keeps_its_chunk(aks_demo: Cluster) -> None:
    scan = planned(aks_demo, chunks=1)
    lease = taken()
    run_out(scan)
    assert leases.renew(lease)
    failing.recover()
    assert leases.claim("other") is None
    run_out(scan)
    failing.recover()
    taken("other")
    assert not leases.renew(lease)


@pytest.mark.django_db
def test_a_chunk_that_is_given_back_counts_no_attempt(aks_demo: Cluster) -> None:
    scan = planned(aks_demo, chunks=1)
    leases.give_back(taken())
    assert states(scan) == {1: "waiting"}
    assert taken("other").attempt == 1


@pytest.mark.django_db
def test_workers_turn_to_the_cluster_that_fewest_are_on(
    aks_demo: Cluster, aks_staging: Cluster
) -> None:
    large, small = planned(aks_demo, chunks=5), planned(aks_staging, chunks=2)
    given = [taken(f"worker {number}").scan_id for number in range(4)]
    assert given == [large.pk, small.pk, large.pk, small.pk]


@pytest.mark.django_db
def test_a_scan_that_somebody_waits_for_goes_before_those_of_the_schedule(
    aks_demo: Cluster, aks_staging: Cluster
) -> None:
    due = Scan.objects.create(cluster=aks_demo, trigger="schedule")
    wanted = Scan.objects.create(cluster=aks_staging, trigger="demand")
    assert taken("one").scan_id == wanted.pk
    assert taken("two").scan_id == due.pk


@pytest.mark.django_db
def test_chunks_are_judged_before_more_scans_of_the_schedule_are_planned(
    aks_demo: Cluster, aks_staging: Cluster
) -> None:
    planned(aks_demo, chunks=1)
    Scan.objects.create(cluster=aks_staging, trigger="schedule")
    assert [taken(name).part for name in ("one", "two")] == [Part.CHUNK, Part.PLAN]


@pytest.mark.django_db
def test_chunks_that_failed_wait_until_the_others_had_their_turn(aks_demo: Cluster) -> None:
    scan = planned(aks_demo, chunks=3)
    scan.chunks.filter(number=1).update(attempts=1)
    assert [taken("one").number for _ in range(3)] == [2, 3, 1]


@pytest.mark.django_db
def test_no_chunk_of_a_cancelled_scan_is_taken_and_the_scan_is_ended(aks_demo: Cluster) -> None:
    scan = planned(aks_demo, chunks=2)
    at_hand = taken()
    Scan.objects.filter(pk=scan.pk).update(cancelled=True)
    assert leases.claim("other") is None
    leases.finish_chunk(at_hand, objects=10, changed=0)
    assert taken("other").part is Part.FINISH


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("portal")
def test_workers_that_ask_at_once_never_get_the_same_chunk() -> None:
    scan = planned(Cluster.objects.earliest("pk"), chunks=24)

    def work(worker: str) -> list[int]:
        numbers = []
        try:
            while (lease := leases.claim(worker)) is not None and lease.part is Part.CHUNK:
                numbers.append(lease.number or 0)
                leases.finish_chunk(lease, objects=1, changed=0)
        finally:
            connections.close_all()
        return numbers

    with ThreadPoolExecutor(4) as pool:
        lots = list(pool.map(work, ["one", "two", "three", "four"]))
    assert sorted(number for lot in lots for number in lot) == list(range(1, 25))
    assert set(scan.chunks.values_list("state", "attempts")) == {(ScanChunk.State.DONE, 1)}
