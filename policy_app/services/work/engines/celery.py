"""The engine for many machines: Celery brings workers to the rows, over Redis or RabbitMQ.

A message says no more than "there may be something to do".  Whoever gets it takes what the rows
offer; a message too many finds nothing, and what was lost with a broker is sent again by the sweep.
So a message may be late, double or gone, and no verdict depends on it.
"""

from __future__ import annotations

import os
import signal
from typing import Any

import structlog
from celery import Celery, signals
from django.conf import settings
from django.db import connections
from kombu.exceptions import OperationalError as BrokerFailure

from policy_app.services.work import leases
from policy_app.services.work.engines import Options, parents
from policy_app.services.work.worker import Worker

QUEUE = "policy-portal"
_TASK = "policy_portal.work"
_MOST_MESSAGES = 200
_SEND_SECONDS = 2
_log = structlog.get_logger("work")


class CeleryEngine:
    """Messages on one queue of one broker."""

    name = "celery"

    def __init__(self, broker: str) -> None:
        """``broker`` is an address as Celery takes it."""
        self.app = _application(broker)
        self._worker: Worker | None = None
        self.label = ""
        self.app.task(name=_TASK)(self._work)

    def wake(self) -> None:
        """One message; a broker that is away is logged, and the sweep sends it later."""
        try:
            self._send(1)
        except (BrokerFailure, OSError) as error:
            _log.warning("the broker does not answer", why=str(error)[:200])

    def sweep(self) -> None:
        """As many messages as there are pieces of work that none speaks of."""
        wanted = min(_waiting(), _MOST_MESSAGES)
        if wanted == 0:
            return
        try:
            self._send(max(0, wanted - self._queued()))
        except (BrokerFailure, OSError) as error:
            _log.warning("the broker does not answer", why=str(error)[:200])

    def run(self, options: Options) -> int:
        """Be a Celery worker until a signal."""
        from policy_app.services.work import probes

        self.label = options.label
        keeper = Worker(self.name, f"{options.label or 'celery'}-keeper")
        # The log is set up already; Celery would set its level anew.
        signals.setup_logging.connect(lambda **_: None, weak=False)
        signals.worker_ready.connect(lambda **_: keeper.start(), weak=False)
        signals.worker_process_init.connect(self._begin, weak=False)
        signals.worker_process_shutdown.connect(self._end, weak=False)
        parents.end_with_parent(lambda: os.kill(os.getpid(), signal.SIGTERM))
        # The pool's processes are forks: no connection may be shared with them.
        connections.close_all()
        worker: Any = self.app.Worker(
            concurrency=options.concurrency,
            hostname=f"{options.label or 'policy-portal'}@%h",
            queues=[QUEUE],
            without_mingle=True,
            without_gossip=True,
            optimization="fair",
            quiet=True,
        )
        with probes.answering(lambda: keeper.healthy, options.port):
            worker.start()
        keeper.end()
        return int(worker.exitcode or 0)

    def _begin(self, **_: Any) -> None:
        """In each process of the pool: a worker that is known by name."""
        connections.close_all()
        self._worker = Worker(self.name, self.label, on_duty=False)
        self._worker.start()

    def _end(self, **_: Any) -> None:
        if self._worker is not None:
            self._worker.end()

    def _work(self) -> None:
        """One piece of work; while there is more, each message has one that follows it."""
        if self._worker is None:
            self._begin()
        assert self._worker is not None
        if self._worker.step():
            self._send(min(2, _waiting()))

    def _send(self, count: int) -> None:
        with self.app.connection_for_write(connect_timeout=_SEND_SECONDS) as connection:
            for _ in range(count):
                self.app.send_task(_TASK, queue=QUEUE, connection=connection, retry=False)

    def _queued(self) -> int:
        """How many messages wait at the broker."""
        with self.app.connection_for_write(connect_timeout=_SEND_SECONDS) as connection:
            queue = self.app.amqp.queues[QUEUE](connection.default_channel)
            return int(queue.queue_declare().message_count)


def _application(broker: str) -> Celery:
    """Celery as it should be for work whose truth is elsewhere."""
    app = Celery("policy_portal", broker=broker, set_as_current=False)
    app.conf.update(
        task_default_queue=QUEUE,
        # A message is gone when the work is done, and comes again where a worker died.
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        worker_prefetch_multiplier=1,
        task_ignore_result=True,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options={
            "visibility_timeout": settings.WORK_SECONDS + settings.LEASE_SECONDS,
            "socket_connect_timeout": _SEND_SECONDS,
            "socket_timeout": 30,
            "socket_keepalive": True,
            "health_check_interval": 10,
        },
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        worker_enable_remote_control=False,
        worker_send_task_events=False,
    )
    return app


def _waiting() -> int:
    """How many pieces of work wait for a worker; no more than are told of at once."""
    scans = (leases.scans_to_plan() | leases.scans_to_finish()).order_by()[:_MOST_MESSAGES]
    chunks = leases.chunks_to_judge().order_by()[:_MOST_MESSAGES]
    return scans.count() + chunks.count()
