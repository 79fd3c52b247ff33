"""Work that does not end well."""

from __future__ import annotations

import subprocess
import sys

import pytest
from django.db import OperationalError
from django.utils import timezone

from policy_app.models import Cluster, Scan, WorkerProcess
from policy_app.services.work import doing, failing, leases, moments
from policy_app.services.work.worker import Worker
from tests.services.work.scans import Stage, planned, states

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """What failed is tried again at once."""
    monkeypatch.setattr(failing, "_REST_SECONDS", -1)


def work_until_nothing_is_left() -> None:
    """One worker, in this thread."""
    worker = Worker("database", "tests")
    while worker.step():
        pass


def fail() -> None:
    raise ValueError("spec.containers is no list")


def test_a_scan_is_planned_judged_and_finished(aks_demo: Cluster, stage: Stage) -> None:
    scan = Scan.objects.create(cluster=aks_demo, trigger="demand")
    work_until_nothing_is_left()
    assert stage.done == ["plan", "chunk 1", "chunk 2", "finish"]
    scan.refresh_from_db()
    assert (scan.state, scan.worker, scan.lease_until) == ("done", "", None)
    assert set(scan.chunks.values_list("objects_count", "changed")) == {(10, 1)}


def test_a_chunk_that_fails_three_times_is_set_aside_and_the_rest_goes_on(
    aks_demo: Cluster, stage: Stage
) -> None:
    scan = planned(aks_demo)
    stage.instead["chunk 2"] = fail
    work_until_nothing_is_left()
    assert states(scan) == {1: "done", 2: "setAside", 3: "done"}
    poisoned = scan.chunks.get(number=2)
    assert (poisoned.attempts, poisoned.error) == (3, "ValueError: spec.containers is no list")
    assert stage.done[-1] == "finish"


def test_a_chunk_that_fails_once_is_done_the_next_time(aks_demo: Cluster, stage: Stage) -> None:
    scan = planned(aks_demo, chunks=1)

    def fail_once() -> None:
        del stage.instead["chunk 1"]
        fail()

    stage.instead["chunk 1"] = fail_once
    work_until_nothing_is_left()
    chunk = scan.chunks.get()
    assert (chunk.state, chunk.attempts, chunk.error) == ("done", 2, "")


def test_a_chunk_that_kills_its_worker_three_times_is_set_aside(aks_demo: Cluster) -> None:
    scan = planned(aks_demo, chunks=2)
    scan.chunks.filter(number=2).update(state="done")
    for number in range(3):
        assert leases.claim(f"victim {number}") is not None
        failing.release(f"victim {number}")
        failing.recover()
    assert states(scan) == {1: "setAside", 2: "done"}
    assert "Its worker ended 3 times while it was judged" in scan.chunks.get(number=1).error


@pytest.mark.parametrize("part", ["plan", "finish"])
def test_a_scan_that_cannot_be_planned_or_finished_has_failed_with_the_reason(
    aks_demo: Cluster, stage: Stage, part: str
) -> None:
    scan = Scan.objects.create(cluster=aks_demo, trigger="demand")
    stage.instead[part] = fail
    work_until_nothing_is_left()
    scan.refresh_from_db()
    assert (scan.state, scan.error) == ("failed", "ValueError: spec.containers is no list")
    assert scan.finished_at is not None


def test_a_scan_that_kills_its_planner_three_times_has_failed(aks_demo: Cluster) -> None:
    scan = Scan.objects.create(cluster=aks_demo, trigger="demand")
    for number in range(3):
        assert leases.claim(f"victim {number}") is not None
        failing.release(f"victim {number}")
        failing.recover()
    scan.refresh_from_db()
    assert scan.state == "failed"
    assert "Its worker ended 3 times" in scan.error


def test_a_database_that_is_away_is_not_the_fault_of_the_chunk(
    aks_demo: Cluster, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan = planned(aks_demo, chunks=1)
    answers = iter([False, False, True])
    monkeypatch.setattr(doing, "database_answers", lambda: next(answers, True))

    def go_away() -> None:
        del stage.instead["chunk 1"]
        raise OperationalError("server closed the connection unexpectedly")

    stage.instead["chunk 1"] = go_away
    worker = Worker("database", "tests")
    assert worker.step()
    assert set(scan.chunks.values_list("state", "attempts")) == {("waiting", 0)}
    work_until_nothing_is_left()
    assert states(scan) == {1: "done"}
    assert scan.chunks.get().error == ""


def test_a_second_signal_gives_the_chunk_back(aks_demo: Cluster, stage: Stage) -> None:
    scan = planned(aks_demo, chunks=1)

    def be_told_again() -> None:
        raise SystemExit(143)

    stage.instead["chunk 1"] = be_told_again
    with pytest.raises(SystemExit):
        Worker("database", "tests").step()
    chunk = scan.chunks.get()
    assert (chunk.state, chunk.attempts, chunk.worker) == ("waiting", 0, "")


def test_what_a_process_of_this_machine_left_is_free_as_soon_as_it_is_gone(
    aks_demo: Cluster,
) -> None:
    scan = planned(aks_demo, chunks=1)
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    now = timezone.now()
    WorkerProcess.objects.create(
        name="gone", host=failing.host(), pid=ended.pid, started_at=now, seen_at=now
    )
    elsewhere = WorkerProcess.objects.create(
        name="elsewhere", host="another machine", pid=ended.pid, started_at=now, seen_at=now
    )
    leases.claim("gone")
    failing.recover()
    assert states(scan) == {1: "waiting"}
    assert list(WorkerProcess.objects.all()) == [elsewhere]


def test_an_error_is_kept_without_what_a_database_cannot_hold() -> None:
    assert failing.describe(ValueError("a\x00b")) == "ValueError: a�b"
    assert len(failing.describe(ValueError("x" * 10_000))) == 2_000


def test_the_time_of_leases_is_the_databases() -> None:
    assert abs((moments.now() - timezone.now()).total_seconds()) < 60
