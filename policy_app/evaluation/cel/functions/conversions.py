"""``string(x)``, ``int(x)`` and the other conversions, durations and timestamps.

Source: the standard definitions of https://github.com/google/cel-spec; texts of numbers and
durations are Go's.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from policy_app.evaluation.cel.budget import Budget
from policy_app.evaluation.cel.errors import CelError
from policy_app.evaluation.cel.functions.registry import overload
from policy_app.evaluation.cel.values import TypeValue, Uint, check_int, check_uint, type_of

_INT = re.compile(r"[+-]?[0-9]{1,19}", re.ASCII)
_UINT = re.compile(r"[0-9]{1,20}", re.ASCII)
_DOUBLE = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,5})?|[+-]?inf|nan", re.ASCII | re.I)
_STEP = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h)", re.ASCII)
_UNITS = {
    "ns": 1e-9,
    "us": 1e-6,
    "µs": 1e-6,
    "ms": 1e-3,
    "s": 1.0,
    "m": 60.0,
    "h": 3600.0,
}
_OFFSET = re.compile(r"([+-]?)(\d{1,2}):(\d{2})", re.ASCII)
_LONGEST = 400
"""Characters of a number that anybody would write."""
_PLAIN_EXPONENTS = range(-4, 6)


def in_64_bits(value: int) -> int:
    """A number that came with an object, where it may be longer.  Raises ``CelError``."""
    return check_uint(value) if value > 0 else check_int(value)


@overload("dyn", "any")
def _dyn(budget: Budget, value: Any) -> Any:
    return value


@overload("type", "any")
def _type(budget: Budget, value: Any) -> TypeValue:
    return type_of(value)


@overload("string", "string")
@overload("int", "int")
@overload("uint", "uint")
@overload("double", "double")
@overload("bool", "bool")
@overload("bytes", "bytes")
@overload("duration", "duration")
@overload("timestamp", "timestamp")
def _same(budget: Budget, value: Any) -> Any:
    return value


@overload("string", "int|uint")
def _string_of_int(budget: Budget, value: int) -> str:
    return str(int(in_64_bits(value)))


@overload("string", "bool")
def _string_of_bool(budget: Budget, value: bool) -> str:
    return "true" if value else "false"


@overload("string", "double")
def string_of_double(budget: Budget, value: float) -> str:
    """As Go's ``strconv.FormatFloat(value, 'g', -1, 64)``."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    digits, _, exponent_text = f"{value:.17e}".partition("e")
    exponent = int(exponent_text)
    shortest = repr(value)
    if not value or exponent in _PLAIN_EXPONENTS:
        if "e" in shortest:
            shortest = f"{value:.0f}" if exponent > 0 else f"{value:.20f}".rstrip("0")
        return shortest.removesuffix(".0")
    for precision in range(18):
        digits, _, _ = f"{value:.{precision}e}".partition("e")
        if float(f"{digits}e{exponent}") == value:
            break
    return f"{digits}e{'+' if exponent >= 0 else '-'}{abs(exponent):02}"


@overload("string", "bytes")
def _string_of_bytes(budget: Budget, value: bytes) -> str:
    budget.charge_text(len(value))
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise CelError("invalid UTF-8 in bytes, cannot convert to string") from None


@overload("string", "duration")
def string_of_duration(budget: Budget, value: timedelta) -> str:
    """Seconds, such as ``3600s``."""
    text = f"{value / timedelta(seconds=1):.6f}".rstrip("0").rstrip(".")
    return f"{text}s"


@overload("string", "timestamp")
def string_of_timestamp(budget: Budget, value: datetime) -> str:
    """RFC 3339, in UTC."""
    text = value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f").rstrip("0").rstrip(".")
    return f"{text.zfill(19)}Z"


@overload("bytes", "string")
def _bytes_of_string(budget: Budget, value: str) -> bytes:
    budget.charge_text(len(value))
    return value.encode("utf-8", "surrogatepass")


@overload("bool", "string")
def _bool_of_string(budget: Budget, value: str) -> bool:
    if value in ("true", "True", "TRUE", "t", "1"):
        return True
    if value in ("false", "False", "FALSE", "f", "0"):
        return False
    raise _conversion("string", "bool")


@overload("int", "uint")
def _int_of_uint(budget: Budget, value: int) -> int:
    return check_int(int(value))


@overload("int", "double")
def _int_of_double(budget: Budget, value: float) -> int:
    if not math.isfinite(value):
        raise CelError("integer overflow")
    return check_int(int(value))


@overload("int", "string")
def _int_of_string(budget: Budget, value: str) -> int:
    if not _INT.fullmatch(value):
        raise _conversion("string", "int")
    return check_int(int(value))


@overload("int", "timestamp")
def _int_of_timestamp(budget: Budget, value: datetime) -> int:
    return math.floor(value.timestamp())


@overload("int", "duration")
def _int_of_duration(budget: Budget, value: timedelta) -> int:
    return value // timedelta(microseconds=1) * 1000


@overload("uint", "int")
def _uint_of_int(budget: Budget, value: int) -> Uint:
    return check_uint(value)


@overload("uint", "double")
def _uint_of_double(budget: Budget, value: float) -> Uint:
    if not math.isfinite(value):
        raise CelError("unsigned integer overflow")
    return check_uint(int(value))


@overload("uint", "string")
def _uint_of_string(budget: Budget, value: str) -> Uint:
    if not _UINT.fullmatch(value):
        raise _conversion("string", "uint")
    return check_uint(int(value))


@overload("double", "int|uint")
def _double_of_int(budget: Budget, value: int) -> float:
    return float(in_64_bits(value))


@overload("double", "string")
def _double_of_string(budget: Budget, value: str) -> float:
    if len(value) > _LONGEST or not _DOUBLE.fullmatch(value):
        raise _conversion("string", "double")
    return float(value)


@overload("duration", "string")
def duration_of_string(budget: Budget, value: str) -> timedelta:
    """Go's ``time.ParseDuration``: ``1h30m``, ``-1.5s``."""
    sign, text = (-1, value[1:]) if value.startswith("-") else (1, value.removeprefix("+"))
    steps = list(_STEP.finditer(text)) if len(text) <= _LONGEST else []
    if text == "0":
        return timedelta()
    if not steps or "".join(step[0] for step in steps) != text:
        raise _conversion("string", "duration")
    try:
        return sign * timedelta(seconds=sum(float(each[1]) * _UNITS[each[2]] for each in steps))
    except OverflowError:
        raise CelError("duration overflow") from None


@overload("timestamp", "string")
def timestamp_of_string(budget: Budget, value: str) -> datetime:
    """RFC 3339."""
    try:
        found = datetime.fromisoformat(value) if len(value) <= _LONGEST and "T" in value else None
        if found is not None and found.tzinfo is not None:
            return found.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise _conversion("string", "timestamp")


@overload("timestamp", "int")
def _timestamp_of_int(budget: Budget, value: int) -> datetime:
    try:
        return datetime.fromtimestamp(value, UTC)
    except (OverflowError, ValueError, OSError):
        raise CelError("timestamp overflow") from None


def _zone(name: str) -> tzinfo:
    offset = _OFFSET.fullmatch(name)
    try:
        if offset:
            span = timedelta(hours=int(offset[2]), minutes=int(offset[3]))
            return timezone(-span if offset[1] == "-" else span)
        return ZoneInfo(name)
    except (ValueError, OSError):  # ZoneInfo's own errors are among them, or KeyErrors
        raise CelError(f"unknown time zone {name}") from None
    except KeyError:
        raise CelError(f"unknown time zone {name}") from None


_PARTS: dict[str, Callable[[datetime], int]] = {
    "getFullYear": lambda at: at.year,
    "getMonth": lambda at: at.month - 1,
    "getDate": lambda at: at.day,
    "getDayOfMonth": lambda at: at.day - 1,
    "getDayOfWeek": lambda at: at.isoweekday() % 7,
    "getDayOfYear": lambda at: at.timetuple().tm_yday - 1,
    "getHours": lambda at: at.hour,
    "getMinutes": lambda at: at.minute,
    "getSeconds": lambda at: at.second,
    "getMilliseconds": lambda at: at.microsecond // 1000,
}
_SPANS = {
    "getHours": timedelta(hours=1),
    "getMinutes": timedelta(minutes=1),
    "getSeconds": timedelta(seconds=1),
    "getMilliseconds": timedelta(milliseconds=1),
}


def _register_parts(name: str) -> None:
    part = _PARTS[name]

    @overload(name, "timestamp")
    def _in_utc(budget: Budget, value: datetime) -> int:
        return part(value.astimezone(UTC))

    @overload(name, "timestamp", "string")
    def _in_zone(budget: Budget, value: datetime, zone: str) -> int:
        try:
            return part(value.astimezone(_zone(zone)))
        except OverflowError:
            raise CelError("timestamp overflow") from None

    if name in _SPANS:

        @overload(name, "duration")
        def _of_duration(budget: Budget, value: timedelta) -> int:
            return int(value / _SPANS[name])


for _each in _PARTS:
    _register_parts(_each)


def _conversion(given: str, wanted: str) -> CelError:
    return CelError(f"type conversion error from '{given}' to '{wanted}'")
