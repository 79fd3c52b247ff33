"""Audits as work: a scan of a cluster, cut into chunks that any worker takes.

These rows are the truth of what is to be done.  An engine (the database itself, or Celery) only
brings workers to them, so that what an engine forgets is found here again.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from policy_app.models.objects import JsonText
from policy_app.models.scopes import Cluster


class Scan(models.Model):
    """One audit of one cluster; a cluster has at most one that is not over."""

    class Trigger(models.TextChoices):
        """Who or what asked for it."""

        SCHEDULE = "schedule", "Schedule"
        DEMAND = "demand", "Scan now"
        CHANGE = "change", "Change"
        API = "api", "REST API"

    class Reach(models.TextChoices):
        """How much it judges."""

        FULL = "full", "Everything"
        CHANGES = "changes", "What changed"

    class State(models.TextChoices):
        """Where it stands."""

        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        CANCELLED = "cancelled", "Cancelled"
        FAILED = "failed", "Failed"

    OPEN = (State.WAITING, State.RUNNING)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="scans")
    trigger = models.CharField(max_length=10, choices=Trigger.choices)
    reach = models.CharField(max_length=10, choices=Reach.choices, default=Reach.CHANGES)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    requested_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    """Until when the worker that plans or finishes it is believed to be alive."""
    worker = models.CharField(max_length=100, blank=True)
    """Which worker plans or finishes it."""
    attempts = models.PositiveSmallIntegerField(default=0)
    """How often planning it, and once it is planned finishing it, was begun."""
    revision = models.BigIntegerField(default=0)
    """The cluster's revision when it was planned; later changes are the next scan's."""
    deciding = models.CharField(max_length=200, blank=True)
    """A mark of all that decides, when it was planned."""
    planned = models.BooleanField(default=False)
    objects_total = models.PositiveIntegerField(default=0)
    objects_done = models.PositiveIntegerField(default=0)
    cancelled = models.BooleanField(default=False)
    """Somebody wants it to end."""
    summary = JsonText(default=dict)
    """What it came to: ``{"changed": 12, "failedChunks": 0, …}``."""
    error = models.TextField(blank=True)

    class Meta:
        ordering = ["-requested_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["cluster"],
                condition=Q(state__in=["waiting", "running"]),
                name="one_open_scan_a_cluster",
            ),
        ]
        indexes = [
            models.Index(fields=["cluster", "-requested_at"], name="scans_of_a_cluster"),
            models.Index(fields=["state", "requested_at"], name="scans_to_do"),
        ]

    def __str__(self) -> str:
        return f"scan of {self.cluster}: {self.state}"


class ScanChunk(models.Model):
    """Some objects of a scan, judged and written in one transaction."""

    class State(models.TextChoices):
        """Where it stands."""

        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        SET_ASIDE = "setAside", "Set aside"

    scan = models.ForeignKey(Scan, on_delete=models.CASCADE, related_name="chunks")
    number = models.PositiveIntegerField()
    task = JsonText(default=dict)
    """What it covers; the planner writes it and the judge reads it."""
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    worker = models.CharField(max_length=100, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    """Until when its worker is believed to be alive."""
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    objects_count = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    """How many verdicts became others."""
    error = models.TextField(blank=True)
    """Why it was set aside."""

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["scan", "number"], name="chunk_once_a_scan"),
        ]
        indexes = [models.Index(fields=["scan", "state", "number"], name="chunks_to_do")]

    def __str__(self) -> str:
        return f"chunk {self.number} of {self.scan_id}: {self.state}"
