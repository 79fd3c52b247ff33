"""``policy-portal explain``: what a message from a cluster means."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from policy_app.cli.arguments import HelpFormatter, Subparsers, add_data_option, examples
from policy_app.cli.failure import Failure

if TYPE_CHECKING:
    from policy_app.catalog.messages import Meaning, Said


def add_parser(subparsers: Subparsers) -> None:
    """Describe the command."""
    parser = subparsers.add_parser(
        "explain",
        help="say which policy and field a refusal means (gator: has no word for it)",
        description="Say what a refusal or a warning means that kubectl, helm or an event shows:"
        " which definition it comes from, which initiatives hold that, which field it is about,"
        " and, with the portal's data, which assignment brought it. gator has no word for it.",
        epilog=examples(
            (
                "a line as kubectl printed it",
                "policy-portal explain '[azurepolicy-k8sazurev2noprivilege-5d51…] Privileged"
                ' container\n    is not allowed: web, securityContext: {"privileged": true}\'',
            ),
            (
                "all that kubectl said, and which assignment it was",
                "kubectl apply -f pod.yaml 2>&1 | policy-portal explain - --data .data",
            ),
            codes="0 every message is known, 1 one is not, 2 wrong usage",
        ),
        formatter_class=HelpFormatter,
    )
    parser.add_argument(
        "message", metavar="MESSAGE", help="the text, as it was printed; - reads standard input"
    )
    add_data_option(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """1 where a message is not known."""
    from policy_app.catalog import messages
    from policy_app.catalog.shelf import Shelf
    from policy_app.cli.offline import compiled, output

    text = sys.stdin.read() if arguments.message == "-" else arguments.message
    said = messages.read(text)
    if not said:
        raise Failure("there is no message in this text", code=2)
    compiled.use()
    shelf = Shelf()
    known = True
    for one in said:
        meanings = messages.meanings(one, shelf)
        lines = [str(one), *_lines(one, meanings, arguments.data)]
        print("\n".join(lines), file=output.stdout())
        known = known and bool(meanings)
    return int(not known)


def _lines(said: Said, meanings: list[Meaning], data: str | None) -> list[str]:
    if not meanings:
        return ["  No built-in definition says this."]
    lines = [line for meaning in meanings for line in meaning.lines()]
    if data and said.constraint:
        from policy_app.cli import stored

        lines += stored.assigned(said.constraint, data) or [
            "  assignment: none of the portal's makes a constraint of this name"
        ]
    return lines
