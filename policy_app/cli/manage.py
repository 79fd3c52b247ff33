"""``policy-portal manage``: Django's own commands, and the portal's beside them."""

from __future__ import annotations

import argparse

from policy_app.cli import environment
from policy_app.cli.arguments import Subparsers
from policy_app.cli.failure import Failure


def add_parser(subparsers: Subparsers) -> None:
    """Describe the command; its own help is Django's."""
    parser = subparsers.add_parser(
        "manage",
        help="run one of Django's commands (createsuperuser, import_definitions, demo, …)",
        add_help=False,
        prefix_chars="\0",  # so that every option belongs to Django's command
    )
    parser.add_argument("rest", nargs=argparse.REMAINDER)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Hand over to Django, which prints its own errors and ends with its own exit code."""
    data, rest = take_data_option(arguments.rest)
    environment.settle(data)
    from django.core.management import execute_from_command_line

    with environment.told_in_words():
        execute_from_command_line(["policy-portal manage", *rest])
    return 0


def take_data_option(arguments: list[str]) -> tuple[str | None, list[str]]:
    """``--data DIR`` out of the arguments, wherever it stands, and the others as they are."""
    data: str | None = None
    rest: list[str] = []
    remaining = iter(arguments)
    for argument in remaining:
        name, equals, value = argument.partition("=")
        if name != "--data":
            rest.append(argument)
            continue
        data = value if equals else next(remaining, "")
        if not data:
            raise Failure("--data needs a folder: --data DIR")
    return data, rest
