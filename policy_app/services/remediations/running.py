"""Carry remediations out: workers call ``advance`` every few seconds, mostly one at a time.

Each step is a transaction of its own that says how far things are, so that a worker that is cut off
leaves nothing half done, and two that are at it at once do nothing twice.
"""

from __future__ import annotations

import time

import structlog
from django.db import Error as DatabaseFailure
from django.db import transaction

from policy_app import wall_clock
from policy_app.evaluation.language.errors import LanguageError
from policy_app.models import Remediation, RemediationDeployment
from policy_app.services.errors import PolicyError
from policy_app.services.remediations import applying, finding, tasks
from policy_app.services.remediations.finding import Found

_SECONDS = 5.0
"""How long one call goes on changing objects, one more or less: its caller has other duties."""
_MOST_ATTEMPTS = 3
_AT_ONCE = 500
_SOME_FAILED = "Some objects failed, and no failure threshold allows that."
_UNEXPECTED = "The portal failed unexpectedly while it was carried out; its log says why."
State = Remediation.State
_log = structlog.get_logger("remediations")


def advance(seconds: float = _SECONDS) -> None:
    """Go on with every remediation that is not over, the oldest first.

    What fails unexpectedly is tried again, and ends as failed after the third time.
    """
    deadline = time.monotonic() + seconds
    rows = Remediation.objects.filter(state__in=Remediation.OPEN).order_by("created_at", "pk")
    for row in rows.select_related("scope"):
        try:
            _forward(row, deadline)
        except DatabaseFailure:
            raise
        except Exception:
            _log.exception("remediation failed", remediation=row.arm_id)
            _note_failure(row)


def _forward(row: Remediation, deadline: float) -> None:
    if row.state != State.RUNNING:
        _evaluate(row)
    waiting = tasks.deployments(row).filter(state=tasks.State.ACCEPTED).order_by("pk")
    while (one := waiting.first()) is not None and not _is_to_end(row):
        if time.monotonic() > deadline:
            return
        applying.apply(one)
    _finish(row)


def _evaluate(row: Remediation) -> None:
    """Find out what there is to do, and store it."""
    begun = Remediation.objects.filter(pk=row.pk, state__in=(State.ACCEPTED, State.EVALUATING))
    if not begun.update(state=State.EVALUATING, updated_at=wall_clock.now()):
        return
    try:
        found = finding.find(row)
    except (PolicyError, LanguageError) as error:
        # The assignment, or what it assigns, was broken since it was asked for.
        found = Found(notes=[str(error)])
    with transaction.atomic():
        locked = tasks.locked(row, State.EVALUATING)
        if locked is None:
            return
        for one in found.deployments:
            one.remediation = locked
        RemediationDeployment.objects.bulk_create(found.deployments, batch_size=_AT_ONCE)
        locked.state, locked.status_message = State.RUNNING, "\n".join(found.notes)
        if found.notes and not found.looked:
            tasks.end(locked, State.FAILED)
        else:
            locked.save()


def _finish(row: Remediation) -> None:
    """Note how it ended: with one object that failed it failed, unless a threshold allows it."""
    with transaction.atomic():
        locked = tasks.locked(row, State.RUNNING)
        if locked is None:
            return
        counts = tasks.counts_of([locked])[locked.pk]
        if _is_beyond_threshold(locked, counts):
            share = f"{counts.failed} of {counts.total}"
            tasks.end(locked, State.FAILED, f"More failed than the threshold allows: {share}.")
        elif counts.failed and locked.failure_threshold is None:
            tasks.end(locked, State.FAILED, _SOME_FAILED)
        else:
            tasks.end(locked, State.SUCCEEDED)


def _is_to_end(row: Remediation) -> bool:
    """Whether it ends although something waits; nothing is counted where no threshold is set."""
    if row.failure_threshold is None:
        return False
    return _is_beyond_threshold(row, tasks.counts_of([row])[row.pk])


def _is_beyond_threshold(row: Remediation, counts: tasks.Counts) -> bool:
    threshold = row.failure_threshold
    return threshold is not None and counts.failed > threshold * counts.total


def _note_failure(row: Remediation) -> None:
    with transaction.atomic():
        locked = tasks.locked(row, *Remediation.OPEN)
        if locked is None:
            return
        locked.attempts += 1
        if locked.attempts < _MOST_ATTEMPTS:
            locked.save(update_fields=["attempts", "updated_at"])
        else:
            tasks.end(locked, State.FAILED, _UNEXPECTED)
