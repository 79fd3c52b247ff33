"""The clock that policy goes by: the machine's, or one that tests have pushed ahead of it.

Whatever has to do with policy asks it: when the add-on works, when exemptions end, when a thing was
assigned, judged or done, what happens in simulated clusters.  Secrets, sessions and the leases of
workers go by the machine's clock alone, so that pushing this one opens nothing that was closed.

It can be ahead only under ``serve --control``.  By how much is a file in the data folder, which the
server and its workers share; it only ever grows until ``put_back``, since nothing that is stored
expects time to run backwards.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone

FURTHEST = timedelta(days=36_525)
"""How far ahead it may be: a hundred years, within what any database stores."""


def now() -> datetime:
    """What time it is for policy; aware, in UTC."""
    return timezone.now() + ahead()


def ahead() -> timedelta:
    """By how much it was pushed; by nothing where nobody can push it."""
    if not settings.CONTROL:
        return timedelta()
    try:
        return timedelta(seconds=float(_file().read_text(encoding="ascii")))
    except FileNotFoundError:
        return timedelta()


def push(by: timedelta) -> datetime:
    """Push it; what time it is then.  Raises ``ValueError`` where that is back, or too far."""
    with _alone():
        further = ahead() + by
        if by < timedelta() or further > FURTHEST:
            raise ValueError(f"the clock cannot be moved by {by}")
        _write(further)
        return now()


def put_back() -> timedelta:
    """The machine's clock again; by how much it had been ahead."""
    with _alone():
        before = ahead()
        _file().unlink(missing_ok=True)
        return before


def _write(further: timedelta) -> None:
    """Whoever reads meanwhile finds the old text or the new one."""
    new = _file().with_suffix(".new")
    new.write_text(str(further.total_seconds()), encoding="ascii")
    os.replace(new, _file())


@contextmanager
def _alone() -> Iterator[None]:
    """Of two who push at once neither push is lost."""
    with _file().with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # released when the file is closed
        yield


def _file() -> Path:
    return settings.DATA_DIR / "clock"
