"""Locations: what they say, how they are written back, and where bad ones stop."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy_app.evaluation.gatekeeper.mutation.location import (
    Field,
    Item,
    Location,
    LocationError,
    Step,
)


def steps(text: str) -> tuple[Step, ...]:
    """The steps of a location."""
    return Location.parse(text).steps


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ()),
        ("single_field", (Field("single_field"),)),
        ("-leading-dash", (Field("-leading-dash"),)),
        (" spec . containers ", (Field("spec"), Field("containers"))),
        ('metadata.labels."a/b"', (Field("metadata"), Field("labels"), Field("a/b"))),
        ("'foo bar'", (Field("foo bar"),)),
        (r'"sp\"ec"', (Field('sp"ec'),)),
        (r"'it\'s \\ fine'", (Field("it's \\ fine"),)),
        ('foo."".bar', (Field("foo"), Field(""), Field("bar"))),
        ("a[name: foo]", (Field("a"), Item("name", "foo"))),
        ("a[name: *].b", (Field("a"), Item("name"), Field("b"))),
        ('a[name: "*"]', (Field("a"), Item("name", "*"))),
        ('a["my key": "foo bar"]', (Field("a"), Item("my key", "foo bar"))),
        ("a[containerPort: 8080]", (Field("a"), Item("containerPort", 8080))),
        ('a[containerPort: "8080"]', (Field("a"), Item("containerPort", "8080"))),
        ('a[name: ""]', (Field("a"), Item("name", ""))),
    ],
)
def test_a_location_is_read_step_by_step(text: str, expected: tuple[Step, ...]) -> None:
    assert steps(text) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (".spec", "expected a field name, got: '.' at position 1"),
        ("spec.", "trailing separators are forbidden"),
        ("foo..bar", "expected a field name, got: '.' at position 5"),
        ("spec.foo bar", "expected '.' or the end, got: 'bar' at position 10"),
        ("12a", "expected a field name, got: '12' at position 1"),
        ("spec.1", "expected a field name, got: '1' at position 6"),
        ("[a: b]", "expected a field name, got: '[' at position 1"),
        ("a.[b: c]", "expected a field name, got: '[' at position 3"),
        ("a[b: c][d: *]", "expected '.' or the end, got: '[' at position 8"),
        ("a[]", "expected the name of the key"),
        ("a[*]", "expected the name of the key"),
        ("a[1: x]", "expected the name of the key"),
        ("a[b]", "expected ':' following the key b, got: ']'"),
        ("a[b: ]", "expected a key value or '*', got: ']'"),
        ("a[b: c d]", "expected ']' following the key's value, got: 'd'"),
        ("a[b: c", "expected ']' following the key's value, got: the end"),
        ("*", "expected a field name, got: '*'"),
        ("a.'open", "error at position 3: unterminated string"),
        ('a."open\\"', "error at position 3: unterminated string"),
        ("a/b", "error at position 2: invalid character '/'"),
        ("a[p: 9223372036854775808]", "overflow in integer string: 9223372036854775808"),
        (f"a[p: {'9' * 10_000}]", "overflow in integer string"),
    ],
)
def test_what_is_no_location_says_where_it_stops_being_one(text: str, said: str) -> None:
    with pytest.raises(LocationError) as error:
        Location.parse(text)
    assert said in error.value.message


def test_a_location_is_written_back_with_quotes_only_where_they_are_needed() -> None:
    text = """spec.'a b'[ "x" : 'y z' ] . c[n:*].d[p:80]"""
    assert str(Location.parse(text)) == 'spec."a b"[x: "y z"].c[n: *].d[p: 80]'


names = st.text(max_size=8)
items = st.builds(Item, names, st.one_of(st.none(), names, st.integers(0, 2**63 - 1)))
pairs = st.tuples(st.builds(Field, names), st.one_of(st.none(), items))


@settings(deadline=None)
@given(st.lists(pairs, max_size=5))
def test_every_location_reads_as_it_was_written(found: list[tuple[Field, Item | None]]) -> None:
    location = Location(tuple(step for pair in found for step in pair if step is not None))
    assert Location.parse(str(location)) == location


@settings(deadline=None)
@given(st.one_of(st.text(), st.text(alphabet="ab1.[]:* \"'\\-", max_size=30)))
def test_any_text_is_a_location_or_is_refused(text: str) -> None:
    with suppress(LocationError):
        location = Location.parse(text)
        assert Location.parse(str(location)) == location
