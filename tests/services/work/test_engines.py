"""What brings workers to the work: nothing is needed, or a broker that may forget everything."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django import Settings
from structlog.testing import capture_logs

from policy_app.models import Cluster, Scan
from policy_app.services import work
from policy_app.services.work import engines
from policy_app.services.work.engines.celery import QUEUE, CeleryEngine
from policy_app.services.work.engines.database import DatabaseEngine
from tests.services.work.scans import Stage, planned, states

pytestmark = pytest.mark.django_db


@pytest.fixture
def celery() -> Iterator[CeleryEngine]:
    """The engine on a broker in this process's memory."""
    made = CeleryEngine("memory://")
    yield made
    with made.app.connection_for_write() as connection:
        made.app.amqp.queues[QUEUE](connection.default_channel).purge()


def test_the_setting_chooses_the_engine(settings: Settings) -> None:
    assert isinstance(engines.current(), DatabaseEngine)
    settings.WORK = "memory://"
    assert isinstance(engines.current(), CeleryEngine)


def test_a_request_is_told_to_the_broker(celery: CeleryEngine) -> None:
    assert celery._queued() == 0
    celery.wake()
    assert celery._queued() == 1


def test_the_sweep_sends_what_was_lost_and_nothing_twice(
    celery: CeleryEngine, aks_demo: Cluster, aks_staging: Cluster
) -> None:
    planned(aks_demo, chunks=3)
    Scan.objects.create(cluster=aks_staging, trigger="demand")
    celery.sweep()
    assert celery._queued() == 4, "three chunks, and a scan to plan"
    celery.sweep()
    assert celery._queued() == 4


def test_the_sweep_is_silent_where_nothing_waits(celery: CeleryEngine) -> None:
    celery.sweep()
    assert celery._queued() == 0


def test_each_message_does_one_piece_and_is_followed_while_there_is_more(
    celery: CeleryEngine, aks_demo: Cluster, stage: Stage
) -> None:
    scan = planned(aks_demo, chunks=2)
    from policy_app.services.work.worker import Worker

    celery._worker = Worker("celery", "tests", on_duty=False)
    celery._work()
    assert states(scan) == {1: "done", 2: "waiting"}
    assert celery._queued() >= 1
    celery._work()
    celery._work()
    assert stage.done == ["chunk 1", "chunk 2", "finish"]


def test_a_broker_that_is_away_fails_no_request(settings: Settings, aks_demo: Cluster) -> None:
    settings.WORK = "redis://127.0.0.1:1/0"
    planned(aks_demo)
    with capture_logs() as lines:
        work.wake()
        engines.current().sweep()
    assert {line["event"] for line in lines} == {"the broker does not answer"}
