"""What the benchmarks share: a measurement, a stopwatch, a portal in an empty folder."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Measurement:
    """One line of the table."""

    what: str
    value: float
    unit: str
    note: str = ""


def as_installed(folder: str) -> dict[str, str]:
    """An environment in which commands find byte code and compiled policies, once they ran.

    ``pip install`` makes byte code, as it did for the program that we are compared with.
    """
    own = {"PYTHONPYCACHEPREFIX": f"{folder}/byte-code", "POLICY_PORTAL_CACHE": f"{folder}/kept"}
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return kept | own


def median_ms(work: Callable[[], object], times: int = 9) -> float:
    """The median of ``times`` runs, in milliseconds, after one that warms up."""
    work()
    runs = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        runs.append((time.perf_counter() - started) * 1000)
    return statistics.median(runs)


@contextmanager
def prepared_portal() -> Iterator[None]:
    """Django on a new SQLite file with the catalogue and the demo estate; once a process."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"POLICY_PORTAL_DATA": folder, "POLICY_PORTAL_LOG_LEVEL": "ERROR"}
        os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
        os.environ.pop("DATABASE_URL", None)
        import django

        django.setup()
        from django.db import connections

        from policy_app.services import setup

        setup.prepare()
        yield
        connections.close_all()
