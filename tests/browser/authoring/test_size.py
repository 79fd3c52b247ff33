"""The pages of this room need few queries, however many definitions there are."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from urllib.parse import urlencode

import pytest
from django.test import Client

from policy_app.models import Cluster, Definition
from tests.factories import make_many_policies

QUERIES = 25
AtMost = Callable[[int], AbstractContextManager[None]]


@pytest.mark.parametrize(
    "page", ["new", "import", "from-template", "edit", "delete", "compare", "playground"]
)
def test_a_page_with_a_thousand_definitions_needs_few_queries(
    browser: Client,
    own: Definition,
    aks_demo: Cluster,
    page: str,
    django_assert_max_num_queries: AtMost,
) -> None:
    make_many_policies(1000)
    with django_assert_max_num_queries(QUERIES):
        answer = browser.get(f"/policy/definitions/{page}?{urlencode({'id': own.arm_id})}")
    assert answer.status_code == 200
