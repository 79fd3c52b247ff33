"""What comes round: due scans are asked for, what died is recovered, what is old is thinned.

Every worker looks, and one of them does it: whoever moves the duty's row on to its next time.  A
duty that is cut off is done the next time round, so each of them is safe to repeat.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import structlog

from policy_app.models import Duty, WorkerProcess
from policy_app.services.work import failing, moments

_FORGOTTEN_AFTER = timedelta(hours=1)
_log = structlog.get_logger("work")


@dataclass(frozen=True, slots=True)
class Round:
    """A duty: its name, how often it comes round, and what is to be done."""

    name: str
    seconds: int
    do: Callable[[], object]


def rounds() -> list[Round]:
    """The duties, in the order in which they are looked at."""
    from policy_app.services.work import engines

    return [
        Round("schedule", 5, _schedule),
        Round("recover", 5, _recover),
        Round("sweep", 5, engines.current().sweep),
        Round("remediations", 2, _remediate),
        Round("retention", 3600, _thin),
    ]


def look(worker: str) -> list[str]:
    """Do what has come round and nobody else does; the names of what was done well."""
    kept = dict(Duty.objects.values_list("name", "due_at"))
    now = moments.now()
    return [
        one.name
        for one in rounds()
        if kept.get(one.name, now) <= now and _is_mine(one, worker) and _done(one)
    ]


def do_all(worker: str) -> list[str]:
    """Do every duty now, whether its time has come or not; the names of what was done well."""
    for one in rounds():
        due = {"due_at": moments.now() + timedelta(seconds=one.seconds), "by": worker}
        Duty.objects.update_or_create(name=one.name, defaults=due)
    return [one.name for one in rounds() if _done(one)]


def _is_mine(one: Round, worker: str) -> bool:
    now = moments.now()
    due = now + timedelta(seconds=one.seconds)
    if Duty.objects.filter(name=one.name, due_at__lte=now).update(due_at=due, by=worker):
        return True
    new = {"due_at": due, "by": worker}
    return Duty.objects.get_or_create(name=one.name, defaults=new)[1]


def _done(one: Round) -> bool:
    """Do it; what goes wrong is kept for people to see, and tried again the next time."""
    error = ""
    try:
        one.do()
    except Exception as failure:
        _log.exception("duty failed", duty=one.name)
        error = failing.describe(failure)
    Duty.objects.filter(name=one.name).update(done_at=moments.now(), error=error)
    return not error


def _schedule() -> None:
    from policy_app.services.compliance import schedule

    schedule.request_due()


def _recover() -> None:
    from policy_app.services import work

    if failing.recover():
        work.wake()
    WorkerProcess.objects.filter(seen_at__lt=moments.now() - _FORGOTTEN_AFTER).delete()


def _remediate() -> None:
    from policy_app.services import remediations

    remediations.advance()


def _thin() -> None:
    from policy_app.services import retention

    retention.thin()
