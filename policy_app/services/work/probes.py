"""A worker's own small server, for probes and for Prometheus: ``/healthz`` and ``/metrics``."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from policy_app.services import monitoring

_START = Callable[[str, list[tuple[str, str]]], Any]


class _Quiet(WSGIRequestHandler):
    """Probes come every few seconds, and are not worth a line each."""

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def answering(healthy: Callable[[], bool], port: int | None) -> Iterator[None]:
    """Answer at ``port`` of every address of this machine meanwhile; nowhere without a port.

    Raises ``OSError`` where the port is taken.
    """
    if port is None:
        yield
        return
    server = make_server("", port, _application(healthy), WSGIServer, _Quiet)
    threading.Thread(target=server.serve_forever, daemon=True, name="probes").start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


def _application(healthy: Callable[[], bool]) -> Callable[..., Iterable[bytes]]:
    def answer(environ: dict[str, Any], start: _START) -> Iterable[bytes]:
        path = environ.get("PATH_INFO")
        if path == "/metrics":
            start("200 OK", [("Content-Type", monitoring.CONTENT_TYPE)])
            return [monitoring.of_this_machine()]
        if path != "/healthz":
            start("404 Not Found", [("Content-Type", "text/plain")])
            return [b"There are /healthz and /metrics.\n"]
        well = healthy()
        status = "200 OK" if well else "503 Service Unavailable"
        start(status, [("Content-Type", "application/json")])
        said = "ok" if well else "The database was not told for too long that this worker is alive."
        return [json.dumps({"status": said}).encode()]

    return answer
