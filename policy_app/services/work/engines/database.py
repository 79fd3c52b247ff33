"""The engine that needs nothing: workers ask the database for work, a few times a second."""

from __future__ import annotations

import contextlib
import signal
from types import FrameType

from policy_app.models import Scan
from policy_app.services.work import duties
from policy_app.services.work.engines import Options, parents
from policy_app.services.work.worker import Worker

_POLL_SECONDS = 0.5


class DatabaseEngine:
    """No messages: the rows are asked, which costs one statement while nothing is open."""

    name = "database"

    def wake(self) -> None:
        """Workers look by themselves."""

    def sweep(self) -> None:
        """Nothing can be lost."""

    def run(self, options: Options) -> int:
        """Work in this process until a signal; a second signal ends it at once."""
        worker = Worker(self.name, options.label)
        _stop_on_signals(worker)
        parents.end_with_parent(worker.stop)
        worker.start()
        if options.once:
            duties.look(worker.name)
        with _probed(worker, options.port):
            try:
                while not worker.stopping:
                    if worker.step():
                        continue
                    if options.once and not Scan.objects.filter(state__in=Scan.OPEN).exists():
                        break
                    worker.wait(_POLL_SECONDS)
            finally:
                worker.end()
        return 0


def _probed(worker: Worker, port: int | None) -> contextlib.AbstractContextManager[object]:
    from policy_app.services.work import probes

    return probes.answering(lambda: worker.healthy, port)


def _stop_on_signals(worker: Worker) -> None:
    """The first one has the work at hand finished; the second one has it given back."""

    def stop(number: int, frame: FrameType | None) -> None:
        if worker.stopping:
            raise SystemExit(128 + number)
        worker.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
