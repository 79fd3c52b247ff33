"""``policy-portal token``: a bearer token for the REST API, alone on standard output."""

from __future__ import annotations

import argparse

from policy_app.cli import environment
from policy_app.cli.arguments import (
    CODES,
    HelpFormatter,
    Subparsers,
    add_data_option,
    add_user_option,
    examples,
)


def add_parser(subparsers: Subparsers) -> None:
    """Describe the command."""
    parser = subparsers.add_parser(
        "token",
        help="make a bearer token for the REST API",
        description="Make a bearer token and print it, alone, on standard output. It is shown"
        " once: what is stored is its hash. The administration pages list tokens and revoke them."
        " The token may do what its user may; the command itself asks for no role, since whoever"
        " can read the database holds every right.",
        epilog=examples(
            (
                "a token in a variable",
                "TOKEN=$(policy-portal token --user admin --label pipeline)",
            ),
            codes=CODES,
        ),
        formatter_class=HelpFormatter,
    )
    add_user_option(parser, "whom the token acts for")
    parser.add_argument("--label", default="", help="what it is for, to recognise it in the list")
    add_data_option(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Make the token and print it."""
    environment.start(arguments.data)
    from policy_app.services import access, setup

    with environment.told_in_words():
        setup.prepare()
        user = environment.active_user(arguments.user)
        environment.note("tokens/write", f"users/{user}/tokens")
        print(access.new_token(user, arguments.label))
    return 0
