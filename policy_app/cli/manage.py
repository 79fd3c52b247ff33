"""``policy-portal manage``: Django's own commands, and the portal's beside them."""

from __future__ import annotations

import argparse

from policy_app.cli import environment
from policy_app.cli.arguments import Subparsers, examples
from policy_app.cli.failure import Failure

_NOTED = ("changepassword", "createsuperuser", "demo", "import_definitions", "loaddata", "shell")
"""Commands that change who may come in, or what there is: the activity log names them."""


def add_parser(subparsers: Subparsers) -> None:
    """Describe the command; its own help is Django's."""
    parser = subparsers.add_parser(
        "manage",
        help="run one of Django's commands (createsuperuser, import_definitions, demo, …)",
        description="Run one of Django's own commands, or one of the portal's beside them."
        " policy-portal manage help lists them all; --data DIR may stand anywhere."
        " import_definitions stores what it can read and names the rest: each created and updated"
        " definition, each that is stored but cannot be evaluated here with the reason, and each"
        " file that could not be read as path:line: reason. It ends with 1 if there was such a"
        " file. Where Azure's JSON has the id and the version of a built-in definition, Azure's"
        " text replaces ours.",
        epilog=examples(
            (
                "load Azure's published definitions: a file, a folder, a checkout of theirs",
                "policy-portal manage import_definitions azure-policy/",
            ),
            ("put back what is missing of the demo estate", "policy-portal manage demo"),
            ("another person with every right", "policy-portal manage createsuperuser"),
            (
                "a password, for signing in without a link",
                "policy-portal manage changepassword NAME",
            ),
            (
                "the settings, with an id and a hint for each that is wrong",
                "policy-portal manage check",
            ),
            ("the database, without starting the portal", "policy-portal manage migrate"),
            codes="those of Django's command",
        ),
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
        if rest and rest[0] in _NOTED:
            environment.note("commands/action", f"commands/{rest[0]}")
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
