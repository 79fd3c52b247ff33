"""What several subcommands have in their arguments."""

from __future__ import annotations

import argparse
from typing import TypeAlias

Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def add_data_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--data``."""
    parser.add_argument(
        "--data",
        metavar="DIR",
        help="the folder for the database and the signing key (default: POLICY_PORTAL_DATA,"
        " or .data in the checkout)",
    )


def add_user_option(parser: argparse.ArgumentParser, help_text: str) -> None:
    """Add ``--user``, which must be given."""
    parser.add_argument("--user", required=True, metavar="NAME", help=help_text)


def port(text: str) -> int:
    """A TCP port, for argparse's ``type``."""
    if text.isdigit() and 1 <= int(text) <= 65535:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no port: give a number from 1 to 65535")


def examples(*shown: tuple[str, str], codes: str) -> str:
    """The end of a command's help: what it can be used for, line by line, and its exit codes."""
    lines = [f"  # {purpose}\n  {command}" for purpose, command in shown]
    return "\n".join(["examples:", *lines, "", f"exit codes: {codes}"])
