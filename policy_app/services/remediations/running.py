"""Carry remediations out: workers call ``advance`` every few seconds, mostly one at a time.

Each step is a transaction of its own that says how far things are, so that a worker that is cut off
leaves nothing half done, and two that are at it at once do nothing twice.

A worker goes round: it changes as many objects of a remediation as ``parallel_deployments`` says,
looks whether the threshold ends it, and comes to the next one.  So that number is what it is in
Azure: the pace beside others, and how much has begun when too much has failed.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

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
"""How long one call goes round, a round more or less: its caller has other duties."""
_MOST_ATTEMPTS = 3
_AT_ONCE = 500
_SOME_FAILED = "Some objects failed, and no failure threshold allows that."
_UNEXPECTED = "The portal failed unexpectedly while it was carried out; its log says why."
State = Remediation.State
_log = structlog.get_logger("remediations")


@dataclass(slots=True)
class _Turn:
    """One remediation in one call: what is read once, however many objects are changed."""

    row: Remediation
    counts: tasks.Counts
    """As counted at the beginning, and kept up since."""
    _waiting: deque[RemediationDeployment] = field(default_factory=deque)
    _last: int = 0
    """The primary key up to which objects were read."""

    def round(self) -> bool:
        """Change as many objects as may be at hand; false once nothing is left to do."""
        for one in self._next():
            state = applying.apply(one)
            if state is None:
                # It was canceled, or another worker had it: so may be what was read with it.
                self._waiting.clear()
                self._last = one.pk
                break
            self._note(state)
        if self._has_waiting() and not _is_beyond_threshold(self.row, self.counts):
            return True
        _finish(self.row)
        return False

    def _next(self) -> list[RemediationDeployment]:
        if _is_beyond_threshold(self.row, self.counts):
            return []
        most = self.row.parallel_deployments
        return [self._waiting.popleft() for _ in range(most) if self._has_waiting()]

    def _has_waiting(self) -> bool:
        if not self._waiting:
            rows = tasks.deployments(self.row).filter(state=tasks.State.ACCEPTED)
            self._waiting.extend(rows.filter(pk__gt=self._last).order_by("pk")[:_AT_ONCE])
            self._last = self._waiting[-1].pk if self._waiting else self._last
        return bool(self._waiting)

    def _note(self, state: str) -> None:
        failed = state == tasks.State.FAILED
        counts = self.counts
        self.counts = tasks.Counts(
            counts.total, counts.succeeded + (not failed), counts.failed + failed
        )


def advance(seconds: float = _SECONDS) -> None:
    """Go on with every remediation that is not over, round by round, the oldest first.

    What fails unexpectedly is tried again, and ends as failed after the third time.
    """
    deadline = time.monotonic() + seconds
    rows = Remediation.objects.filter(state__in=Remediation.OPEN).order_by("created_at", "pk")
    begun = [_guarded(row, _begin, row) for row in rows.select_related("scope")]
    under_way = [turn for turn in begun if turn is not None]
    while under_way and time.monotonic() <= deadline:
        under_way = [turn for turn in under_way if _guarded(turn.row, turn.round)]


_Result = TypeVar("_Result")


def _guarded(row: Remediation, do: Callable[..., _Result], *given: object) -> _Result | None:
    """What it gives; None where it fails unexpectedly, so that others go on."""
    try:
        return do(*given)
    except DatabaseFailure:
        raise
    except Exception:
        _log.exception("remediation failed", remediation=row.arm_id)
        _note_failure(row)
        return None


def _begin(row: Remediation) -> _Turn:
    if row.state != State.RUNNING:
        _evaluate(row)
    return _Turn(row, tasks.counts_of([row])[row.pk])


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
