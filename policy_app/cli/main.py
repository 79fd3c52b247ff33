"""``policy-portal``: reads the arguments and hands over to one subcommand.

Nothing here imports Django: a subcommand that needs it does so when it runs, so that help and
wrong arguments are answered at once.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from policy_app.cli.arguments import CODES, Parser
from policy_app.cli.failure import Failure

_COMMANDS = (
    "serve",
    "worker",
    "test",
    "verify",
    "mutate",
    "expand",
    "export",
    "explain",
    "what-if",
    "rego",
    "token",
    "kubeconfig",
    "snapshot",
    "webhook-config",
    "sign-in-link",
    "backup",
    "restore",
    "manage",
)
"""Each in a module of its name."""


_USAGE_CODES = {"verify": 1}
"""Where wrong usage does not end with 2: gator ends with 1."""


class _Version(argparse.Action):
    """Looks the version up only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *args: Any, **kwargs: Any) -> None:
        """Print it and end."""
        from importlib import metadata

        print(f"policy-portal {metadata.version('policy-portal')}")
        parser.exit()


def parser(commands: Sequence[str] = _COMMANDS) -> Parser:
    """The whole command line, or as much of it as some commands need."""
    top = Parser(
        prog="policy-portal",
        description="Azure Policy for Kubernetes, self-hosted.",
        epilog=f"Exit codes: {CODES}; each command's own help tells where it has more.",
    )
    top.add_argument("--version", action=_Version, nargs=0, help="print the version and end")
    subparsers = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for command in commands:
        module = importlib.import_module(f"policy_app.cli.{command.replace('-', '_')}")
        module.add_parser(subparsers)
        subparsers.choices[command].usage_code = _USAGE_CODES.get(command, Parser.usage_code)
    return top


def _parsed(arguments: Sequence[str]) -> argparse.Namespace:
    """The arguments, read by the one command that they name; help and errors know all of them."""
    named = arguments[:1] if arguments and arguments[0] in _COMMANDS else _COMMANDS
    top = parser(named)
    if len(named) == 1:
        top.usage_code = _USAGE_CODES.get(named[0], Parser.usage_code)
    return top.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line; the result is the process's exit code."""
    if sys.stdout is None:
        # The shell closed it; what was found still decides the exit code.
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - until the end
    parsed = _parsed(sys.argv[1:] if arguments is None else arguments)
    try:
        code: int = parsed.run(parsed)
        # What is still held back must fail here, where it can be told, and not on the way out.
        sys.stdout.flush()
    except Failure as failure:
        print(f"policy-portal {parsed.command}: {failure}", file=sys.stderr)
        return failure.code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read the output has seen enough.
        _give_up_output()
        return 141
    except OSError as error:
        _give_up_output()
        about = f"{error.filename}: " if error.filename else "the output cannot be written: "
        print(f"policy-portal {parsed.command}: {about}{error.strerror}", file=sys.stderr)
        return 2
    return code


def console() -> NoReturn:
    """The console script: ``main``, and out.

    A command that has neither connections nor threads to end leaves at once: to take down what it
    has loaded, piece by piece, would take as long as judging some dozens of Pods.
    """
    code = main()
    if "django" in sys.modules:
        sys.exit(code)
    with contextlib.suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


def _give_up_output() -> None:
    """Python would complain once more on its way out about what could not be written."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
