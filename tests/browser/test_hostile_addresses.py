"""Whatever an address holds, a page answers it; nothing that a database refuses gets through."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

PAGES = [
    "/",
    "/policy/definitions",
    "/policy/definitions/policy/95edb821-ddaf-4404-9732-666045e056b4",
    "/policy/definitions/initiative/a8640138-9b0a-4a28-b8cb-1666c838647d",
    "/policy/definitions/policy/no%00thing",
    "/policy/assign",
    "/policy/assignments",
    "/policy/assignments/view",
    "/policy/assignments/edit",
    "/policy/exemptions",
    "/policy/exemptions/new",
    "/policy/exemptions/view",
    "/policy/exemptions/edit",
    "/policy/exemptions/delete",
    "/policy/initiatives/new",
    "/policy/initiatives/edit",
    "/policy/test",
    "/sign-in/%00",
    "/no%00where",
]
NAMES = [
    *("search", "id", "scope", "kind", "type", "category", "sort", "page", "tab", "version"),
    *("definition", "duplicate", "cluster", "namespace", "text", "next"),
    *("assignment", "reference", "state"),
]
VALUES = ["%00", "%ff", "%F0%9F%98%80", "'%22%3E%3Cscript%3E", "-1", "9" * 40, "[]", "%ED%A0%80"]


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("page", PAGES)
def test_no_address_makes_a_page_fail(
    client: Client, portal: None, alice: User, page: str, value: str
) -> None:
    client.force_login(alice)
    query = "&".join(f"{name}={value}" for name in NAMES)
    assert client.get(f"{page}?{query}").status_code < 500
