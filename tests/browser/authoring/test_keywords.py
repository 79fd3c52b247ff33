"""What the editor completes is served once, and names what belongs into the editor."""

from __future__ import annotations

import pytest
from django.test import Client

from policy_app.models import Definition
from tests.browser.html_forms import WebForm

NEW = "/policy/definitions/new"


@pytest.mark.parametrize(("kind", "inside"), [("policy", "policyRule"), ("initiative", "metadata")])
def test_the_editor_names_a_vocabulary_that_browsers_keep(
    browser: Client, portal: None, kind: str, inside: str
) -> None:
    address = WebForm.open(browser, f"{NEW}?kind={kind}", "#author").one("#author-text")
    answer = browser.get(str(address["data-keywords"]))
    assert "immutable" in answer["Cache-Control"]
    found = answer.json()
    top = found["shapes"][found["root"]]["fields"]
    assert inside in top
    assert not {"displayName", "version", "policyType"} & set(top)
    assert "category" not in found["shapes"]["metadata"]["fields"]


def test_a_vocabulary_is_for_people_who_have_signed_in(client: Client, own: Definition) -> None:
    assert client.get("/policy/definitions/keywords?kind=policy").status_code == 302
