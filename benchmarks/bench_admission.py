"""The admission webhook beside an empty view: the same server, client and run, 8 connections."""

from __future__ import annotations

import http.client
import json
import os
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from benchmarks.measuring import ROOT, Measurement, prepared_portal

RESTRICTED = "42b8ef37-b724-4e24-bbc8-7a7708edfe00"
GROUP = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-demo"
CONNECTIONS = 8
REQUESTS = 300
"""Of each connection, in each of the rounds; the two are asked in turns."""
ROUNDS = 4
LIMIT = 2.0
_EMPTY = "an empty view"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to send again and again."""

    method: str
    path: str
    body: bytes | None = None


def measure() -> Iterator[Measurement]:
    """Medians and 99th percentiles of both, and how many times as long the webhook takes."""
    with prepared_portal():
        token = _assigned()
        port = 18_731
        server = _served(port)
        try:
            _wait(port)
            yield from _compared(port, token)
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(30)


def _assigned() -> str:
    from policy_app.services import assignments, definitions, scopes
    from policy_app.services.cluster import lookup, webhooks
    from policy_app.services.drafts import AssignmentDraft

    draft = AssignmentDraft(
        scopes.get(GROUP),
        "restricted",
        definitions.built_in("initiative", RESTRICTED),
        display_name="Restricted",
        parameters={"effect": "deny"},
    )
    assignments.put(draft, None)
    return webhooks.token_of(lookup.by_name("aks-demo"))


def _served(port: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "policy_app.cli", "serve", "--port", str(port)]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _wait(port: int) -> None:
    for _ in range(300):
        try:
            _send(http.client.HTTPConnection("127.0.0.1", port), Asked("GET", "/healthz"))
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the portal did not start")


def _compared(port: int, token: str) -> Iterator[Measurement]:
    empty = Asked("GET", "/healthz")
    path = f"/clusters/aks-demo/admission/v1/validate/{token}?timeout=10s"
    requests = {
        _EMPTY: empty,
        "a Pod that the initiative allows": Asked("POST", path, _review(privileged=False)),
        "a Pod that it denies": Asked("POST", path, _review(privileged=True)),
    }
    runs: dict[str, list[float]] = {name: [] for name in requests}
    for asked in requests.values():
        _round(port, asked, 30)
    for _ in range(ROUNDS):
        for name, asked in requests.items():
            runs[name] += _round(port, asked, REQUESTS)
    base = _figures(runs[_EMPTY])
    for name, times in runs.items():
        for what, value, beside in zip(("median", "99th"), _figures(times), base, strict=True):
            note = "" if times is runs[_EMPTY] else f"× {value / beside:.2f}, limit {LIMIT}"
            yield Measurement(f"{name}: {what} of {len(times):,}", value, "ms", note)


def _figures(times: list[float]) -> tuple[float, float]:
    return statistics.median(times), statistics.quantiles(times, n=100)[98]


def _round(port: int, asked: Asked, count: int) -> list[float]:
    """The milliseconds of every request, over ``CONNECTIONS`` connections at once."""
    found: list[float] = []

    def work() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        own = []
        for _ in range(count):
            started = time.perf_counter()
            _send(connection, asked)
            own.append((time.perf_counter() - started) * 1000)
        found.extend(own)

    threads = [threading.Thread(target=work) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def _send(connection: http.client.HTTPConnection, asked: Asked) -> None:
    headers = {"Content-Type": "application/json"} if asked.body else {}
    connection.request(asked.method, asked.path, asked.body, headers)
    answer = connection.getresponse()
    text = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{asked.path} answered {answer.status}: {text[:200]!r}")


def _review(*, privileged: bool) -> bytes:
    security: dict[str, Any] = {
        "allowPrivilegeEscalation": False,
        "runAsNonRoot": True,
        "capabilities": {"drop": ["ALL"]},
    } | ({"privileged": True} if privileged else {})
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web", "namespace": "default", "labels": {"app": "web"}},
        "spec": {
            "securityContext": {
                "runAsUser": 1000,
                "runAsGroup": 1000,
                "fsGroup": 1000,
                "supplementalGroups": [1000],
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [{"name": "web", "image": "nginx:1.27", "securityContext": security}],
        },
    }
    request = {
        "uid": "705ab4f5-6393-11e8-b7cc-42010a800002",
        "kind": {"group": "", "version": "v1", "kind": "Pod"},
        "resource": {"group": "", "version": "v1", "resource": "pods"},
        "name": "web",
        "namespace": "default",
        "operation": "CREATE",
        "userInfo": {"username": "jane", "groups": ["system:authenticated"]},
        "object": pod,
    }
    document = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}
    return json.dumps(document).encode()
