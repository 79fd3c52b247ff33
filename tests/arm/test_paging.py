"""Lists in pages, and filters that are understood or refused."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from tests.arm.addresses import (
    BASELINE_ID,
    NO_PRIVILEGE_ID,
    RESOURCE_GROUP,
    STAGING,
    assignment,
    assignments,
    body,
)
from tests.arm.conftest import Arm
from tests.estate_fixtures import SUBSCRIPTION


def test_following_next_links_shows_everything_once(arm: Arm) -> None:
    names = [f"a{number}" for number in range(5)]
    for name in names:
        arm.put(assignment(name=name), body())
    page = arm.get(assignments(RESOURCE_GROUP), top="2", filter="atExactScope()")
    seen = [one["name"] for one in page["value"]]
    while "nextLink" in page:
        page = arm.follow(page["nextLink"])
        assert len(page["value"]) <= 2
        seen += [one["name"] for one in page["value"]]
    assert seen == names


def test_a_next_link_is_absolute_and_keeps_the_question(arm: Arm) -> None:
    for scope in (RESOURCE_GROUP, STAGING):
        arm.put(assignment(scope), body())
    parts = urlsplit(arm.get(f"/{assignments(SUBSCRIPTION)}", top="1")["nextLink"])
    assert (parts.scheme, parts.netloc) == ("http", "testserver")
    assert parts.path == assignments(SUBSCRIPTION)
    query = parse_qs(parts.query)
    assert (query["api-version"], query["$top"]) == (["2026-06-01"], ["1"])
    assert query["$skiptoken"]


def test_nothing_is_lost_when_a_row_goes_between_two_pages(arm: Arm) -> None:
    for name in ("a", "b", "c"):
        arm.put(assignment(name=name), body())
    first = arm.get(assignments(RESOURCE_GROUP), top="1")
    arm.send("DELETE", assignment(name="a"))
    second = arm.follow(first["nextLink"])
    assert [one["name"] for one in second["value"]] == ["b"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("$top", "0"),
        ("$top", "-1"),
        ("$top", "many"),
        ("$skiptoken", "x"),
        ("$skiptoken", "YWZ0ZXI6eA=="),
        ("$skiptoken", "é"),
        ("$expand", "Everything"),
    ],
)
def test_a_query_parameter_that_is_none_is_refused(arm: Arm, name: str, value: str) -> None:
    error = arm.error("GET", assignments(RESOURCE_GROUP), query={name: value})
    assert (error["status"], error["code"]) == (400, "InvalidQueryParameter")
    assert error["target"] == name


def test_a_very_large_top_is_a_full_page(arm: Arm) -> None:
    arm.put(assignment(), body())
    assert arm.names(assignments(RESOURCE_GROUP), top="999999999") == ["baseline"]


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("atScope", 1),
        ("atScope() atExactScope()", 11),
        ("atScope() and", 14),
        ("policyDefinitionId", 1),
        ("policyDefinitionId like 'x'", 20),
        ("policyDefinitionId eq", 22),
        ("policyDefinitionId eq 'x", 23),
        ("policyDefinitionId eq atScope()", 23),
        ("displayName eq 'x'", 1),
        ("  startswith(displayName, 'x')", 14),
        ("atScope() and ~", 15),
        ("policyDefinitionId eq 'a\x00b'", 23),
        ("(atScope()", 11),
        ("excludeExpired()", 1),
    ],
)
def test_a_filter_that_is_not_understood_says_where(arm: Arm, text: str, at: int) -> None:
    error = arm.error("GET", assignments(RESOURCE_GROUP), query={"$filter": text})
    assert (error["status"], error["code"]) == (400, "InvalidFilterInQueryString")
    assert f"at character {at}," in error["message"]


def test_a_definition_list_knows_no_at_scope(arm: Arm) -> None:
    path = f"{SUBSCRIPTION}/providers/Microsoft.Authorization/policyDefinitions"
    for wrong in ("atScope()", "policyType eq 'Mine'"):
        error = arm.error("GET", path, query={"$filter": wrong})
        assert error["code"] == "InvalidFilterInQueryString"


def test_conditions_are_joined_as_they_say(arm: Arm) -> None:
    arm.put(assignment(), body())
    arm.put(assignment(SUBSCRIPTION, "wide"), body(NO_PRIVILEGE_ID, parameters={}))
    path = assignments(RESOURCE_GROUP)
    both = f"policyDefinitionId eq '{BASELINE_ID}' or policyDefinitionId EQ '{NO_PRIVILEGE_ID}'"
    assert arm.names(path, filter=both) == ["baseline", "wide"]
    assert arm.names(path, filter=f"ATSCOPE( ) and not ({both})") == []
    assert arm.names(path, filter="not atExactScope()") == ["wide"]
    assert arm.names(path, filter=f"policyDefinitionId ne '{BASELINE_ID}'") == ["wide"]
    assert arm.names(path, filter="   ") == ["baseline", "wide"]
