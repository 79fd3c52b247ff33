"""How long one waits: for help, for the first start, and for every later one."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping

from benchmarks.measuring import ROOT, Measurement, as_installed, median_ms

COMMAND = [sys.executable, "-m", "policy_app.cli"]
PRIVILEGED = "95edb821-ddaf-4404-9732-666045e056b4"


def measure() -> Iterator[Measurement]:
    """Whole processes, as a user starts them."""
    yield Measurement("policy-portal --help", median_ms(_help), "ms", "limit 100")
    what = "policy-portal test, one Pod and one definition"
    with tempfile.TemporaryDirectory() as folder:
        environment = as_installed(folder)
        yield Measurement(what, median_ms(lambda: _test(environment)), "ms", "limit 300")
    with tempfile.TemporaryDirectory() as data:
        yield Measurement("first start, until /readyz answers 200", _start(data), "ms")
        yield Measurement(
            "start again, until /readyz answers 200", _start(data), "ms", "limit 3,000"
        )


def _help() -> None:
    subprocess.run([*COMMAND, "--help"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def _test(environment: Mapping[str, str]) -> None:
    arguments = ("-f", "fixtures/manifests/nginx-privileged.yaml", "--definition", PRIVILEGED)
    command = [*COMMAND, "test", *arguments, "--fail-on", "never"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)


def _start(data: str) -> float:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    started = time.perf_counter()
    process = subprocess.Popen(
        [*COMMAND, "serve", "--port", str(port), "--data", data],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while not _ready(port):
            if process.poll() is not None:
                raise SystemExit("the portal did not start; run: make run")
            time.sleep(0.01)
        return (time.perf_counter() - started) * 1000
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def _ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz") as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
