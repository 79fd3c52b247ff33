"""Time: Go's layouts, zones, durations, and the calendar."""

from __future__ import annotations

import pytest

from policy_app.evaluation.rego.values import Value
from tests.evaluation.rego.builtins.calls import NOW_NS, call, problem

MOMENT = 1_600_000_000_123_456_789
"""2020-09-13T12:26:40.123456789Z, a Sunday."""
SECOND = 1_000_000_000
DAY = 86_400 * SECOND


@pytest.mark.parametrize(
    ("operand", "expected"),
    [
        (MOMENT, "2020-09-13T12:26:40.123456789Z"),
        (NOW_NS, "2020-09-13T12:26:40Z"),
        ([MOMENT], "2020-09-13T12:26:40.123456789Z"),
        ([MOMENT, "Europe/Berlin"], "2020-09-13T14:26:40.123456789+02:00"),
        ([MOMENT, "", "RFC1123"], "Sun, 13 Sep 2020 12:26:40 UTC"),
        ([MOMENT, "America/New_York", "RFC1123Z"], "Sun, 13 Sep 2020 08:26:40 -0400"),
        ([MOMENT, "UTC", "ANSIC"], "Sun Sep 13 12:26:40 2020"),
        ([MOMENT, "UTC", "RFC822"], "13 Sep 20 12:26 UTC"),
        ([MOMENT, "UTC", "2006-01-02 03:04:05.000 PM"], "2020-09-13 12:26:40.123 PM"),
        ([MOMENT, "UTC", "_2/1/06 3pm Z07 002"], "13/9/20 12pm Z 257"),
        ([MOMENT, "UTC", "Monday January 2 -07:00:00 MST"], "Sunday September 13 +00:00:00 UTC"),
        ([0, "Asia/Kolkata", "15:04 Z0700"], "05:30 +0530"),
    ],
)
def test_a_point_is_written_in_a_layout_and_a_zone(operand: Value, expected: str) -> None:
    assert call("time.format", operand) == expected


@pytest.mark.parametrize(
    ("layout", "text", "expected"),
    [
        ("2006-01-02T15:04:05Z07:00", "2020-09-13T12:26:40.123456789Z", MOMENT),
        ("RFC3339", "2020-09-13T14:26:40.123456789+02:00", MOMENT),
        ("2006-01-02", "1970-01-02", DAY),
        ("2006 002", "1970 365", 364 * DAY),
        ("Jan _2 2006", "Jan  3 1970", 2 * DAY),
        ("02 January 2006 03:04 PM", "01 January 1970 01:00 PM", 13 * 3600 * SECOND),
        ("RFC822", "02 Jan 70 00:00 UTC", DAY),
        ("RFC850", "Thursday, 01-Jan-70 00:00:01 GMT", SECOND),
        ("2006-01-02 15:04:05.000", "1970-01-01 00:00:00.250", SECOND // 4),
        ("2006-01-02 -0700", "1970-01-01 -0100", 3600 * SECOND),
    ],
)
def test_a_point_is_read_by_a_layout(layout: str, text: str, expected: int) -> None:
    assert call("time.parse_ns", layout, text) == expected


@pytest.mark.parametrize(
    ("layout", "text", "expected"),
    [
        ("2006-01-02", "2020-13-01", 'parsing time "2020-13-01": month out of range'),
        ("2006-01-02", "2021-02-29", 'parsing time "2021-02-29": day out of range'),
        (
            "2006-01-02",
            "yesterday",
            'parsing time "yesterday" as "2006-01-02": cannot parse "yesterday" as "2006"',
        ),
        ("2006", "2020x", 'parsing time "2020x": extra text: "x"'),
        ("2006", "2500", "time outside of valid range"),
        ("01", "01", "time outside of valid range"),
    ],
)
def test_a_text_that_does_not_fit_its_layout_is_an_error(
    layout: str, text: str, expected: str
) -> None:
    assert problem("time.parse_ns", layout, text) == f"eval_builtin_error: {expected}"


def test_rfc_3339_needs_no_layout() -> None:
    assert call("time.parse_rfc3339_ns", "2020-09-13T12:26:40.123456789Z") == MOMENT
    assert problem("time.parse_rfc3339_ns", "2020-09-13").startswith("eval_builtin_error: parsing")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1h15m30.5s", 4530 * SECOND + SECOND // 2),
        ("-1.5h", -5400 * SECOND),
        ("100ms", SECOND // 10),
        ("1us2µs3ns", 3003),
        ("0", 0),
        (".5s", SECOND // 2),
    ],
)
def test_a_duration_is_read(text: str, expected: int) -> None:
    assert call("time.parse_duration_ns", text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3", 'time: missing unit in duration "3"'),
        ("1x", 'time: unknown unit "x" in duration "1x"'),
        ("", 'time: invalid duration ""'),
        ("h", 'time: invalid duration "h"'),
        ("9999999h", 'time: invalid duration "9999999h"'),
    ],
)
def test_a_malformed_duration_is_an_error(text: str, expected: str) -> None:
    assert problem("time.parse_duration_ns", text) == f"eval_builtin_error: {expected}"


def test_a_point_has_a_date_a_clock_and_a_weekday_in_its_zone() -> None:
    late = [23 * 3600 * SECOND, "Asia/Tokyo"]
    assert call("time.date", late) == [1970, 1, 2]
    assert call("time.clock", late) == [8, 0, 0]
    assert call("time.weekday", late) == "Friday"
    assert call("time.weekday", 0) == "Thursday"
    assert call("time.date", -1) == [1969, 12, 31]


@pytest.mark.parametrize(
    ("start", "added", "expected"),
    [
        ("2020-10-31", (0, 1, 0), "2020-12-01"),
        ("2020-02-29", (1, 0, 0), "2021-03-01"),
        ("2020-01-01", (0, -1, 0), "2019-12-01"),
        ("2020-01-01", (0, 25, -1), "2022-01-31"),
    ],
)
def test_adding_to_a_date_runs_over_into_the_next_month(
    start: str, added: tuple[int, int, int], expected: str
) -> None:
    moved = call("time.add_date", call("time.parse_ns", "2006-01-02", start), *added)
    assert call("time.format", [moved, "UTC", "2006-01-02"]) == expected


def test_adding_a_day_keeps_the_clock_when_summer_time_ends() -> None:
    before = call("time.parse_rfc3339_ns", "2020-10-24T12:00:00+02:00")
    after = call("time.add_date", [before, "Europe/Berlin"], 0, 0, 1)
    assert after - before == 25 * 3600 * SECOND


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("2020-01-31T00:00:00Z", "2020-03-01T00:00:00Z", [0, 1, 1, 0, 0, 0]),
        ("2020-03-01T00:00:00Z", "2020-01-31T00:00:00Z", [0, 1, 1, 0, 0, 0]),
        ("2019-12-31T23:59:59Z", "2021-01-01T00:00:00Z", [1, 0, 0, 0, 0, 1]),
        ("2020-01-01T10:30:00Z", "2020-01-02T09:15:30Z", [0, 0, 0, 22, 45, 30]),
    ],
)
def test_a_difference_counts_calendar_units(a: str, b: str, expected: list[int]) -> None:
    points = [call("time.parse_rfc3339_ns", text) for text in (a, b)]
    assert call("time.diff", *points) == expected


@pytest.mark.parametrize(
    ("operand", "expected"),
    [
        (
            "x",
            "eval_type_error: operand 1 must be either number (ns) or"
            " [number (ns), string (tz)] but got string",
        ),
        ([0, "Mars/Base"], "eval_builtin_error: unknown time zone Mars/Base"),
        ([0, "../../etc/passwd"], "eval_builtin_error: unknown time zone ../../etc/passwd"),
        ([0, 1], "eval_type_error: operand 1 must be string but got number"),
        (1 << 70, "eval_builtin_error: timestamp too big"),
        (1.5, "eval_builtin_error: timestamp too big"),
    ],
)
def test_what_is_no_point_is_said(operand: Value, expected: str) -> None:
    assert problem("time.date", operand) == expected


def test_now_is_the_same_throughout_a_query() -> None:
    assert call("time.now_ns") == NOW_NS


def test_a_step_out_of_the_calendar_is_an_error() -> None:
    for added in ((500, 0, 0), (0, 10**12, 0), (0, 0, 10**12)):
        assert problem("time.add_date", 0, *added) == (
            "eval_builtin_error: time outside of valid range"
        )


@pytest.mark.parametrize("name", ["Nowhere/Else", "../tzdata", "Europe", "zone.tab", "/etc/hosts"])
def test_a_zone_is_one_of_the_package_and_no_other_file(name: str) -> None:
    assert call("time.clock", [1_700_000_000 * 10**9, "Europe/Berlin"]) == [23, 13, 20]
    assert problem("time.clock", [0, name]).endswith(f"unknown time zone {name}")
