"""``policy-portal backup``: the whole portal in one file."""

from __future__ import annotations

import argparse
import contextlib
from pathlib import Path

from policy_app.cli import environment
from policy_app.cli.arguments import CODES, HelpFormatter, Subparsers, add_data_option, examples


def add_parser(subparsers: Subparsers) -> None:
    """Describe the command."""
    parser = subparsers.add_parser(
        "backup",
        help="write the whole portal to a file",
        description="Write the database as it stands at this moment, the signing key and the"
        " certificates to one file; the portal may go on working. On PostgreSQL it needs pg_dump."
        " Whoever has the file has every secret of the portal: only its owner may read it.",
        epilog=examples(
            ("every night", 'policy-portal backup "/backups/portal-$(date +%F).tar.gz"'),
            codes=CODES,
        ),
        formatter_class=HelpFormatter,
    )
    parser.add_argument("file", metavar="FILE", help="where to write; must not be there yet")
    add_data_option(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write the file; ``Failure`` where that cannot be done."""
    environment.start(arguments.data)
    from django.db import DatabaseError

    from policy_app.services import backup

    file = Path(arguments.file)
    with environment.told_in_words():
        made = backup.backup(file)
        # The database may be one of before the log.
        with contextlib.suppress(DatabaseError):
            environment.note("portal/backup", f"backups/{made.made_at}")
    size = file.stat().st_size / 1_000_000
    print(f"{file}: {size:.1f} MB, the portal as of {made.made_at} on {made.vendor}")
    return 0
