"""``policy-portal serve``: prepare the portal, print the way in, and answer requests."""

from __future__ import annotations

import argparse
import contextlib
from typing import TYPE_CHECKING

from policy_app.cli import environment
from policy_app.cli.arguments import (
    CODES,
    HelpFormatter,
    Subparsers,
    add_data_option,
    examples,
    port,
)
from policy_app.cli.failure import Failure

if TYPE_CHECKING:
    from policy_app.cli.server import Address
    from policy_app.cli.tls import Certificates

_MOST_WORKERS = 64


def add_parser(subparsers: Subparsers) -> None:
    """Describe the command."""
    parser = subparsers.add_parser(
        "serve",
        help="start the portal",
        description="Start the portal. The settings are checked, the database is migrated, the"
        " built-in definitions are loaded, and on the first start the user admin (without a"
        " password) and the demo estate are made. Then a link is printed that signs you in once,"
        " and requests are answered until Ctrl-C or SIGTERM; those under way are finished. Several"
        " processes may start on the same database at once; one prepares it, the others wait."
        " A worker for audits is started beside the server, and ends with it.",
        epilog=examples(
            ("on this machine", "policy-portal serve"),
            (
                "on every network; the names people use are in POLICY_PORTAL_ALLOWED_HOSTS",
                "POLICY_PORTAL_ALLOWED_HOSTS=policy.example.org policy-portal serve --host 0.0.0.0",
            ),
            ("over HTTPS, for kubectl with a bearer token", "policy-portal serve --tls"),
            (
                "for tests that reset it and push its clock",
                "policy-portal serve --control --data /tmp/portal",
            ),
            (
                "beside it, on the same data, for API servers with a client certificate",
                "policy-portal serve --tls --client-certificates --port 8443",
            ),
            codes=CODES,
        ),
        formatter_class=HelpFormatter,
    )
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen at (127.0.0.1)")
    parser.add_argument("--port", type=port, default=8000, help="the port to listen at (8000)")
    parser.add_argument(
        "--tls",
        action="store_true",
        help="serve over HTTPS, by a certificate of an authority that the portal makes for itself",
    )
    parser.add_argument(
        "--client-certificates",
        action="store_true",
        help="with --tls, let in only clients with a certificate by that authority: API servers"
        " that webhook-config --client-certificate gave one; people use another port",
    )
    parser.add_argument(
        "--control",
        action="store_true",
        help="for tests: let an owner of the tenant's root empty the portal, push its clock and run"
        " what is due, from this machine alone (POST /_portal/reset, /_portal/clock and"
        " /_portal/sync); use a data folder of its own",
    )
    parser.add_argument(
        "--workers",
        type=_workers,
        default=1,
        metavar="N",
        help="how many workers for audits to start beside the server; 0 where others run them (1)",
    )
    add_data_option(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Serve until a signal; ``Failure`` where the portal cannot start."""
    if arguments.client_certificates and not arguments.tls:
        raise Failure("--client-certificates needs --tls: without it nobody shows a certificate.")
    environment.allow_host(arguments.host)
    if arguments.tls:
        environment.serve_tls()
    if arguments.control:
        environment.let_control()
    environment.settle(arguments.data)
    _count_together()
    environment.start(arguments.data)
    from policy_app.cli import server, supervising
    from policy_app.cli.offline import compiled
    from policy_app.services import setup

    compiled.use()
    certificates = _certificates(arguments.host) if arguments.tls else None
    address = server.free_address(arguments.host, arguments.port, tls=arguments.tls)
    with environment.told_in_words():
        prepared = setup.prepare()
        welcome = _welcome(address, first_start=prepared.first_start)
    workers = supervising.Supervisor(arguments.workers, _same_data(arguments.data))

    def on_start() -> None:
        print(welcome, flush=True)
        workers.start()

    try:
        return server.serve(
            address, certificates, on_start=on_start, certified=arguments.client_certificates
        )
    finally:
        workers.stop()


def _count_together() -> None:
    """The server and its workers, for Prometheus."""
    from django.conf import settings

    from policy_app.cli import counting

    # A folder that cannot be written to is told by the system checks.
    with contextlib.suppress(OSError):
        counting.together(settings.DATA_DIR / "metrics")


def _same_data(data: str | None) -> list[str]:
    return ["--data", data] if data else []


def _workers(text: str) -> int:
    """How many workers, for argparse's ``type``."""
    if text.isdigit() and int(text) <= _MOST_WORKERS:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no number from 0 to {_MOST_WORKERS}")


def _certificates(host: str) -> Certificates:
    """The portal's certificate, for every name by which people reach it."""
    from django.conf import settings

    from policy_app.cli import tls

    names = [one.strip("[]") for one in settings.ALLOWED_HOSTS if not one.startswith((".", "*"))]
    return tls.ensure(settings.DATA_DIR, {*names, *environment.own_names(host)})


def _welcome(address: Address, *, first_start: bool) -> str:
    """What the console says once the portal listens."""
    lines = [f"Policy Portal is at {address.url}/"]
    if first_start:
        lines.append("First start: made the user admin and the demo estate.")
    lines += ["", *_way_in(address), "", "Ctrl-C stops it."]
    return "\n".join(lines)


def _way_in(address: Address) -> list[str]:
    from django.conf import settings

    from policy_app.services import access, setup

    user = setup.first_superuser()
    if user is None:
        return [
            "No active superuser can sign in. Make one with:",
            "  policy-portal manage createsuperuser",
        ]
    link = address.url + environment.sign_in_path(access.new_link(user))
    minutes = settings.SIGN_IN_LINK_MINUTES
    return _boxed([f"Sign in as {user} (works once, within {minutes} minutes):", link])


def _boxed(lines: list[str]) -> list[str]:
    """A box of characters that every terminal has; the link has spaces around it to be clicked."""
    rule = "+" + "-" * (max(map(len, lines)) + 2) + "+"
    width = len(rule) - 4
    return [rule, *(f"| {line:<{width}} |" for line in lines), rule]
