"""With thousands of definitions, pages need few queries, and no more than with a few."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.estate_fixtures import BASELINE
from tests.factories import make_many_policies

QUERIES = 25
PRIVILEGED = "95edb821-ddaf-4404-9732-666045e056b4"
AtMost = Callable[[int], AbstractContextManager[None]]
PAGES = [
    "/",
    "/policy/definitions",
    "/policy/definitions?search=policies+042&sort=-category",
    "/policy/definitions?category=Category+1&category=Category+2&page=9",
    f"/policy/definitions/policy/{PRIVILEGED}",
    f"/policy/definitions/policy/{PRIVILEGED}?tab=template",
    f"/policy/definitions/policy/{PRIVILEGED}?tab=initiatives",
    f"/policy/definitions/initiative/{BASELINE}",
    "/admin/policy_app/definition/",
    "/admin/policy_app/definitionversion/",
]


@pytest.mark.parametrize("address", PAGES)
def test_a_page_with_five_thousand_definitions_needs_few_queries(
    client: Client,
    portal: None,
    alice: User,
    address: str,
    django_assert_max_num_queries: AtMost,
) -> None:
    make_many_policies(5000)
    client.force_login(alice)
    with django_assert_max_num_queries(QUERIES):
        assert client.get(address).status_code == 200
