"""What the grids understand of an address, and what they pass over."""

from __future__ import annotations

from typing import cast

import pytest
from django.contrib.auth.models import User
from django.http import QueryDict
from django.test import RequestFactory

from policy_app.browser.assignments.filters import AssignmentFilter
from policy_app.browser.definitions.filters import DefinitionFilter
from policy_app.browser.inputs import address
from policy_app.browser.pages import PortalRequest
from policy_app.models import Scope
from policy_app.services import assignments, definitions
from policy_app.services.authorization import Principal, principal_of
from tests.factories import make_policy


def definition_filter(query: str, by: Principal | None = None) -> DefinitionFilter:
    """The Definitions page's filter for a query string; the portal itself asks for nobody."""
    request = cast(PortalRequest, RequestFactory().get("/"))
    request.principal = by or principal_of(None)
    return DefinitionFilter(QueryDict(query), queryset=definitions.listing(), request=request)


@pytest.fixture
def stranger(portal: None, django_user_model: type[User]) -> User:
    """Somebody without any role."""
    return django_user_model.objects.create_user("stranger")


def test_an_empty_address_filters_nothing(portal: None) -> None:
    empty = definition_filter("search=+&kind=&category=&category=*")
    assert empty.chosen == {}
    assert set(empty.qs) == set(definitions.listing())


def test_everything_that_is_known_is_chosen(rg_demo: Scope) -> None:
    query = "kind=policy&type=Custom&category=*&category=Storage&search=+two++words+"
    asked = definition_filter(f"{query}&scope={rg_demo.arm_id.upper()}")
    assert asked.chosen == {
        "scope": rg_demo,
        "kind": "policy",
        "type": "Custom",
        "category": ["Storage"],
        "search": "two  words",
    }


def test_a_scope_that_somebody_may_not_know_of_is_passed_over(
    rg_demo: Scope, stranger: User
) -> None:
    asked = definition_filter(f"kind=policy&scope={rg_demo.arm_id}", principal_of(stranger))
    assert asked.chosen == {"kind": "policy"}
    nowhere = definition_filter("kind=policy&scope=/nowhere", principal_of(stranger))
    assert set(asked.qs) == set(nowhere.qs) != set()


def test_what_is_not_known_leaves_the_other_filters_at_work(portal: None) -> None:
    make_policy("stored", category="Storage")
    asked = definition_filter("kind=nonsense&type=x&scope=/nowhere&category=Storage&colour=red")
    assert asked.chosen == {"category": ["Storage"]}
    assert [one.name for one in asked.qs] == ["stored"]


def test_a_category_that_nothing_has_finds_nothing(portal: None) -> None:
    assert not definition_filter("category=No+such+category").qs


def test_a_nul_is_taken_out_of_what_is_searched(portal: None) -> None:
    request = RequestFactory().get("/", {"search": "pri\x00vileged", "scope": "\x00"})
    asked = AssignmentFilter(address(request), queryset=assignments.everywhere())
    assert asked.chosen == {"search": "privileged"}
    assert not asked.qs
