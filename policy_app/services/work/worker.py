"""A worker: takes one piece of work after the other, and says all the while that it is alive."""

from __future__ import annotations

import os
import random
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from django.conf import settings
from django.db import Error as DatabaseFailure
from django.db import connections

from policy_app.models import WorkerProcess
from policy_app.services.work import doing, duties, failing, leases, metrics, moments
from policy_app.services.work.leases import Lease

_LONGEST_WAIT = 5.0
_LOOK_SECONDS = 0.2
_ROUND_SECONDS = 2.0
_EXIT_CODE_STUCK = 70
_log = structlog.get_logger("work")


class Worker:
    """What one process does.  ``step`` is called from one thread; others do what comes round."""

    def __init__(self, engine: str, label: str = "", *, on_duty: bool = True) -> None:
        """``label`` is what people call it; its name is unlike that of any other process.

        ``on_duty`` says whether it also looks after what comes round (``duties``).
        """
        self.engine = engine
        self.name = f"{label or failing.host().split()[0]}-{os.getpid()}-{uuid.uuid4().hex[:6]}"
        self.done = 0
        self.lease: Lease | None = None
        self._taken_at = 0.0
        self._stopping = threading.Event()
        self._alive_at = time.monotonic()
        loops = [self._keep_alive, self._look_round] if on_duty else [self._keep_alive]
        self._threads = [threading.Thread(target=one, daemon=True) for one in loops]

    def start(self) -> None:
        """Be known, and begin to say that it is alive."""
        structlog.contextvars.bind_contextvars(worker=self.name)
        with _forgiving("could not say that it is there"):
            self._say()
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Take nothing more; the piece of work at hand is finished by ``step``."""
        self._stopping.set()

    @property
    def stopping(self) -> bool:
        """Whether it was told to stop."""
        return self._stopping.is_set()

    @property
    def healthy(self) -> bool:
        """Whether it could tell the database not long ago that it is alive."""
        return time.monotonic() - self._alive_at < 2 * settings.LEASE_SECONDS

    def wait(self, seconds: float) -> None:
        """Rest, unless it is told to stop."""
        self._stopping.wait(seconds)

    def step(self) -> bool:
        """Do one piece of work; False where there is none, or where it was told to stop.

        While the database does not answer, it waits.
        """
        if self.stopping:
            return False
        lease = None
        try:
            lease = leases.claim(self.name)
            if lease is None:
                return False
            self._do(lease)
        except doing.DatabaseGone as gone:
            self._wait_for_database(str(gone), lease)
        except DatabaseFailure as error:
            if doing.database_answers():
                # SQLite's one writer was busy for too long, or a connection had gone stale.
                _log.warning("the database refused", why=failing.describe(error))
                self.wait(random.uniform(0.1, 0.5))  # noqa: S311 - only spreads the tries
            else:
                self._wait_for_database(failing.describe(error), lease)
        return True

    def end(self) -> None:
        """Be forgotten; what a signal cut off was given back already."""
        self.stop()
        for thread in self._threads:
            thread.join(_LONGEST_WAIT)
        try:
            WorkerProcess.objects.filter(name=self.name).delete()
        except DatabaseFailure as error:
            _log.warning("could not take leave", why=failing.describe(error))

    def _do(self, lease: Lease) -> None:
        self._taken_at = time.monotonic()
        self.lease = lease
        try:
            doing.do(lease)
            self.done += 1
        except (SystemExit, KeyboardInterrupt):
            leases.give_back(lease)
            raise
        finally:
            self.lease = None

    def _wait_for_database(self, why: str, lease: Lease | None) -> None:
        """Until it answers; what was at hand is given back then, since it is not its fault."""
        _log.error("the database does not answer", why=why)
        pause = 0.1
        while not self.stopping and not doing.database_answers():
            self.wait(pause)
            pause = min(pause * 2, _LONGEST_WAIT)
        if self.stopping:
            return
        _log.info("the database answers again")
        with _forgiving("could not give back what was at hand"):
            if lease is not None:
                leases.give_back(lease)
            # A claim may have been committed of which this worker was never told.
            failing.release(self.name)

    # The other threads, each with a connection of its own.

    def _keep_alive(self) -> None:
        """To the end of the last piece of work, also when it was told to stop meanwhile."""
        structlog.contextvars.bind_contextvars(worker=self.name)
        said_at = time.monotonic()
        while not self._stopping.is_set() or self.lease is not None:
            time.sleep(_LOOK_SECONDS)
            self._end_if_stuck()
            if time.monotonic() - said_at < settings.LEASE_SECONDS / 3:
                continue
            said_at = time.monotonic()
            with _forgiving("could not say that it is alive"):
                self._say()
        connections.close_all()

    def _look_round(self) -> None:
        structlog.contextvars.bind_contextvars(worker=self.name)
        while not self._stopping.wait(_ROUND_SECONDS):
            with _forgiving("could not look what comes round"):
                duties.look(self.name)
        connections.close_all()

    def _say(self) -> None:
        lease, now = self.lease, moments.now()
        told = {
            "seen_at": now,
            "doing": f"{lease} of scan {lease.scan_id}" if lease else "",
            "done": self.done,
        }
        about = {"engine": self.engine, "host": failing.host(), "pid": os.getpid()}
        WorkerProcess.objects.update_or_create(
            name=self.name, defaults=told, create_defaults={**told, **about, "started_at": now}
        )
        if lease is not None and not self._is_stuck:
            leases.renew(lease)
        self._alive_at = time.monotonic()
        metrics.alive()

    @property
    def _is_stuck(self) -> bool:
        lasted = time.monotonic() - self._taken_at
        return self.lease is not None and lasted > settings.WORK_SECONDS

    def _end_if_stuck(self) -> None:
        """A piece of work that never ends takes its worker with it, as one that kills it would."""
        if self._is_stuck:
            _log.critical("took too long, so the worker ends", work=str(self.lease))
            os._exit(_EXIT_CODE_STUCK)


@contextmanager
def _forgiving(what: str) -> Iterator[None]:
    """A database that is away is logged, and asked again the next time."""
    try:
        yield
    except DatabaseFailure as error:
        _log.warning(what, why=failing.describe(error))
        connections.close_all()
