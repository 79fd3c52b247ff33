"""Amounts have one form in which they are stored."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_app.apimachinery.quantities import canonical, number


@pytest.mark.parametrize(
    ("given_", "stored"),
    [
        ("1024Mi", "1Gi"),
        ("0.25", "250m"),
        ("1000m", "1"),
        ("1.5Gi", "1536Mi"),
        ("0.1Gi", "107374182400m"),
        ("0.5Ki", "512"),
        ("1000Ki", "1000Ki"),
        ("12000", "12k"),
        ("1200", "1200"),
        ("1e3", "1e3"),
        ("0Gi", "0"),
        ("-1", "-1"),
        ("0.0000000001", "1n"),
    ],
)
def test_an_amount_is_stored_in_its_shortest_form(given_: str, stored: str) -> None:
    assert canonical(given_) == stored


@pytest.mark.parametrize("text", ["", "x", "1x", "1e400", "1Kii", "--1", "1" * 100])
def test_what_is_no_amount_has_no_form(text: str) -> None:
    assert canonical(text) is None
    assert number(text) is None


@given(st.integers(-(10**15), 10**15), st.sampled_from(["", "m", "k", "M", "Ki", "Mi", "e2"]))
def test_the_stored_form_names_the_same_amount_and_is_its_own(amount: int, suffix: str) -> None:
    text = f"{amount}{suffix}"
    stored = canonical(text)
    assert stored is not None
    assert number(stored) == number(text)
    assert canonical(stored) == stored


def test_amounts_compare_across_units() -> None:
    assert number("1Gi") == Decimal(2**30)
    assert number("100m") == Decimal("0.1")
