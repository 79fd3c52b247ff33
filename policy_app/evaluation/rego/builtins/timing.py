"""Time: points are nanoseconds since 1970, as numbers of 64 bits."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from functools import lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from policy_app.evaluation.rego.builtins.core import (
    BuiltinError,
    Family,
    integer,
    operand_error,
    operand_type_error,
)
from policy_app.evaluation.rego.builtins.layouts import DAYS, NAMED, Moment, read, write
from policy_app.evaluation.rego.values import Value, type_name

FAMILY = Family("time")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = 1_000_000_000
_LEAST, _MOST = -(1 << 63), (1 << 63) - 1

_POINT = "number|array[number|string]"


def _nanoseconds(moment: Moment) -> int:
    since = moment.when - _EPOCH
    total = (since.days * 86_400 + since.seconds) * _SECOND + moment.nanoseconds
    if not _LEAST <= total <= _MOST:
        raise BuiltinError("time outside of valid range")
    return total


@FAMILY.builtin("time.parse_ns", "string", "string", result="number")
def parse_ns(layout: str, text: str) -> int:
    """The point that a text shows in a layout of Go's, or in one of its named layouts."""
    return _nanoseconds(read(NAMED.get(layout, layout), text))


@FAMILY.builtin("time.parse_rfc3339_ns", "string", result="number")
def parse_rfc3339_ns(text: str) -> int:
    """The point that an RFC 3339 text shows."""
    return _nanoseconds(read(NAMED["RFC3339"], text))


_UNITS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "μs": 1_000,
    "ms": 1_000_000,
    "s": _SECOND,
    "m": 60 * _SECOND,
    "h": 3_600 * _SECOND,
}
_DURATION = re.compile(r"(\d+(?:\.\d*)?|\.\d+)([^\d.]*)", re.ASCII)
_LONGEST_NUMBER = 40


@FAMILY.builtin("time.parse_duration_ns", "string", result="number")
def parse_duration_ns(text: str) -> int:
    """The length of a duration such as ``1h15m30.5s``, in nanoseconds."""
    unsigned = text[1:] if text[:1] in ("+", "-") else text
    if unsigned == "0":
        return 0
    total, end = Decimal(0), 0
    while end < len(unsigned):
        match = _DURATION.match(unsigned, end)
        if match is None or len(match[1]) > _LONGEST_NUMBER:
            raise BuiltinError(f'time: invalid duration "{text}"')
        total += Decimal(match[1]) * _unit(match[2], text)
        end = match.end()
    if not unsigned or total > _MOST + (text[0] == "-"):
        raise BuiltinError(f'time: invalid duration "{text}"')
    return -int(total) if text[0] == "-" else int(total)


def _unit(name: str, text: str) -> int:
    if not name:
        raise BuiltinError(f'time: missing unit in duration "{text}"')
    if name not in _UNITS:
        raise BuiltinError(f'time: unknown unit "{name}" in duration "{text}"')
    return _UNITS[name]


@lru_cache(maxsize=256)
def _zone(name: str) -> tzinfo:
    # A policy's answer must not depend on the machine, so "Local" is UTC too.
    if name in ("", "UTC", "Local"):
        return UTC
    try:
        return _packaged(name)
    except (KeyError, OSError, ValueError):
        raise BuiltinError(f"unknown time zone {name}") from None


_ZONE = re.compile(r"[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+)*", re.ASCII)


def _packaged(name: str) -> tzinfo:
    """The zone from the package ``tzdata``; the system's own files differ between machines."""
    if not _ZONE.fullmatch(name):
        raise ValueError(name)
    with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


_WANTED = "either number (ns) or [number (ns), string (tz)]"


def _point(value: Value) -> tuple[Moment, str]:
    """The moment of an operand, in its zone, and its layout; ``[ns, zone, layout]`` or ``ns``."""
    members = value if type(value) is list else [value]
    if not members or (type(value) is not list and type(value) not in (int, float)):
        raise operand_error(1, f"must be {_WANTED} but got {type_name(value)}")
    if type(members[0]) not in (int, float):
        raise operand_type_error(1, members[0], "number")
    for text in members[1:3]:
        if type(text) is not str:
            raise operand_type_error(1, text, "string")
    zone = _zone(members[1]) if len(members) > 1 else UTC
    return _moment(members[0], zone), members[2] if len(members) > 2 else ""


def _moment(number: int | float, zone: tzinfo) -> Moment:
    if not _LEAST <= number <= _MOST or number != int(number):
        raise BuiltinError("timestamp too big")
    seconds, nanoseconds = divmod(int(number), _SECOND)
    return Moment((_EPOCH + timedelta(seconds=seconds)).astimezone(zone), nanoseconds)


@FAMILY.builtin("time.format", _POINT, result="string", checked=False)
def format_(value: Value) -> str:
    """A point as text; RFC 3339 in UTC where no zone and no layout are given."""
    moment, layout = _point(value)
    return write(NAMED.get(layout, layout) or NAMED["RFC3339Nano"], moment)


@FAMILY.builtin("time.date", _POINT, result="array[number]", checked=False)
def date_(value: Value) -> list[int]:
    """Year, month and day of a point."""
    when = _point(value)[0].when
    return [when.year, when.month, when.day]


@FAMILY.builtin("time.clock", _POINT, result="array[number]", checked=False)
def clock(value: Value) -> list[int]:
    """Hour, minute and second of a point."""
    when = _point(value)[0].when
    return [when.hour, when.minute, when.second]


@FAMILY.builtin("time.weekday", _POINT, result="string", checked=False)
def weekday(value: Value) -> str:
    """The English name of a point's day of the week."""
    return DAYS[_point(value)[0].when.weekday()]


_MOST_YEARS = 100_000
_MOST_DAYS = 1_000_000


@FAMILY.builtin(
    "time.add_date", "number", "number", "number", "number", result="number", checked=False
)
def add_date(value: Value, years: Value, months: Value, days: Value) -> int:
    """A point so many years, months and days later; 31 October plus a month is 1 December."""
    moment = _point(value)[0]
    added = [integer(number, index) for index, number in enumerate((years, months, days), 2)]
    if abs(added[0]) > _MOST_YEARS or abs(added[1]) > _MOST_YEARS or abs(added[2]) > _MOST_DAYS:
        raise BuiltinError("time outside of valid range")
    when = moment.when
    month = when.month - 1 + added[1] + 12 * added[0]
    try:
        first = date(when.year + month // 12, month % 12 + 1, 1)
        day = first + timedelta(days=when.day - 1 + added[2])
        moved = datetime.combine(day, when.time(), tzinfo=when.tzinfo)
        return _nanoseconds(Moment(moved.astimezone(UTC), moment.nanoseconds))
    except (ValueError, OverflowError):
        raise BuiltinError("time outside of valid range") from None


@FAMILY.builtin("time.diff", _POINT, _POINT, result="array[number]", checked=False)
def diff(a: Value, b: Value) -> list[int]:
    """Years, months, days, hours, minutes and seconds between two points, in the first's zone."""
    first, second = _point(a)[0], _point(b)[0]
    second = Moment(second.when.astimezone(first.when.tzinfo), second.nanoseconds)
    if (first.when, first.nanoseconds) > (second.when, second.nanoseconds):
        first, second = second, first
    return _difference(first.when, second.when)


def _difference(start: datetime, end: datetime) -> list[int]:
    names = ("year", "month", "day", "hour", "minute", "second")
    parts = [getattr(end, name) - getattr(start, name) for name in names]
    for index, size in ((5, 60), (4, 60), (3, 24)):
        if parts[index] < 0:
            parts[index] += size
            parts[index - 1] -= 1
    if parts[2] < 0:
        following = date(start.year, start.month, 1) + timedelta(days=31)
        parts[2] += 32 - following.day
        parts[1] -= 1
    if parts[1] < 0:
        parts[1] += 12
        parts[0] -= 1
    return parts
