"""How long ago, in the few letters that kubectl prints. Source: ``duration.HumanDuration``."""

from __future__ import annotations

from datetime import datetime

from policy_app.apimachinery.objects import moment

UNKNOWN = "<unknown>"
_MINUTE, _HOUR, _DAY, _YEAR = 60, 3600, 86_400, 365 * 86_400


def age(timestamp: object, now: datetime) -> str:
    """The time since a timestamp; ``<unknown>`` where there is none."""
    then = moment(timestamp) if timestamp else None
    return UNKNOWN if then is None else human((now - then).total_seconds())


def human(seconds: float) -> str:
    """``45s``, ``3m10s``, ``12m``, ``5h20m``, ``2d3h``, ``40d``, ``3y20d``: two units at most."""
    whole = int(seconds)
    if whole < -1:
        return "<invalid>"
    if whole < 2 * _MINUTE:
        return f"{max(whole, 0)}s"
    if whole < 10 * _MINUTE:
        return _two(whole, _MINUTE, "m", 1, "s")
    if whole < 3 * _HOUR:
        return f"{whole // _MINUTE}m"
    if whole < 8 * _HOUR:
        return _two(whole, _HOUR, "h", _MINUTE, "m")
    if whole < 2 * _DAY:
        return f"{whole // _HOUR}h"
    if whole < 8 * _DAY:
        return _two(whole, _DAY, "d", _HOUR, "h")
    if whole < 2 * _YEAR:
        return f"{whole // _DAY}d"
    if whole < 8 * _YEAR:
        return _two(whole, _YEAR, "y", _DAY, "d")
    return f"{whole // _YEAR}y"


def _two(seconds: int, large: int, large_unit: str, small: int, small_unit: str) -> str:
    rest = seconds % large // small
    return f"{seconds // large}{large_unit}" + (f"{rest}{small_unit}" if rest else "")
