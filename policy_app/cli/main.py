"""``policy-portal``: reads the arguments and hands over to one subcommand.

Nothing here imports Django: a subcommand that needs it does so when it runs, so that help and
wrong arguments are answered at once.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Any

from policy_app.cli import (
    expand,
    explain,
    export,
    kubeconfig,
    manage,
    mutate,
    rego,
    serve,
    sign_in_link,
    test,
    token,
    verify,
    webhook_config,
)
from policy_app.cli.arguments import CODES
from policy_app.cli.failure import Failure

_COMMANDS = (
    serve,
    test,
    verify,
    mutate,
    expand,
    export,
    explain,
    rego,
    token,
    kubeconfig,
    webhook_config,
    sign_in_link,
    manage,
)


class _Version(argparse.Action):
    """Looks the version up only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *args: Any, **kwargs: Any) -> None:
        """Print it and end."""
        from importlib import metadata

        print(f"policy-portal {metadata.version('policy-portal')}")
        parser.exit()


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = argparse.ArgumentParser(
        prog="policy-portal",
        description="Azure Policy for Kubernetes, self-hosted.",
        epilog=f"Exit codes: {CODES}; each command's own help tells where it has more.",
    )
    top.add_argument("--version", action=_Version, nargs=0, help="print the version and end")
    subparsers = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for command in _COMMANDS:
        command.add_parser(subparsers)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line; the result is the process's exit code."""
    if sys.stdout is None:
        # The shell closed it; what was found still decides the exit code.
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - until the end
    parsed = parser().parse_args(arguments)
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


def _give_up_output() -> None:
    """Python would complain once more on its way out about what could not be written."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
