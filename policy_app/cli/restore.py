"""``policy-portal restore``: a backup back into a database."""

from __future__ import annotations

import argparse
import contextlib
from pathlib import Path

from policy_app.cli import environment
from policy_app.cli.arguments import CODES, HelpFormatter, Subparsers, add_data_option, examples


def add_parser(subparsers: Subparsers) -> None:
    """Describe the command."""
    parser = subparsers.add_parser(
        "restore",
        help="put a backup back",
        description="Put back what policy-portal backup wrote: all of it, or nothing. Stop the"
        " portal and its workers first. The backup goes into the kind of database that it came"
        " from; an older one is migrated when the portal starts. On PostgreSQL it needs"
        " pg_restore.",
        epilog=examples(
            (
                "into an empty folder",
                "policy-portal restore /backups/portal-2026-11-22.tar.gz --data /srv/portal",
            ),
            (
                "in place of what is there",
                "policy-portal restore /backups/portal-2026-11-22.tar.gz --replace",
            ),
            codes=CODES,
        ),
        formatter_class=HelpFormatter,
    )
    parser.add_argument("file", metavar="FILE", help="what policy-portal backup wrote")
    parser.add_argument(
        "--replace", action="store_true", help="in place of the portal that is in the database"
    )
    add_data_option(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Put it back; ``Failure`` where that cannot be done, and then nothing is changed."""
    environment.start(arguments.data)
    from django.db import DatabaseError

    from policy_app.services import backup

    with environment.told_in_words():
        found = backup.restore(Path(arguments.file), replace=arguments.replace)
        # One that is of before the log has no place for it.
        with contextlib.suppress(DatabaseError):
            environment.note("portal/restore", f"backups/{found.made_at}")
    print(f"The portal is as it was at {found.made_at}. Start it with: policy-portal serve")
    return 0
