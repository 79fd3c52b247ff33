"""Query options as trees, and the character at which one stops being read."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_app.arm.odata import (
    ODataError,
    parse_apply,
    parse_filter,
    parse_orderby,
    parse_select,
)
from policy_app.arm.odata.parser import MAX_DEPTH
from policy_app.arm.odata.tree import (
    Aggregate,
    Among,
    Call,
    Comparison,
    FilterStep,
    GroupStep,
    Literal,
    Name,
    Not,
    Several,
)


def plain(node: Any) -> Any:
    """A tree without its characters, as nested tuples."""
    if isinstance(node, Literal):
        return node.value
    if isinstance(node, Name):
        return f"<{node.text}>"
    if isinstance(node, Call):
        return (node.name, *map(plain, node.arguments))
    if isinstance(node, Comparison):
        return (node.operator, plain(node.left), plain(node.right))
    if isinstance(node, Among):
        return ("in", plain(node.left), *map(plain, node.values))
    if isinstance(node, Not):
        return ("not", plain(node.part))
    assert isinstance(node, Several)
    return (node.joint, *map(plain, node.parts))


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a eq 'b'", ("eq", "<a>", "b")),
        ("A EQ 'it''s'", ("eq", "<A>", "it's")),
        ("policyType -eq Custom", ("eq", "<policyType>", "<Custom>")),
        ("a ne null", ("ne", "<a>", None)),
        ("a eq true and b eq false", ("and", ("eq", "<a>", True), ("eq", "<b>", False))),
        ("n ge -3 or n lt 2.5", ("or", ("ge", "<n>", -3), ("lt", "<n>", 2.5))),
        (
            "a eq 1 or b eq 2 and c eq 3",
            ("or", ("eq", "<a>", 1), ("and", ("eq", "<b>", 2), ("eq", "<c>", 3))),
        ),
        (
            "(a eq 1 or b eq 2) and c eq 3",
            ("and", ("or", ("eq", "<a>", 1), ("eq", "<b>", 2)), ("eq", "<c>", 3)),
        ),
        ("not (a eq 1)", ("not", ("eq", "<a>", 1))),
        ("not isCompliant", ("not", "<isCompliant>")),
        ("a in ('x', 'y')", ("in", "<a>", "x", "y")),
        ("contains(tolower(a), 'x')", ("contains", ("tolower", "<a>"), "x")),
        ("atScope( ) and a eq 'b'", ("and", ("atScope",), ("eq", "<a>", "b"))),
        ("a/b eq 'c'", ("eq", "<a/b>", "c")),
        ("id eq /subscriptions/x-1", ("eq", "<id>", "</subscriptions/x-1>")),
        (
            "id eq 00000000-0000-0000-0000-000000000001",
            ("eq", "<id>", "00000000-0000-0000-0000-000000000001"),
        ),
        ("a eq 'line~!@#$%^&*(),'", ("eq", "<a>", "line~!@#$%^&*(),")),
    ],
)
def test_a_filter_is_read(text: str, tree: Any) -> None:
    assert plain(parse_filter(text)) == tree


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("t ge 2026-06-01", datetime(2026, 6, 1, tzinfo=UTC)),
        ("t ge 2026-06-01T10:20:30Z", datetime(2026, 6, 1, 10, 20, 30, tzinfo=UTC)),
        ("t ge 2026-06-01T10:20:30.5+02:00", datetime(2026, 6, 1, 8, 20, 30, 500_000, UTC)),
    ],
)
def test_a_moment_needs_no_quotes(text: str, moment: datetime) -> None:
    assert plain(parse_filter(text)) == ("ge", "<t>", moment)


@pytest.mark.parametrize("text", ["", "  ", "\t\n"])
def test_a_blank_filter_is_none(text: str) -> None:
    assert parse_filter(text) is None


@pytest.mark.parametrize(
    ("text", "position", "expected", "found"),
    [
        ("a", 2, "", ""),
        ("a eq", 5, "a value", "the end"),
        ("a = 'b'", 3, "a name, a value or an operator", "'='"),
        ("a like 'b'", 3, "'eq' or 'ne'", "'like'"),
        ("a eq 'b", 6, "a name, a value or an operator", "a string without its end"),
        ("a eq 'b' c", 10, "'and', 'or' or the end", "'c'"),
        ("a eq 'b' and", 13, "a condition", "the end"),
        ("(a eq 'b'", 10, "')'", "the end"),
        ("a eq 'b')", 9, "'and', 'or' or the end", "')'"),
        ("contains(a, 'x'", 16, "')'", "the end"),
        ("contains(,)", 10, "a field or a value", "','"),
        ("a in 'b'", 6, "'('", "'b'"),
        ("and a eq 'b'", 1, "a condition", "'and'"),
        ("t ge 2026-13-01", 6, "a date", "'2026-13-01'"),
        ("n eq 1234567890123456789", 6, "a number of 18 digits at most", "1234567890123456789"),
        ("n eq 1e999", 6, "a number", "1e999"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_character(
    text: str, position: int, expected: str, found: str
) -> None:
    if not expected:
        assert plain(parse_filter(text)) == "<a>"
        return
    with pytest.raises(ODataError) as caught:
        parse_filter(text)
    assert caught.value.position == position
    assert expected in caught.value.expected
    assert found in caught.value.found
    assert f"at character {position}" in caught.value.message
    assert (caught.value.code, caught.value.target) == ("InvalidFilterInQueryString", "$filter")


@pytest.mark.parametrize("text", ["(" * 1_000, "not " * 1_000, "tolower(" * 1_000, "a" * 20_000])
def test_depth_and_length_have_a_bound(text: str) -> None:
    with pytest.raises(ODataError):
        parse_filter(text)
    inside = MAX_DEPTH - 1
    assert parse_filter("(" * inside + "a eq 1" + ")" * inside)


def test_orders_and_selections_are_read() -> None:
    orders = parse_orderby("timestamp desc, name asc, x")
    assert [(one.name.text, one.descending) for one in orders] == [
        ("timestamp", True),
        ("name", False),
        ("x", False),
    ]
    assert [one.text for one in parse_select("a, b,c")] == ["a", "b", "c"]
    for bad in ("", "a desc desc", "a,", "'a'"):
        with pytest.raises(ODataError):
            parse_orderby(bad)


def test_an_apply_is_read_step_by_step() -> None:
    text = (
        "filter(complianceState eq 'NonCompliant')/groupby((policyAssignmentId, effect),"
        " aggregate($count as NumStates, timestamp with max as newest))/aggregate($count as n)"
    )
    first, second, third = parse_apply(text)
    assert isinstance(first, FilterStep)
    assert plain(first.condition) == ("eq", "<complianceState>", "NonCompliant")
    assert isinstance(second, GroupStep)
    assert [one.text for one in second.names] == ["policyAssignmentId", "effect"]
    count, newest = second.aggregates
    assert (count.alias, count.name) == ("NumStates", None)
    assert newest.name is not None
    assert (newest.alias, newest.name.text, newest.method) == ("newest", "timestamp", "max")
    assert third == GroupStep((), (Aggregate("n", text.rindex("$count") + 1),))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("compute(1 as x)", "'filter' or 'groupby' or 'aggregate'"),
        ("groupby(a)", "'('"),
        ("groupby((a), aggregate(b as c))", "'with'"),
        ("groupby((a), aggregate(b with guess as c))", "'sum'"),
        ("aggregate($count)", "'as'"),
        ("filter(a eq 1)/", "'filter'"),
        ("filter(a eq 1) groupby((a))", "the end"),
    ],
)
def test_a_step_that_is_none_is_told(text: str, expected: str) -> None:
    with pytest.raises(ODataError) as caught:
        parse_apply(text)
    assert expected in caught.value.expected
    assert caught.value.target == "$apply"


@given(st.text(alphabet="aeqn'()., /-$0123456789TZ:\x00é", max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    for parse in (parse_filter, parse_orderby, parse_select, parse_apply):
        with contextlib.suppress(ODataError):
            parse(text)
