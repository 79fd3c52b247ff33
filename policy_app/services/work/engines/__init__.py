"""What brings workers to the work: one of these, by the setting ``POLICY_PORTAL_WORK``.

An engine holds nothing that is not in the rows.  What it forgets, because it was killed or is new,
is found again by its ``sweep``; what it tells twice does no harm.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from django.conf import settings


@dataclass(frozen=True, slots=True)
class Options:
    """How a worker is started."""

    label: str = ""
    """What people call it; part of its name."""
    once: bool = False
    """End as soon as there is nothing to do."""
    concurrency: int = 1
    """How many processes."""
    port: int | None = None
    """Where probes and Prometheus ask it; nowhere by default."""


class Engine(Protocol):
    """The seam: three words and a name are all that the rest of the portal knows of an engine."""

    name: str

    def wake(self) -> None:
        """Tell workers that there may be something to do; never fails."""

    def sweep(self) -> None:
        """Tell them again of what was lost on the way; called every few seconds."""

    def run(self, options: Options) -> int:
        """Be a worker until a signal; the exit code."""


def current() -> Engine:
    """The engine that the settings choose."""
    return _of(settings.WORK)


@lru_cache(maxsize=4)
def _of(setting: str) -> Engine:
    if setting == "database":
        from policy_app.services.work.engines.database import DatabaseEngine

        return DatabaseEngine()
    from policy_app.services.work.engines.celery import CeleryEngine

    return CeleryEngine(setting)
