"""A definition is taken away in four forms, and two of its versions are laid side by side."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import User
from django.test import Client

from policy_app.models import Definition
from policy_app.services import authoring
from tests.services.authoring.bodies import TEMPLATE, policy

PRIVILEGED = "95edb821-ddaf-4404-9732-666045e056b4"
PAGE = f"/policy/definitions/policy/{PRIVILEGED}"


def page(browser: Client, url: str) -> BeautifulSoup:
    """A page that is there."""
    answer = browser.get(url)
    assert answer.status_code == 200
    return BeautifulSoup(answer.content, "html.parser")


def compared(browser: Client, row: Definition, **query: str) -> BeautifulSoup:
    """The page that compares two versions."""
    return page(browser, f"/policy/definitions/compare?{urlencode({'id': row.arm_id, **query})}")


@pytest.mark.parametrize(
    ("label", "ending", "has"),
    [
        ("ARM JSON", ".json", '"policyRule"'),
        ("Bicep", ".bicep", "Microsoft.Authorization/policyDefinitions@"),
        ("az command", ".sh", "az policy definition create"),
        ("Gatekeeper YAML", ".yaml", "kind: ConstraintTemplate"),
    ],
)
def test_the_page_of_a_built_in_leads_to_each_export(
    browser: Client, portal: None, label: str, ending: str, has: str
) -> None:
    menu = page(browser, PAGE).select(".command-bar a.menu-item")
    (link,) = [one for one in menu if one.get_text(strip=True) == label]
    answer = browser.get(str(link["href"]))
    assert has in answer.content.decode()
    assert answer["Content-Disposition"].endswith(f'{ending}"')


def test_an_unknown_form_is_refused_with_those_that_there_are(
    browser: Client, own: Definition
) -> None:
    query = urlencode({"id": own.arm_id, "format": "terraform"})
    answer = browser.get(f"/policy/definitions/export?{query}")
    assert answer.status_code == 404
    assert "json, bicep, az, gatekeeper" in answer.content.decode()


def test_a_changed_template_is_compared_as_the_text_that_it_is(
    browser: Client, own: Definition
) -> None:
    changed = policy(TEMPLATE.replace("is missing", "is wanted"), description="Ask the team.")
    authoring.put(own.scope, "own", changed, None)  # type: ignore[arg-type]
    shown = compared(browser, own)
    removed = [one.get_text() for one in shown.select(".author-removed")]
    added = [one.get_text() for one in shown.select(".author-added")]
    assert any("The label %v is missing." in one for one in removed)
    assert any("The label %v is wanted." in one for one in added)
    assert any("Ask the team." in one for one in added)
    assert "K8sNeedsLabel" not in shown.get_text()
    assert "K8sNeedsLabel" in compared(browser, own, whole="1").get_text()


def test_a_version_beside_itself_says_the_same(browser: Client, own: Definition) -> None:
    assert "say the same" in compared(browser, own).get_text()


def test_a_version_that_there_is_not_is_refused(browser: Client, own: Definition) -> None:
    query = urlencode({"id": own.arm_id, "before": "7.0.0"})
    assert browser.get(f"/policy/definitions/compare?{query}").status_code == 404


def test_a_definition_that_one_may_not_know_of_is_not_found(
    client: Client, own: Definition, django_user_model: type[User]
) -> None:
    client.force_login(django_user_model.objects.create_user("stranger"))
    for view in ("export", "compare"):
        answer = client.get(f"/policy/definitions/{view}?{urlencode({'id': own.arm_id})}")
        assert answer.status_code == 404
