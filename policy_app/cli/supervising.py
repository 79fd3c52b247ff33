"""Worker processes as children: started, started again when they die, ended with their parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field

import structlog

from policy_app.cli import counting
from policy_app.services.work.engines.parents import SUPERVISED

_GRACE_SECONDS = 8
"""For the piece of work at hand; then it is given back."""
_LOOK_SECONDS = 0.2
_LONGEST_PAUSE = 30.0
_LIVES_WELL_AFTER = 60.0
_log = structlog.get_logger("workers")


@dataclass(slots=True)
class _Place:
    """Where one worker runs, and another one after it."""

    process: subprocess.Popen[bytes]
    started_at: float
    again_at: float | None = None
    pause: float = 0.5


@dataclass(slots=True)
class Supervisor:
    """``count`` processes of ``policy-portal worker`` with these arguments."""

    count: int
    arguments: list[str] = field(default_factory=list)
    _places: list[_Place] = field(default_factory=list)
    _ending: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Start them, and look after them in a thread."""
        self._places = [_Place(self._started(), time.monotonic()) for _ in range(self.count)]
        self._thread = threading.Thread(target=self._look_after, daemon=True, name="workers")
        self._thread.start()

    def stop(self) -> None:
        """Let each finish what it is at, for some seconds; then end it."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join()
        alive = [one.process for one in self._places if one.process.poll() is None]
        for number in (signal.SIGTERM, signal.SIGTERM, signal.SIGKILL):
            for process in alive:
                process.send_signal(number)
            alive = _still_alive(alive, _GRACE_SECONDS)

    def let_go(self) -> None:
        """Have ``wait`` return; a signal's handler may call it."""
        self._ending.set()

    def all_alive(self) -> bool:
        """Whether each of them runs at this moment."""
        return all(one.process.poll() is None for one in self._places)

    def wait(self) -> None:
        """Until all of them ended by themselves (``worker --once``), or ``stop`` is called."""
        while not self._ending.wait(_LOOK_SECONDS):
            if all(one.process.poll() == 0 for one in self._places):
                return

    def _look_after(self) -> None:
        while not self._ending.wait(_LOOK_SECONDS):
            for place in self._places:
                self._look_at(place)

    def _look_at(self, place: _Place) -> None:
        code = place.process.poll()
        if code is None or code == 0:
            return
        now = time.monotonic()
        if place.again_at is None:
            well = now - place.started_at > _LIVES_WELL_AFTER
            place.pause = 0.5 if well else min(place.pause * 2, _LONGEST_PAUSE)
            place.again_at = now + place.pause
            counting.forget(place.process.pid)
            _log.error("worker died", pid=place.process.pid, code=code, again_in=place.pause)
        elif now >= place.again_at:
            place.process, place.started_at, place.again_at = self._started(), now, None

    def _started(self) -> subprocess.Popen[bytes]:
        # In a session of its own: a terminal's Ctrl-C goes to the parent, which ends it in order.
        return subprocess.Popen(  # noqa: S603 - this program itself
            [sys.executable, "-m", "policy_app.cli", "worker", *self.arguments],
            env={**os.environ, SUPERVISED: "1"},
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )


def _still_alive(
    processes: list[subprocess.Popen[bytes]], seconds: float
) -> list[subprocess.Popen[bytes]]:
    """Those that have not ended after some seconds."""
    until = time.monotonic() + seconds
    alive = processes
    while alive and time.monotonic() < until:
        alive = [one for one in alive if one.poll() is None]
        time.sleep(0.05)
    return alive
