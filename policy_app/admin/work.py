"""Scans, their chunks, the workers, what comes round, and the clock: to be read."""

from __future__ import annotations

from django.contrib import admin

from policy_app.admin.base import ReadOnly
from policy_app.models import Duty, PushedClock, Scan, ScanChunk, WorkerProcess


@admin.register(Scan)
class ScanAdmin(ReadOnly):
    """Audits of clusters, the newest first."""

    list_display = ["cluster", "trigger", "reach", "state", "requested_at", "finished_at", "error"]
    list_filter = ["state", "trigger", "reach"]
    search_fields = ["cluster__scope__name"]
    list_select_related = ["cluster__scope"]


@admin.register(ScanChunk)
class ScanChunkAdmin(ReadOnly):
    """Parts of audits; those that were set aside say why."""

    list_display = ["scan", "number", "state", "attempts", "worker", "objects_count", "error"]
    list_filter = ["state"]
    search_fields = ["error", "worker"]
    list_select_related = ["scan__cluster__scope"]


@admin.register(WorkerProcess)
class WorkerProcessAdmin(ReadOnly):
    """The processes that take work."""

    list_display = ["name", "engine", "host", "pid", "seen_at", "doing", "done"]
    list_filter = ["engine"]
    search_fields = ["name", "host"]


@admin.register(Duty)
class DutyAdmin(ReadOnly):
    """What comes round, and who did it last."""

    list_display = ["name", "due_at", "done_at", "by", "error"]
    search_fields = ["name"]


@admin.register(PushedClock)
class PushedClockAdmin(ReadOnly):
    """By how much tests have pushed the clock, where the control API is on."""

    list_display = ["ahead"]
    search_fields = ["ahead"]
