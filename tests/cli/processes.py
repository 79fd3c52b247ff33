"""Run ``policy-portal`` in a process of its own, as a user does."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

from tests.starting_points import prepared

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "policy_app.cli"]
PATIENCE = 60  # seconds; a loaded machine is slow, and a test that waits costs nothing
_LINK = re.compile(r"https?://\S+/sign-in/\S+")


def environment(settings: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment without its settings, and with those of the test."""
    ours = {"DATABASE_URL", "DJANGO_SETTINGS_MODULE"}
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in ours and not name.startswith(("POLICY_PORTAL_", "PYTEST_", "COV_"))
    }
    return kept | dict(settings or {})


def run(
    *arguments: str,
    settings: Mapping[str, str] | None = None,
    stdin: str | None = None,
    cwd: Path = ROOT,
    patience: float = PATIENCE,
) -> subprocess.CompletedProcess[str]:
    """One command line, from the start of the process to its end."""
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=cwd,
        env=environment(settings),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=patience,
        check=False,
    )


def free_port() -> int:
    """A port that nothing listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer; redirects are followed."""

    status: int
    url: str
    text: str

    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.text)


@dataclass(slots=True)
class Browser:
    """Something that keeps cookies, as a browser does."""

    cookies: CookieJar = field(default_factory=CookieJar)
    authority: Path | None = None

    def get(self, url: str, **headers: str) -> Answer:
        """The answer, whatever its status."""
        return self.send(urllib.request.Request(url, headers=headers))

    def send(self, request: urllib.request.Request) -> Answer:
        """The same of any request."""
        handlers: list[urllib.request.BaseHandler] = [
            urllib.request.HTTPCookieProcessor(self.cookies)
        ]
        if self.authority:
            trusting = ssl.create_default_context(cafile=str(self.authority))
            handlers.append(urllib.request.HTTPSHandler(context=trusting))
        opener = urllib.request.build_opener(*handlers)
        try:
            with opener.open(request, timeout=PATIENCE) as answer:
                return Answer(answer.status, answer.url, answer.read().decode())
        except urllib.error.HTTPError as refused:
            return Answer(refused.code, request.full_url, refused.read().decode())


@dataclass(slots=True)
class Portal:
    """A running ``policy-portal serve``."""

    process: subprocess.Popen[str]
    url: str
    welcome: str = ""
    authority: Path | None = None
    """The certificate to trust, over HTTPS."""

    @property
    def link(self) -> str:
        """The sign-in link that was printed."""
        found = _LINK.search(self.welcome)
        assert found, self.welcome
        return found[0]

    def get(self, path: str, **headers: str) -> Answer:
        """A request without cookies."""
        return Browser(authority=self.authority).get(self.url + path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        """JSON, without cookies."""
        headers["Content-Type"] = "application/json"
        data = json.dumps(body).encode() if body is not None else b""
        sent = urllib.request.Request(self.url + path, data, headers, method="POST")
        return Browser(authority=self.authority).send(sent)

    def stop(self, by: signal.Signals = signal.SIGTERM) -> int:
        """Signal its process group, as a terminal does, and wait; the exit code."""
        os.killpg(self.process.pid, by)
        return self.process.wait(PATIENCE)

    def wait_until_it_listens(self) -> None:
        """Read what it prints, then wait for the first answer."""
        assert self.process.stdout
        for line in self.process.stdout:
            self.welcome += line
            if "Ctrl-C" in line:
                break
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                self.get("/healthz")
            except (urllib.error.URLError, http.client.HTTPException, OSError):
                time.sleep(0.05)
            else:
                return
        raise AssertionError(f"the portal does not answer at {self.url}: {self.welcome}")


@contextmanager
def portal(
    data: Path,
    settings: Mapping[str, str] | None = None,
    *,
    host: str = "127.0.0.1",
    tls: bool = False,
    control: bool = False,
    workers: int = 0,
    empty: bool = False,
) -> Iterator[Portal]:
    """Serve ``data`` at a free port, with workers where some are wanted; end it afterwards.

    A folder without a portal gets one that was started before, unless it shall be ``empty``.
    """
    port = free_port()
    on_sqlite = "DATABASE_URL" not in (settings or {})
    if on_sqlite and not empty and not (data / "portal.sqlite3").exists():
        prepared(data)
    log = (data.parent / f"{data.name}.log").open("w")
    process = subprocess.Popen(
        [
            *(*COMMAND, "serve", "--host", host, "--port", str(port), "--data", str(data)),
            *("--workers", str(workers)),
        ]
        + (["--tls"] if tls else [])
        + (["--control"] if control else []),
        cwd=ROOT,
        env=environment(settings),
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        start_new_session=True,
    )
    authority = data / "tls" / "ca.crt" if tls else None
    running = Portal(process, f"http{'s' if tls else ''}://{host}:{port}", authority=authority)
    try:
        running.wait_until_it_listens()
        yield running
    finally:
        if process.poll() is None:
            running.stop()
        if process.stdout:
            process.stdout.close()
        log.close()
