"""``policy-portal worker``: take work that outlives a request, until a signal."""

from __future__ import annotations

import argparse
import re
import time
from typing import TYPE_CHECKING

from policy_app.cli import environment
from policy_app.cli.arguments import (
    CODES,
    HelpFormatter,
    Subparsers,
    add_data_option,
    count,
    examples,
    port,
)
from policy_app.cli.failure import Failure

if TYPE_CHECKING:
    from policy_app.services.work.engines import Options

_LOOK_SECONDS = 1.0
_LONGEST_NAME = 50


def add_parser(subparsers: Subparsers) -> None:
    """Describe the command."""
    parser = subparsers.add_parser(
        "worker",
        help="start a worker for audits",
        description="Take the work that outlives a request: audits of clusters, chunk by chunk, and"
        " what comes round, such as the schedule and the thinning of old history. serve starts a"
        " worker by itself; this command adds more, on this machine or on others. Which kind it is"
        " says POLICY_PORTAL_WORK: database (workers ask the database; this is the default), or"
        " the address of Redis or RabbitMQ (Celery). The first SIGTERM or Ctrl-C has the chunk at"
        " hand finished, the second one gives it back. A worker that is killed loses nothing:"
        " others take its chunk. Where the portal was never started, a worker waits for that.",
        epilog=examples(
            ("one more worker for the portal of this machine", "policy-portal worker"),
            (
                "four processes on another machine, with a probe and figures at port 9100",
                "DATABASE_URL=postgres://portal@db/portal policy-portal worker --concurrency 4"
                " --port 9100",
            ),
            (
                "through Redis",
                "POLICY_PORTAL_WORK=redis://redis:6379/0 policy-portal worker --concurrency 4",
            ),
            ("what is due, then end: for cron", "policy-portal worker --once"),
            codes=CODES,
        ),
        formatter_class=HelpFormatter,
    )
    parser.add_argument(
        "--once",
        action="store_true",
        help="ask for the scans that are due, and end as soon as no scan is open",
    )
    parser.add_argument(
        "--name", type=_name, default="", help="what the worker is called in logs and pages (host)"
    )
    parser.add_argument(
        "--concurrency",
        type=count,
        default=1,
        metavar="N",
        help="how many processes work; as many as there are processors at most helps (1)",
    )
    parser.add_argument(
        "--port",
        type=port,
        help="answer /healthz and /metrics at this port of every address (nowhere)",
    )
    add_data_option(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Work until a signal, or until nothing is left; ``Failure`` where it cannot begin."""
    environment.start(arguments.data)
    from policy_app.cli.offline import compiled
    from policy_app.services.work import engines

    compiled.use()
    options = engines.Options(
        label=arguments.name,
        once=arguments.once,
        concurrency=arguments.concurrency,
        port=arguments.port,
    )
    with environment.told_in_words():
        _wait_until_prepared(patient=not arguments.once)
        try:
            return _work(options, arguments)
        except OSError as error:
            raise Failure(f"port {arguments.port} cannot be used: {error.strerror}.") from error


def _work(options: Options, arguments: argparse.Namespace) -> int:
    from policy_app.services.work import engines

    engine = engines.current()
    if options.once and engine.name != "database":
        raise Failure(
            "--once is for workers that ask the database; a broker's workers wait for messages.\n"
            "  Leave --once out, or leave POLICY_PORTAL_WORK unset for this command."
        )
    if engine.name == "database" and options.concurrency > 1:
        return _several(options, arguments)
    return engine.run(options)


def _several(options: Options, arguments: argparse.Namespace) -> int:
    """Several processes: this one only looks after them."""
    import signal

    from policy_app.cli.supervising import Supervisor
    from policy_app.services.work import probes

    given = ["--once"] if options.once else []
    given += ["--name", options.label] if options.label else []
    given += ["--data", arguments.data] if arguments.data else []
    supervisor = Supervisor(options.concurrency, given)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: supervisor.let_go())
    supervisor.start()
    with probes.answering(supervisor.all_alive, options.port):
        supervisor.wait()
    supervisor.stop()
    return 0


def _wait_until_prepared(*, patient: bool) -> None:
    """Until ``serve`` has made the tables; ``Failure`` at once where nobody is to wait."""
    import structlog
    from django.conf import settings

    from policy_app.services import setup

    told = ""
    while True:
        missing = next((one.detail for one in setup.readiness() if not one.ok), "")
        if not missing:
            return
        if not patient:
            raise Failure(
                f"there is nothing to work on: {missing}\n"
                "  Start the portal once (policy-portal serve), or name its database:"
                f" DATABASE_URL, or --data (now {settings.DATA_DIR})."
            )
        if missing != told:
            structlog.get_logger("work").warning(
                "waiting for the portal", why=missing, data=str(settings.DATA_DIR)
            )
            told = missing
        time.sleep(_LOOK_SECONDS)


def _name(text: str) -> str:
    """A name that fits into rows and logs, for argparse's ``type``."""
    if len(text) <= _LONGEST_NAME and re.fullmatch(r"[A-Za-z0-9.-]*", text):
        return text
    raise argparse.ArgumentTypeError(
        f"{text!r} is no name: up to {_LONGEST_NAME} letters, digits, dots and hyphens"
    )
