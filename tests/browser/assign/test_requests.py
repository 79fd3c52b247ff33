"""What reaches the wizard's address: from strangers, and from the hostile."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from django.test import Client

from tests.browser.html_forms import WebForm


def test_who_is_not_signed_in_signs_in_first(client: Client, url: str) -> None:
    response = client.get(url)

    assert response.status_code == 302
    assert response["Location"].startswith("/sign-in?next=")


@pytest.mark.parametrize(
    "hostile",
    [
        {"current": "nowhere", "tab": "nowhere", "left": "nowhere"},
        {"remove_row": "excludedNamespaces:99999999999"},
        {"remove_row": ":-1"},
        {"add_row": "no such parameter"},
        {"go": "review:<script>"},
        {"tidy": "effect"},
        {"edit_json": "effect"},
        {"name": "a\x00b", "scope": "/subscriptions/\x00", "p.namespaces": "\x00"},
        {"not_scopes": "x" * 10_000, "definition_version": "9" * 400},
        {"definition_version": "*.*.*-\x00"},
        {"p.allowedHostPaths": "[" * 50_000, "tab": "review"},
        {"p.allowedHostPaths": '{"paths": "\\ud800"}', "tab": "review"},
        {"p.effect": "\u202e", "display_name": "<b>&\"'", "tab": "review"},
    ],
)
def test_no_input_makes_the_page_fail(form: WebForm, hostile: dict[str, str]) -> None:
    for name, value in hostile.items():
        form.set(name, value)

    response = form.client.post(
        str(form.tag["action"]),
        urlencode(form.fields),
        content_type="application/x-www-form-urlencoded",
    )

    assert response.status_code == 200
    assert b"<b>&" not in response.content
