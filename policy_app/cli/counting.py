"""Have a server and its workers count together for Prometheus: into files of one folder."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

_FOLDER = "PROMETHEUS_MULTIPROC_DIR"


def together(folder: Path) -> None:
    """Have this process and its children count together; to be called before anything counts.

    What ended processes left in ``folder`` is removed.
    """
    for old in folder.glob("serve-*"):
        if not Path(f"/proc/{old.name.removeprefix('serve-')}").exists():
            shutil.rmtree(old, ignore_errors=True)
    own = folder / f"serve-{os.getpid()}"
    own.mkdir(parents=True, exist_ok=True)
    os.environ[_FOLDER] = str(own)


def forget(pid: int) -> None:
    """Leave out the gauges of a process that ended; what it counted stays."""
    if os.environ.get(_FOLDER):
        from prometheus_client import multiprocess

        multiprocess.mark_process_dead(pid)  # type: ignore[no-untyped-call]
