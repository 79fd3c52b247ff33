"""The web server: granian, run from Python, with Django's WSGI application."""

from __future__ import annotations

import errno
import gc
import ipaddress
import logging
import os
import signal
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from granian import Granian
from granian.constants import Interfaces, SSLProtocols
from granian.log import LogLevels
from granian.server.common import AbstractServer

from policy_app.cli.failure import Failure
from policy_app.cli.tls import Certificates
from policy_app.services.cluster.limits import MOST_WATCHES
from policy_app.services.work.engines import parents

_STOP_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Address:
    """An IP address and a port that nothing else listens at."""

    ip: str
    port: int
    tls: bool = False

    @property
    def url(self) -> str:
        """Where a browser on this machine finds the portal; no slash at the end."""
        ip = ipaddress.ip_address(self.ip)
        if ip.is_unspecified:
            ip = ipaddress.ip_address("127.0.0.1" if ip.version == 4 else "::1")
        host = f"[{ip}]" if ip.version == 6 else str(ip)
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}"


def free_address(host: str, port: int, *, tls: bool = False) -> Address:
    """The address to listen at; ``Failure`` where the name is unknown or the port is taken."""
    try:
        family, _, _, _, found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise Failure(
            f"the host {host!r} cannot be resolved: {error.strerror or error}.\n"
            "  Use --host 127.0.0.1 for this machine only, or --host 0.0.0.0 for every network."
        ) from error
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(found)
        except OSError as error:
            raise _cannot_listen(host, port, error) from error
    return Address(str(found[0]), port, tls)


def _cannot_listen(host: str, port: int, error: OSError) -> Failure:
    if error.errno == errno.EADDRINUSE:
        return Failure(
            f"port {port} on {host} is taken by another program, maybe by another portal.\n"
            f"  Stop it, or choose another port: --port {port % 65535 + 1}"
        )
    if error.errno == errno.EACCES:
        return Failure(
            f"port {port} on {host} may not be used: {error.strerror}.\n"
            "  Ports below 1024 need special rights; choose a higher one: --port 8000"
        )
    return Failure(
        f"cannot listen at {host}, port {port}: {error.strerror}.\n"
        "  --host needs an address of this machine; 127.0.0.1 is always one."
    )


def serve(
    address: Address,
    certificates: Certificates | None = None,
    *,
    on_start: Callable[[], None],
    certified: bool = False,
) -> int:
    """Answer requests until SIGINT or SIGTERM; requests under way are finished first.

    ``certified`` lets in only clients with a certificate of the portal's own authority.  Whose it
    is the server does not tell the application, so it opens the webhooks of every cluster.
    """
    from django.db import connections

    # The worker is a fork: a connection must not be shared between the two processes.
    connections.close_all()
    server = _server(address, certificates, certified)
    # granian takes so many threads for a mistake; ours sleep, one for each watch.
    logging.getLogger("_granian").addFilter(_is_no_advice_on_threads)
    server.on_startup(on_start)
    # A terminal that was closed ends the portal; granian would start new workers instead.
    server.on_startup(lambda: signal.signal(signal.SIGHUP, server.signal_handler_interrupt))
    try:
        server.serve(target_loader=partial(_application, certified), wrap_loader=False)
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def _server(
    address: Address, certificates: Certificates | None, certified: bool
) -> AbstractServer[Any]:
    return Granian(
        target="portal.wsgi:application",
        address=address.ip,
        port=address.port,
        interface=Interfaces.WSGI,
        ssl_cert=certificates.server if certificates else None,
        ssl_key=certificates.server_key if certificates else None,
        ssl_ca=certificates.authority if certificates and certified else None,
        ssl_client_verify=certified,
        # Not 1.3 alone: some clients of webhooks and old kubectls speak 1.2 at most.
        ssl_protocol_min=SSLProtocols.tls12,
        # One process keeps what was parsed and compiled once. A thread waits on the database about
        # as long as it computes, so two for each core keep the cores busy; each watch of a cluster
        # holds another one, which sleeps nearly always.
        workers=1,
        blocking_threads=2 * (os.cpu_count() or 1) + 1 + MOST_WATCHES,
        backpressure=256 + MOST_WATCHES,
        respawn_failed_workers=True,
        workers_kill_timeout=_STOP_SECONDS,
        log_level=LogLevels.warning,
        # The server's own lines look like the portal's, and go to stderr with them.
        log_dictconfig={"loggers": {"_granian": {"propagate": True}}},
    )


def _is_no_advice_on_threads(record: logging.LogRecord) -> bool:
    return "Python threads" not in record.getMessage()


def _application(certified: bool) -> Callable[..., Any]:
    """Import the application, in the worker."""
    # In a group of its own, the worker does not get the terminal's Ctrl-C, and ends when the main
    # process tells it to; ended by both, it would count as crashed.
    os.setpgid(0, 0)
    _end_watches_when_told_to_stop()
    # Of a server that was killed nothing may go on answering beside the next one.
    parents.watch_parent(lambda: os.kill(os.getpid(), signal.SIGTERM))
    from policy_app.services.cluster import denials, webhooks
    from portal.wsgi import application

    if certified:
        webhooks.trust_connections()
    threading.Thread(target=denials.recover, daemon=True).start()
    # What stays for good need not be looked through while requests wait.
    gc.collect()
    gc.freeze()
    return application


def _end_watches_when_told_to_stop() -> None:
    """Watches may last for an hour; granian would wait for them, and kill the worker in the end.

    Its own handlers of signals stay; this only listens to which signals come.
    """
    reader, writer = socket.socketpair()
    writer.setblocking(False)
    signal.set_wakeup_fd(writer.detach())
    threading.Thread(target=_stop_watches, args=(reader,), daemon=True).start()


def _stop_watches(signals: socket.socket) -> None:
    from policy_app.services.cluster import wakeups

    # To the end of the process: more than one signal may come.
    while True:
        if signals.recv(1)[0] in (signal.SIGTERM, signal.SIGINT):
            wakeups.stop()
