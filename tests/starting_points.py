"""What a run of the tests makes once and every test starts from a copy of.

To migrate an empty database and to load the catalogue takes four seconds of the processor; the
tests would do it for each worker of theirs and for each of forty portals. What is shared is never
written to: a worker's database and a portal's data folder are copies, so no test sees another's.
Tests of the first start itself begin with an empty folder, and say so (``portal(…, empty=True)``).
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]
_PREPARE = """
import sys
from policy_app.cli import environment
environment.start(sys.argv[1])
from policy_app.services import setup
setup.prepare()
"""


class Shared:
    """A folder that all workers of a run have in common; ``tests/conftest.py`` names it."""

    folder: Path

    @classmethod
    @contextmanager
    def alone(cls, name: str) -> Iterator[Path]:
        """One thing in it, while no other worker looks at that thing or makes it."""
        with (cls.folder / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # released when the file is closed
            yield cls.folder / name


def prepared(data: Path) -> Path:
    """The folder ``data``, made as a portal leaves it that was started once and never used."""
    with Shared.alone("prepared") as made:
        if not made.exists():
            _prepare(made)
    return Path(shutil.copytree(made, data, dirs_exist_ok=True))


def _prepare(folder: Path) -> None:
    draft = folder.with_name("being-prepared")
    settings = ("DATABASE_URL", "POLICY_PORTAL_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(settings)}
    command = [sys.executable, "-c", _PREPARE, str(draft)]
    subprocess.run(command, cwd=_ROOT, env=kept, check=True)
    draft.rename(folder)
