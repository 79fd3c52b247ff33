"""``policy-portal sign-in-link``: a link that signs its user in once, on standard output."""

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
    port,
)


def add_parser(subparsers: Subparsers) -> None:
    """Describe the command."""
    parser = subparsers.add_parser(
        "sign-in-link",
        help="make a link that signs a person in once",
        description="Make a one-time sign-in link and print it, alone, on standard output. It"
        " expires after POLICY_PORTAL_SIGN_IN_MINUTES.",
        epilog=examples(
            (
                "for somebody elsewhere",
                "policy-portal sign-in-link --user admin --address https://policy.example.org",
            ),
            codes=CODES,
        ),
        formatter_class=HelpFormatter,
    )
    add_user_option(parser, "whom the link signs in")
    parser.add_argument(
        "--address",
        default="",
        metavar="URL",
        help="where people reach the portal (default: http://127.0.0.1:PORT)",
    )
    parser.add_argument("--port", type=port, default=8000, help="the portal's port (8000)")
    add_data_option(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Make the link and print it."""
    environment.start(arguments.data)
    from policy_app.services import access, setup

    address = arguments.address.rstrip("/") or f"http://127.0.0.1:{arguments.port}"
    with environment.told_in_words():
        setup.prepare()
        user = environment.active_user(arguments.user)
        environment.note("signInLinks/write", f"users/{user}/signInLinks")
        print(address + environment.sign_in_path(access.new_link(user)))
    return 0
