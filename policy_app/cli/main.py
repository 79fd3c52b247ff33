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
    parsed = parser().parse_args(arguments)
    try:
        code: int = parsed.run(parsed)
    except Failure as failure:
        print(f"policy-portal {parsed.command}: {failure}", file=sys.stderr)
        return failure.code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read the output has seen enough; Python would complain once more on its way out.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    return code
