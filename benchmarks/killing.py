"""Kill what takes part in a scan, at random moments, and compare with an undisturbed scan.

``python -m benchmarks.killing --times 10`` does it for each of worker, server, Redis and
PostgreSQL, with both engines; the tests do the same a few times.  Redis and PostgreSQL are private
ones, in a folder of their own at free ports.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.measuring import ROOT

PATIENCE = 180.0
LEASE_SECONDS = 3
_POSTGRES = "/usr/lib/postgresql"


@dataclass(slots=True)
class Program:
    """A process that is killed and started again, with the processes that it started."""

    command: list[str]
    environment: dict[str, str]
    log: Path
    user: str | None = None
    ready: Callable[[], bool] = lambda: True
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it is ready."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
                user=self.user,
                start_new_session=True,
            )
        until(self.ready, f"{self.command[0]} is not ready: {self.log}")

    def kill(self) -> None:
        """``kill -9`` to it, and to nothing else."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def end(self) -> None:
        """Let it end; by force where it does not."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


@dataclass(slots=True)
class Stand:
    """A portal on databases and brokers of its own."""

    folder: Path
    settings: dict[str, str]
    programs: dict[str, Program] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """For every process of the portal."""
        ours = ("POLICY_PORTAL_", "PYTEST_", "DATABASE_URL", "DJANGO_SETTINGS_MODULE")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        return kept | {
            "POLICY_PORTAL_DATA": str(self.folder / "data"),
            "POLICY_PORTAL_LEASE_SECONDS": str(LEASE_SECONDS),
            "POLICY_PORTAL_AUDIT_MINUTES": "0",
            **self.settings,
        }

    def scans(self, *arguments: str) -> str:
        """``python -m benchmarks.scans`` on this portal; what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.scans", *arguments],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            check=True,
            timeout=2 * PATIENCE,
        )
        return done.stdout.decode()

    def outcome(self) -> dict[str, Any]:
        """What the scans came to, once they are over."""
        self.scans("wait", "--seconds", str(PATIENCE))
        found: dict[str, Any] = json.loads(self.scans("outcome"))
        return found

    def worker(self, name: str = "worker", *options: str) -> Program:
        """A worker of the kind that the settings choose, not yet started."""
        made = Program(
            [sys.executable, "-m", "policy_app.cli", "worker", "--name", name, *options],
            self.environment,
            self.folder / f"{name}.log",
        )
        self.programs[name] = made
        return made

    def server(self) -> Program:
        """``policy-portal serve`` with its own worker, not yet started."""
        port = free_port()
        made = Program(
            [sys.executable, "-m", "policy_app.cli", "serve", "--port", str(port)],
            self.environment,
            self.folder / "server.log",
            ready=lambda: _listens(port),
        )
        self.programs["server"] = made
        return made

    def end(self) -> None:
        """End every process, the last one first."""
        for program in reversed(self.programs.values()):
            program.end()


def until(true: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
    """Wait; ``AssertionError`` where it takes too long."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise AssertionError(what)
        time.sleep(0.05)


def free_port() -> int:
    """A port that nothing listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def redis(stand: Stand) -> Program:
    """A Redis that keeps nothing: killed, it has lost every message."""
    port = free_port()
    made = Program(
        [
            *("redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", ""),
            *("--appendonly", "no", "--dir", str(stand.folder)),
        ],
        dict(os.environ),
        stand.folder / "redis.log",
        ready=lambda: _listens(port),
    )
    stand.programs["redis"] = made
    stand.settings["POLICY_PORTAL_WORK"] = f"redis://127.0.0.1:{port}/0"
    return made


def postgres_tools() -> Path | None:
    """The newest PostgreSQL of this machine; None where there is none."""
    found = sorted(Path(_POSTGRES).glob("*/bin/initdb"))
    return found[-1].parent if found else None


def postgres(stand: Stand) -> Program:
    """A PostgreSQL with its own files; it runs as the user postgres where we are root."""
    tools = postgres_tools()
    assert tools is not None
    folder, port = stand.folder / "postgres", free_port()
    folder.mkdir()
    user = "postgres" if os.getuid() == 0 else None
    if user:
        shutil.chown(folder, user)
        stand.folder.chmod(0o711)
    subprocess.run(
        [tools / "initdb", "-D", folder, "-U", "postgres", "-A", "trust", "--no-sync"],
        cwd="/",
        user=user,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    made = Program(
        [
            *(str(tools / "postgres"), "-D", str(folder), "-p", str(port)),
            *("-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="),
        ],
        {"PATH": os.environ["PATH"], "LC_ALL": "C"},
        stand.folder / "postgres.log",
        user=user,
        ready=lambda: _accepts(port),
    )
    stand.programs["postgres"] = made
    stand.settings["DATABASE_URL"] = f"postgres://postgres@127.0.0.1:{port}/postgres"
    return made


def _accepts(port: int) -> bool:
    import psycopg

    try:
        psycopg.connect(f"postgres://postgres@127.0.0.1:{port}/postgres", connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


@contextmanager
def stand_with(*needed: str) -> Iterator[Stand]:
    """A portal with ``redis``, ``postgres``, both or neither, started."""
    with tempfile.TemporaryDirectory() as place:
        made = Stand(Path(place), {})
        (made.folder / "data").mkdir()
        try:
            for name in needed:
                {"redis": redis, "postgres": postgres}[name](made).start()
            yield made
        finally:
            made.end()


def disturbed(victim: Program, latest: float) -> None:
    """Kill it at a moment that nobody knows beforehand, and start it again."""
    time.sleep(random.uniform(0.0, latest))
    victim.kill()
    time.sleep(random.uniform(0.0, 0.3))
    victim.start()


ENGINES = {"database": (), "celery": ("redis",)}
VICTIMS = {
    "worker": ("database", "celery"),
    "server": ("database", "celery"),
    "redis": ("celery",),
    "postgres": ("database", "celery"),
}
"""What is killed, and under which engines."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One scan that was disturbed."""

    engine: str
    victim: str
    seconds: float
    same: bool


@dataclass(slots=True)
class Trials:
    """A stand with everything started, and what a scan comes to that nobody disturbs."""

    engine: str
    stand: Stand
    undisturbed: dict[str, Any]

    def disturb(self, victim: str, latest: float) -> Trial:
        """One scan, in which the victim is killed at a moment until ``latest``, in seconds."""
        self.stand.scans("reset")
        began = time.monotonic()
        disturbed(self.stand.programs[victim], latest)
        found = self.stand.outcome()
        seconds = time.monotonic() - began
        return Trial(self.engine, victim, seconds, found == self.undisturbed)


@contextmanager
def prepared(engine: str, fill: list[str], *, on_postgres: bool = True) -> Iterator[Trials]:
    """Server and worker of an engine, on filled clusters."""
    databases = ("postgres",) if on_postgres else ()
    with stand_with(*databases, *ENGINES[engine]) as stand:
        stand.scans("fill", *fill)
        server, worker = stand.server(), stand.worker()
        server.command += ["--workers", "1" if engine == "database" else "0"]
        server.start()
        worker.start()
        stand.scans("reset")
        yield Trials(engine, stand, stand.outcome())


def main() -> int:
    """Every victim under each engine; the exit code is 1 where one scan came out otherwise."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--pods", default="600")
    parser.add_argument("--clusters", default="3")
    parser.add_argument("--latest", type=float, default=12.0, help="the latest moment, in seconds")
    parser.add_argument("--sqlite", action="store_true", help="without PostgreSQL")
    parser.add_argument("--engine", choices=list(ENGINES))
    parser.add_argument("--victim", choices=list(VICTIMS))
    parser.add_argument("--small", action="store_true", help="five policies in place of 27")
    given = parser.parse_args()
    fill = ["--pods", given.pods, "--clusters", given.clusters]
    fill += ["--small"] if given.small else []
    wrong = 0
    for engine in [given.engine] if given.engine else ENGINES:
        victims = [
            one
            for one, where in VICTIMS.items()
            if engine in where
            and given.victim in (None, one)
            and not (given.sqlite and one == "postgres")
        ]
        with prepared(engine, fill, on_postgres=not given.sqlite) as ready:
            for victim in victims:
                for _ in range(given.times):
                    wrong += not _told(ready.disturb(victim, given.latest))
    print(f"{wrong} came out otherwise")
    return 1 if wrong else 0


def _told(trial: Trial) -> bool:
    said = "as undisturbed" if trial.same else "OTHERWISE"
    print(f"{trial.engine:10}{trial.victim:10}{trial.seconds:8.1f} s  {said}", flush=True)
    return trial.same


if __name__ == "__main__":
    sys.exit(main())
