"""A file for each process, in which refusals wait until the database has them.

A line is there before the API server has its answer, so that a process that is killed loses none.
Who works on a file holds its lock; a file that nobody holds is of a process that has died.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import structlog
from django.conf import settings

LONGEST = 16 * 1024 * 1024
"""Bytes of one file: while the database is away for long, the newest refusals are lost."""
_log = structlog.get_logger("refusals")


@dataclass(slots=True)
class Spool:
    """The open file of this process."""

    path: Path
    handle: int
    size: int = 0

    @classmethod
    def open(cls) -> Spool | None:
        """A new file; None where the folder cannot be written, which is logged."""
        path = folder() / f"{uuid4()}.jsonl"
        try:
            path.parent.mkdir(mode=0o700, exist_ok=True)
            flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC
            handle = os.open(path, flags, 0o600)
            fcntl.flock(handle, fcntl.LOCK_EX)
        except OSError as error:
            _log.warning("refusals wait in memory alone", why=error.strerror)
            return None
        return cls(path, handle)

    def append(self, line: str) -> bool:
        """Write one line; whether it is there."""
        data = f"{line}\n".encode()
        if self.size + len(data) > LONGEST:
            return False
        try:
            self.size += os.write(self.handle, data)
        except OSError as error:
            _log.warning("a refusal waits in memory alone", why=error.strerror)
            return False
        return True

    def done(self) -> None:
        """The database has all of it."""
        self.path.unlink(missing_ok=True)
        os.close(self.handle)


def folder() -> Path:
    """Where the files are."""
    return Path(settings.DATA_DIR) / "refusals"


def left_behind() -> list[Path]:
    """The files there are, the oldest first; those of living processes among them."""
    try:
        found = [(one.stat().st_mtime, one) for one in folder().glob("*.jsonl")]
    except OSError:
        return []
    return [path for _, path in sorted(found)]


@contextmanager
def taken(path: Path) -> Iterator[list[str] | None]:
    """The lines of a file whose process has died; None where somebody works on it.

    Once they were seen to, the file is gone.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        yield None
        return
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield None
            return
        yield path.read_text(encoding="utf-8", errors="replace").splitlines()
        path.unlink(missing_ok=True)
    finally:
        os.close(handle)
