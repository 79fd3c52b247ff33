"""``manage import_definitions PATH``: load Azure's published JSON beside what is built in."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error as DatabaseFailure

from policy_app.catalog.importer import ImportReport, Origin, import_path
from policy_app.catalog.reading import FileProblem


class Command(BaseCommand):
    """Exit code 0 when every file was read, 1 when one could not be; the others are stored."""

    help = "Load published policy definitions and initiatives: a file, a folder, or a checkout."

    def add_arguments(self, parser: CommandParser) -> None:
        """Describe the path."""
        parser.add_argument("path", type=Path, help="a .json file, or a folder of them")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import, and say what was done."""
        path: Path = options["path"]
        try:
            report = import_path(path, Origin.AZURE, self._progress if _on_a_terminal() else None)
        except DatabaseFailure as error:
            raise CommandError(f"Nothing was stored: {str(error).strip()}") from error
        self._tell(report, detailed=options["verbosity"] > 1)
        if report.problems:
            raise CommandError(_count(report.problems, "file", "could not be imported."))

    def _progress(self, done: int, total: int) -> None:
        """One line that counts up, and is gone when all is done."""
        line = "" if done == total else f"{done} of {total} definitions"
        # Stderr is red by default, which is for problems.
        self.stderr.write(f"\r\x1b[K{line}", self.style.HTTP_INFO, ending="")
        self.stderr.flush()

    def _tell(self, report: ImportReport, *, detailed: bool) -> None:
        self._list("Created", report.created)
        self._list("Updated", report.updated)
        self._list("Unchanged", report.unchanged if detailed else [], total=report.unchanged)
        if report.gaps:
            self.stdout.write("Stored, but not evaluated here:")
            for label, reason in sorted(set(report.gaps)):
                self.stdout.write(f"  {label}\n    {reason}")
        for problem in report.problems:
            self.stderr.write(self.style.ERROR(_line(problem)))

    def _list(self, title: str, names: list[str], total: list[str] | None = None) -> None:
        self.stdout.write(f"{title}: {len(names if total is None else total)}")
        for name in sorted(names):
            self.stdout.write(f"  {name}")


def _on_a_terminal() -> bool:
    return sys.stderr.isatty()


def _line(problem: FileProblem) -> str:
    """``path:line: message``, as compilers say it, so that editors can jump there."""
    place = f"{problem.path}:{problem.line}" if problem.line else problem.path
    return f"{place}: {problem.message}"


def _count(found: list[FileProblem], noun: str, what: str) -> str:
    return f"{len(found)} {noun}{'s' if len(found) > 1 else ''} {what}"
