"""``policy-portal worker``, and the workers that ``serve`` starts."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.processes import COMMAND, PATIENCE, ROOT, environment, free_port, portal, run
from tests.starting_points import prepared


def rows(data: Path, query: str) -> list[tuple[object, ...]]:
    """What the portal's SQLite file answers."""
    connection = sqlite3.connect(data / "portal.sqlite3", timeout=20)
    try:
        found: list[tuple[object, ...]] = connection.execute(query).fetchall()
    finally:
        connection.close()
    return found


def until(true: Callable[[], object], what: str) -> None:
    """Wait for something."""
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


def listens(port: int) -> bool:
    """Whether somebody does at a port of this machine."""
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return prepared(tmp_path / "data")


@contextmanager
def worker(data: Path, *options: str, **settings: str) -> Iterator[subprocess.Popen[str]]:
    """A worker in a process of its own, whose log is ``worker.log`` beside the data."""
    with (data.parent / "worker.log").open("w") as log:
        process = subprocess.Popen(
            [*COMMAND, "worker", "--data", str(data), *options],
            cwd=ROOT,
            env=environment({"POLICY_PORTAL_LOG_FORMAT": "json", **settings}),
            stderr=log,
            text=True,
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()


WORKERS = "SELECT name, pid FROM policy_app_workerprocess"


def test_once_audits_what_is_due_and_ends_with_lines_that_name_the_scan(data: Path) -> None:
    with worker(data, "--once") as process:
        assert process.wait(PATIENCE) == 0
    [(scan,)] = rows(data, "SELECT id FROM policy_app_scan WHERE cluster_id = 1") or [("",)]
    assert set(rows(data, "SELECT state FROM policy_app_scan")) == {("done",)}
    log = (data.parent / "worker.log").read_text()
    told = [json.loads(line) for line in log.splitlines() if '"event": "work"' in line]
    assert {(one["part"], one["outcome"]) for one in told} >= {("plan", "done"), ("finish", "done")}
    assert str(scan) in {one["scan"].replace("-", "") for one in told}
    assert all(one["worker"] for one in told)
    assert rows(data, WORKERS) == [], "it took leave"


def test_a_worker_answers_probes_and_ends_at_a_signal(data: Path) -> None:
    port = free_port()
    with worker(data, "--port", str(port), "--name", "probed") as process:
        until(lambda: rows(data, WORKERS), "it is not known")
        [(name, pid)] = rows(data, WORKERS)
        assert str(name).startswith("probed-")
        assert pid == process.pid
        # It makes itself known first, and listens next.
        until(lambda: listens(port), "it answers no probe")
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz") as answer:
            assert json.load(answer) == {"status": "ok"}
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            assert b"policy_portal_worker_alive_timestamp_seconds" in answer.read()
        process.terminate()
        assert process.wait(PATIENCE) == 0
    assert rows(data, WORKERS) == []


def test_where_no_portal_is_a_worker_waits_and_once_says_what_to_do(tmp_path: Path) -> None:
    refused = run("worker", "--once", "--data", str(tmp_path / "none"))
    assert refused.returncode == 1
    assert "there is nothing to work on" in refused.stderr
    assert "policy-portal serve" in refused.stderr
    assert "Traceback" not in refused.stderr
    (tmp_path / "empty").mkdir()
    with worker(tmp_path / "empty") as process:
        log = tmp_path / "worker.log"
        until(lambda: "waiting for the portal" in log.read_text(), "it says nothing")
        process.terminate()
        assert process.wait(PATIENCE) in (0, -signal.SIGTERM)


@pytest.mark.parametrize(
    ("value", "check", "hint"),
    [
        ("kafka://broker", "policy_app.E009", "redis://host:6379/0"),
        ("redis://", "policy_app.E009", "redis://host:6379/0"),
        ("celery", "policy_app.E009", "redis://host:6379/0"),
    ],
)
def test_a_wrong_engine_is_told_with_what_would_be_right(
    tmp_path: Path, value: str, check: str, hint: str
) -> None:
    ended = run("worker", "--data", str(tmp_path), settings={"POLICY_PORTAL_WORK": value})
    assert ended.returncode == 1
    assert f"({check}) " in ended.stderr
    assert hint in ended.stderr


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--concurrency", "0"], "no number from 1"),
        (["--name", "a b"], "is no name"),
        (["--port", "0"], "is no port"),
    ],
)
def test_wrong_usage_of_a_worker_is_told(options: list[str], says: str) -> None:
    ended = run("worker", *options)
    assert ended.returncode == 2
    assert says in ended.stderr


def test_serve_starts_a_worker_again_that_was_killed_and_ends_it_with_itself(
    tmp_path: Path,
) -> None:
    data = tmp_path / "data"
    with portal(data, workers=1) as running:
        until(lambda: rows(data, WORKERS), "no worker was started")
        [(_, first)] = rows(data, WORKERS)
        os.kill(int(str(first)), signal.SIGKILL)

        def another() -> bool:
            return [pid for _, pid in rows(data, WORKERS)] not in ([], [first])

        until(another, "no other worker was started")
        pids = [int(str(pid)) for _, pid in rows(data, WORKERS) if pid != first]
        assert running.stop() == 0
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids), "it lives on")
    assert "worker died" in (tmp_path / "data.log").read_text()


def test_of_a_server_that_was_killed_nothing_goes_on_answering(tmp_path: Path) -> None:
    with portal(tmp_path / "data") as running:
        running.process.kill()
        running.process.wait()

        def silent() -> bool:
            try:
                running.get("/healthz")
            except OSError:
                return True
            return False

        until(silent, "something answers in its place")
