"""Who works, what comes round, and by how much tests have pushed the clock that policy goes by.

Worker processes, and duties that one of them does at a time, are rows and no locks, so that what a
process leaves behind when it is killed is seen and taken over by others, on whatever machine they
are.
"""

from __future__ import annotations

from django.db import models


class WorkerProcess(models.Model):
    """One process that takes work; it says every few seconds that it is alive."""

    name = models.CharField(max_length=100, unique=True)
    """Unlike that of any other process: ``host-4711-1f2e3d``."""
    engine = models.CharField(max_length=20)
    """``database`` or ``celery``."""
    host = models.CharField(max_length=100, blank=True)
    pid = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField(db_index=True)
    doing = models.CharField(max_length=200, blank=True)
    """What it works on; empty while it waits."""
    done = models.PositiveIntegerField(default=0)
    """How many pieces of work it has finished."""

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Duty(models.Model):
    """Something that comes round, such as asking for due scans; who moves its row on does it."""

    name = models.CharField(max_length=60, primary_key=True)
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)
    """When it was last finished."""
    by = models.CharField(max_length=100, blank=True)
    """The worker that took it last."""
    error = models.TextField(blank=True)
    """Why it failed the last time."""

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "duties"

    def __str__(self) -> str:
        return f"{self.name}, due at {self.due_at}"


class PushedClock(models.Model):
    """By how much the clock is ahead of the machine's; one row at most, which ``wall_clock`` reads.

    It is stored beside what it has dated, so that a reset puts both back, or neither.
    """

    ahead = models.DurationField()

    def __str__(self) -> str:
        return f"ahead by {self.ahead}"
