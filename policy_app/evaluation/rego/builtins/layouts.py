"""Go's layouts for times: ``2006-01-02T15:04:05Z07:00`` and their like, read and written.

A layout shows one certain moment, Mon Jan 2 15:04:05 MST 2006; each part of it stands for the
same part of another time (https://pkg.go.dev/time#pkg-constants).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo

from policy_app.evaluation.rego.builtins.core import BuiltinError, limit_error

NAMED = {
    "ANSIC": "Mon Jan _2 15:04:05 2006",
    "UnixDate": "Mon Jan _2 15:04:05 MST 2006",
    "RubyDate": "Mon Jan 02 15:04:05 -0700 2006",
    "RFC822": "02 Jan 06 15:04 MST",
    "RFC822Z": "02 Jan 06 15:04 -0700",
    "RFC850": "Monday, 02-Jan-06 15:04:05 MST",
    "RFC1123": "Mon, 02 Jan 2006 15:04:05 MST",
    "RFC1123Z": "Mon, 02 Jan 2006 15:04:05 -0700",
    "RFC3339": "2006-01-02T15:04:05Z07:00",
    "RFC3339Nano": "2006-01-02T15:04:05.999999999Z07:00",
}

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

_PART = re.compile(
    r"January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST"
    r"|Z07:00:00|Z070000|Z07:00|Z0700|Z07|-07:00:00|-070000|-07:00|-0700|-07"
    r"|__2|002|_2006|2006|_2|01|02|03|04|05|06|15|[.,](?:0+|9+)(?!\d)|PM|pm|1|2|3|4|5"
)


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time: whole seconds with their zone, and the nanoseconds after them."""

    when: datetime
    nanoseconds: int


MAX_LENGTH = 1_000
"""Characters of a layout, and of a text that is read by one."""


def parts(layout: str) -> list[tuple[str, str]]:
    """The layout as pairs of plain text and the part that follows it (``""`` at the end)."""
    if len(layout) > MAX_LENGTH:
        raise limit_error(f"a layout is longer than {MAX_LENGTH} characters")
    found, end = [], 0
    for match in _PART.finditer(layout):
        if match[0] == "_2006":
            found.append((layout[end : match.start()] + "_", "2006"))
        else:
            found.append((layout[end : match.start()], match[0]))
        end = match.end()
    return [*found, (layout[end:], "")]


# Writing ----------------------------------------------------------------------------------------


def write(layout: str, moment: Moment) -> str:
    """The moment as the layout shows it."""
    return "".join(
        plain + (_written(part, moment) if part else "") for plain, part in parts(layout)
    )


_WRITERS: dict[str, Callable[[datetime], str]] = {
    "January": lambda when: MONTHS[when.month - 1],
    "Jan": lambda when: MONTHS[when.month - 1][:3],
    "Monday": lambda when: DAYS[when.weekday()],
    "Mon": lambda when: DAYS[when.weekday()][:3],
    "MST": lambda when: when.tzname() or "UTC",
    "2006": lambda when: f"{when.year:04d}",
    "06": lambda when: f"{when.year % 100:02d}",
    "01": lambda when: f"{when.month:02d}",
    "1": lambda when: str(when.month),
    "02": lambda when: f"{when.day:02d}",
    "_2": lambda when: f"{when.day:2d}",
    "2": lambda when: str(when.day),
    "002": lambda when: f"{when.timetuple().tm_yday:03d}",
    "__2": lambda when: f"{when.timetuple().tm_yday:3d}",
    "15": lambda when: f"{when.hour:02d}",
    "03": lambda when: f"{when.hour % 12 or 12:02d}",
    "3": lambda when: str(when.hour % 12 or 12),
    "04": lambda when: f"{when.minute:02d}",
    "4": lambda when: str(when.minute),
    "05": lambda when: f"{when.second:02d}",
    "5": lambda when: str(when.second),
    "PM": lambda when: "PM" if when.hour >= 12 else "AM",
    "pm": lambda when: "pm" if when.hour >= 12 else "am",
}


def _written(part: str, moment: Moment) -> str:
    if part[0] in ".,":
        return _written_fraction(part, moment.nanoseconds)
    if part[0] in "Z-":
        return _written_offset(part, moment.when)
    return _WRITERS[part](moment.when)


def _written_fraction(part: str, nanoseconds: int) -> str:
    digits = f"{nanoseconds:09d}".ljust(len(part) - 1, "0")[: len(part) - 1]
    if part[1] == "9":
        digits = digits.rstrip("0")
    return part[0] + digits if digits else ""


def _written_offset(part: str, when: datetime) -> str:
    seconds = int((when.utcoffset() or timedelta()).total_seconds())
    if part[0] == "Z" and not seconds:
        return "Z"
    sign, size = ("-", -seconds) if seconds < 0 else ("+", seconds)
    numbers = (size // 3600, size // 60 % 60, size % 60)
    count = len(part.replace(":", "")) // 2
    return sign + (":" if ":" in part else "").join(f"{number:02d}" for number in numbers[:count])


# Reading ----------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Fields:
    """What has been read so far, with what Go assumes where a layout has no such part."""

    year: int = 0
    month: int = 0
    day: int = 0
    day_of_year: int = 0
    hour: int = 0
    minute: int = 0
    second: int = 0
    nanoseconds: int = 0
    afternoon: bool | None = None
    zone: tzinfo = field(default=UTC)


_NUMBERS: dict[str, tuple[str, str]] = {
    "2006": ("year", r"\d{4}"),
    "06": ("year", r"\d{2}"),
    "01": ("month", r"\d{2}"),
    "1": ("month", r"\d{1,2}"),
    "02": ("day", r"\d{2}"),
    "_2": ("day", r" ?\d{1,2}"),
    "2": ("day", r"\d{1,2}"),
    "002": ("day_of_year", r"\d{3}"),
    "__2": ("day_of_year", r" {0,2}\d{1,3}"),
    "15": ("hour", r"\d{1,2}"),
    "03": ("hour", r"\d{2}"),
    "3": ("hour", r"\d{1,2}"),
    "04": ("minute", r"\d{2}"),
    "4": ("minute", r"\d{1,2}"),
    "05": ("second", r"\d{2}"),
    "5": ("second", r"\d{1,2}"),
}
_RANGES = {"month": (1, 12), "hour": (0, 23), "minute": (0, 59), "second": (0, 59)}
_LAST_PIVOT_YEAR = 69
_FRACTION = re.compile(r"[.,](\d+)", re.ASCII)
_ABBREVIATION = re.compile(r"GMT[+-]\d{1,2}|[+-]\d{2}(?:\d{2})?|[A-Z]{3,5}", re.ASCII)


class _Reader:
    def __init__(self, layout: str, text: str) -> None:
        self._layout = layout
        self._text = text
        self._rest = text
        self._fields = _Fields()

    def read(self) -> Moment:
        for plain, part in parts(self._layout):
            self._skip(plain)
            if part:
                self._read_part(part)
        if self._rest:
            raise self._error(f": extra text: {_quoted(self._rest)}")
        return self._moment()

    def _error(self, problem: str) -> BuiltinError:
        text, layout = _quoted(self._text), _quoted(self._layout)
        start = f"parsing time {text}"
        return BuiltinError(start + (problem if problem[0] == ":" else f" as {layout}: {problem}"))

    def _unfit(self, part: str) -> BuiltinError:
        return self._error(f"cannot parse {_quoted(self._rest)} as {_quoted(part)}")

    def _skip(self, plain: str) -> None:
        for index, char in enumerate(plain):
            if char == " ":
                if self._rest and self._rest[0] != " ":
                    raise self._unfit(plain[index:])
                self._rest = self._rest.lstrip(" ")
            elif self._rest[:1] != char:
                raise self._unfit(plain[index:])
            else:
                self._rest = self._rest[1:]

    def _read_part(self, part: str) -> None:
        if part in _NUMBERS:
            self._read_number(part, *_NUMBERS[part])
        elif part[0] in ".,":
            self._read_fraction(part)
        elif part[0] in "Z-":
            self._read_offset(part)
        elif part == "MST":
            self._read_abbreviation()
        elif part in ("PM", "pm"):
            self._fields.afternoon = (
                self._word(part, (part.replace("P", "A").replace("p", "a"), part), fold=False) == 1
            )
        else:
            self._read_name(part)

    def _take(self, part: str, pattern: str) -> str:
        match = re.compile(pattern, re.ASCII).match(self._rest)
        if match is None:
            raise self._unfit(part)
        self._rest = self._rest[match.end() :]
        return match[0]

    def _read_number(self, part: str, name: str, pattern: str) -> None:
        number = int(self._take(part, pattern))
        low, high = _RANGES.get(name, (0, 9999))
        if part in ("03", "3"):
            high = 12
        if not low <= number <= high:
            raise self._error(f": {name} out of range")
        if part == "06":
            number += 1900 if number >= _LAST_PIVOT_YEAR else 2000
        setattr(self._fields, name, number)
        if name == "second" and not re.match(rf".*{part}[.,][09]", self._layout):
            self._read_unasked_fraction()

    def _read_unasked_fraction(self) -> None:
        """Seconds may have a fraction though the layout shows none."""
        if _FRACTION.match(self._rest):
            self._read_fraction(".9")

    def _read_fraction(self, part: str) -> None:
        match = _FRACTION.match(self._rest)
        exact = part[1] == "0"
        if match is None or (exact and len(match[1]) < len(part) - 1):
            if exact:
                raise self._unfit(part)
            return
        digits = match[1][: len(part) - 1] if exact else match[1]
        self._fields.nanoseconds = int(digits[:9].ljust(9, "0"))
        self._rest = self._rest[1 + len(digits) :]

    def _word(self, part: str, words: tuple[str, ...], *, fold: bool = True) -> int:
        for index, word in enumerate(words):
            start = self._rest[: len(word)]
            if start == word or (fold and start.lower() == word.lower()):
                self._rest = self._rest[len(word) :]
                return index
        raise self._unfit(part)

    def _read_name(self, part: str) -> None:
        names = MONTHS if part.startswith("Jan") else DAYS
        short = len(part) == 3
        index = self._word(part, tuple(name[:3] for name in names) if short else names)
        if names is MONTHS:
            self._fields.month = index + 1

    def _read_offset(self, part: str) -> None:
        if part[0] == "Z" and self._rest[:1] == "Z":
            self._rest = self._rest[1:]
            self._fields.zone = UTC
            return
        colon = ":" if ":" in part else ""
        count = len(part.replace(":", "")) // 2
        text = self._take(part, r"[+-]" + colon.join([r"\d{2}"] * count))
        digits = text[1:].replace(":", "").ljust(6, "0")
        hours, minutes, seconds = int(digits[:2]), int(digits[2:4]), int(digits[4:])
        if hours > 24 or minutes > 60 or seconds > 60:
            raise self._error(": time zone offset out of range")
        size = timedelta(hours=hours, minutes=minutes, seconds=seconds)
        self._fields.zone = _fixed(-size if text[0] == "-" else size)

    def _read_abbreviation(self) -> None:
        match = _ABBREVIATION.match(self._rest)
        if match is None:
            raise self._unfit("MST")
        self._rest = self._rest[match.end() :]
        name = match[0]
        hours = int(name[3:]) if name.startswith("GMT") and len(name) > 3 else 0
        self._fields.zone = UTC if name == "UTC" else _fixed(timedelta(hours=hours), name)

    def _moment(self) -> Moment:
        fields = self._fields
        hour = fields.hour
        if fields.afternoon is not None:
            hour = hour % 12 + 12 * fields.afternoon
        day = self._date()
        when = datetime(
            day.year, day.month, day.day, hour, fields.minute, fields.second, tzinfo=fields.zone
        )
        return Moment(when, fields.nanoseconds)

    def _date(self) -> date:
        fields = self._fields
        if not fields.year:
            raise BuiltinError("time outside of valid range")
        try:
            if fields.day_of_year:
                day = date(fields.year, 1, 1) + timedelta(days=fields.day_of_year - 1)
                if day.year != fields.year:
                    raise ValueError
                return day
            return date(fields.year, fields.month or 1, fields.day or 1)
        except (ValueError, OverflowError):
            raise self._error(": day out of range") from None


def _fixed(offset: timedelta, name: str = "") -> tzinfo:
    if abs(offset) >= timedelta(days=1):
        raise BuiltinError("time zone offset out of range")
    return timezone(offset, name) if name else timezone(offset)


def _quoted(text: str) -> str:
    return f'"{text}"'


def read(layout: str, text: str) -> Moment:
    """The moment that a text shows in this layout; raises ``BuiltinError`` in Go's words."""
    if len(text) > MAX_LENGTH:
        raise limit_error(f"a time is longer than {MAX_LENGTH} characters")
    return _Reader(layout, text).read()
