"""When a CronJob is due: its schedule in its time zone.

Kubernetes reads schedules with ``robfig/cron``: five fields, or one of a few words.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

_WORDS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_EVERY = re.compile(r"@every\s+((?:\d+[hms])+)")
_SECONDS = {"h": 3600, "m": 60, "s": 1}
_MOST = 10_000


class ScheduleError(ValueError):
    """A schedule, or a time zone, that cannot be read."""


def times_after(schedule: str, zone: str, after: datetime) -> Iterator[datetime]:
    """The moments after one at which a schedule is due, in UTC.  Raises ``ScheduleError``."""
    every = _EVERY.fullmatch(schedule.strip())
    if every is not None:
        return _regular(_seconds(every[1]), after)
    try:
        local = after.astimezone(ZoneInfo(zone or "UTC"))
        found = CronSim(_WORDS.get(schedule.strip(), schedule).replace("?", "*"), local)
    except CronSimError as error:
        raise ScheduleError(f"unparseable schedule {schedule!r}: {error}") from None
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ScheduleError(f"unknown time zone {zone}: {error}") from None
    return (one.astimezone(UTC) for one in found)


def due(
    schedule: str, zone: str, after: datetime, now: datetime, most: int
) -> tuple[list[datetime], datetime | None]:
    """The last moments, at most ``most``, that have come since ``after``, and the next one.

    After a long time only the newest part is looked through.  Raises ``ScheduleError``.
    """
    times = times_after(schedule, zone, after)
    past: deque[datetime] = deque(maxlen=most)
    for one in islice(times, _MOST):
        if one > now:
            return list(past), one
        past.append(one)
    if not past:
        return [], None
    return due(schedule, zone, max(now - timedelta(days=1), past[-1]), now, most)


def _regular(seconds: int, after: datetime) -> Iterator[datetime]:
    if seconds <= 0:
        raise ScheduleError("a schedule must come in a second or more")
    while True:
        after += timedelta(seconds=seconds)
        yield after


def _seconds(text: str) -> int:
    return sum(int(number) * _SECONDS[unit] for number, unit in re.findall(r"(\d+)([hms])", text))
