"""Conditions of the database made of filters: only of what is on the list, and rightly compared."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models import Q

from policy_app.arm.odata import (
    Column,
    Columns,
    Kind,
    ODataError,
    parse_filter,
    parse_orderby,
    parse_select,
    selected,
    to_predicate,
    to_q,
)
from policy_app.arm.odata import order_by as ordered
from policy_app.models import Definition
from tests.factories import make_policy

COLUMNS = Columns(
    (
        Column("name", "name"),
        Column("id", "key", Kind.KEY),
        Column("policyType", "policy_type", Kind.CHOICE, ("BuiltIn", "Custom"), bare=True),
        Column("policies", "policy_count", Kind.NUMBER),
        Column("gap", "evaluation_gap"),
        Column("assigned", "assignments__created_at", Kind.TIME),
        Column("scope", "scope", Kind.NUMBER),
    ),
    {"isBuiltIn": lambda: Q(scope=None)},
)


@pytest.fixture
def three(db: None) -> None:
    """Three definitions of the tenant alone in the table."""
    Definition.objects.all().delete()
    make_policy("alpha", policy_count=1)
    make_policy("Beta", policy_count=5, evaluation_gap="It is missing.")
    make_policy("beta-2", policy_count=9, policy_type=Definition.PolicyType.CUSTOM)


def names(text: str) -> list[str]:
    """The names that a filter leaves."""
    found = Definition.objects.filter(to_q(parse_filter(text), COLUMNS, text))
    return [one.name for one in found.order_by("name").distinct()]


ALPHA, BETA, TWO = "alpha", "Beta", "beta-2"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("name eq 'ALPHA'", {ALPHA}),
        ("name ne 'alpha'", {BETA, TWO}),
        ("name in ('alpha', 'BETA')", {ALPHA, BETA}),
        ("not (name eq 'alpha')", {BETA, TWO}),
        ("startswith(name, 'bet')", {BETA, TWO}),
        ("endswith(name, '2')", {TWO}),
        ("contains(name, 'ET') eq true", {BETA, TWO}),
        ("contains(name, 'et') ne true", {ALPHA}),
        ("tolower(name) eq 'beta'", {BETA}),
        ("tolower(name) eq 'Beta'", set()),
        ("contains(toupper(name), 'BETA')", {BETA, TWO}),
        ("policies gt 1 and policies le 9", {BETA, TWO}),
        ("policies lt 5 or policies ge 9", {ALPHA, TWO}),
        ("policyType -eq custom", {TWO}),
        ("policytype eq 'BUILTIN'", {ALPHA, BETA}),
        ("contains(gap, '%')", set()),
        ("gap eq ''", {ALPHA, TWO}),
        ("isbuiltin() and not contains(name, 'beta')", {ALPHA}),
        ("scope eq null", {ALPHA, BETA, TWO}),
        ("assigned ge 2026-01-01", set()),
        ("id eq '/PROVIDERS/Microsoft.Authorization/policyDefinitions/alpha/'", {ALPHA}),
        ("", {ALPHA, BETA, TWO}),
    ],
)
def test_a_filter_leaves_what_it_says(three: None, text: str, left: set[str]) -> None:
    assert set(names(text)) == left
    holds = to_predicate(parse_filter(text), RECORDS, text)
    assert {one["name"] for one in _records() if holds(one)} == left


RECORDS = Columns(COLUMNS.columns, {"isBuiltIn": lambda: lambda record: record["scope"] is None})


def _records() -> list[dict[str, Any]]:
    """The same rows as records; moments are texts, as ARM shows them."""
    fields = ("name", "key", "policy_type", "policy_count", "evaluation_gap", "scope")
    return [{**one, "assignments__created_at": None} for one in Definition.objects.values(*fields)]


def test_a_list_in_a_record_has_each_of_its_values() -> None:
    columns = Columns((Column("tag", "tags"), Column("at", "at", Kind.TIME)))
    record = {"tags": ["Red", "blue"], "at": "2026-06-01T10:00:00+02:00"}
    for text, expected in (
        ("tag eq 'red'", True),
        ("tag eq 'green'", False),
        ("contains(tag, 'LU')", True),
        ("at eq 2026-06-01T08:00:00Z", True),
        ("at gt 2026-06-02", False),
        ("at ne null", True),
    ):
        assert to_predicate(parse_filter(text), columns, text)(record) is expected


@pytest.mark.parametrize(
    ("text", "position", "expected"),
    [
        ("secret eq 'x'", 1, "name or id"),
        ("'x' eq name", 1, "isBuiltIn() or name"),
        ("name eq 5", 9, "a value in single quotes"),
        ("name eq other", 9, "a value in single quotes"),
        ("policies eq '5'", 13, "a number"),
        ("policies eq true", 13, "a number"),
        ("policyType eq 'Static'", 15, "policyType to be 'BuiltIn' or 'Custom'"),
        ("policyType gt 'Custom'", 12, "'eq' or 'ne' or 'in'"),
        ("assigned ge 'soon'", 13, "a date"),
        ("name", 1, "'eq' and a value after it"),
        ("contains(policies, '5')", 1, "a text, which policies is not"),
        ("contains(name)", 1, "a field and a text in its brackets"),
        ("contains(name, 5)", 16, "a text in single quotes"),
        ("atScope()", 1, "isBuiltIn()"),
        ("isBuiltIn('x')", 1, "isBuiltIn()"),
        ("year(assigned) eq 2026", 1, "isBuiltIn() or name"),
        ("policies gt null", 13, "a number"),
        ("isBuiltIn() eq 'x'", 16, "true or false"),
    ],
)
def test_what_is_not_on_the_list_is_refused_with_its_character(
    text: str, position: int, expected: str
) -> None:
    with pytest.raises(ODataError) as caught:
        to_q(parse_filter(text), COLUMNS, text)
    assert caught.value.position == position
    assert expected in caught.value.expected


def test_orders_and_selections_take_fields_of_the_list_alone() -> None:
    assert ordered(parse_orderby("NAME desc,policies"), COLUMNS, "") == ["-name", "policy_count"]
    assert [one.name for one in selected(parse_select("Name,ID"), COLUMNS, "")] == ["name", "id"]
    with pytest.raises(ODataError):
        ordered(parse_orderby("password"), COLUMNS, "password")
    with pytest.raises(ODataError):
        selected(parse_select("password"), COLUMNS, "password")
