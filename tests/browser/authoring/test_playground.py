"""A definition alone judges manifests in the playground, before anybody assigns it."""

from __future__ import annotations

import json
from urllib.parse import urlencode

from bs4 import BeautifulSoup
from django.contrib.auth.models import User
from django.test import Client

from policy_app.models import Assignment, Cluster, Definition
from tests.browser.html_forms import WebForm

POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: web
      image: nginx
"""


def url(row: Definition) -> str:
    """The playground of a definition."""
    return f"/policy/definitions/playground?{urlencode({'id': row.arm_id})}"


def tried(browser: Client, row: Definition, **fields: str) -> BeautifulSoup:
    """The page after a try with some of the fields filled in otherwise."""
    form = WebForm.open(browser, url(row), "#author")
    answer = browser.post(url(row), {**dict(form.fields), "text": POD, **fields})
    return BeautifulSoup(answer.content, "html.parser")


def verdict(page: BeautifulSoup) -> str:
    """What stands on the right."""
    (found,) = page.select("#report")
    return found.get_text(" ", strip=True)


def test_a_definition_that_nobody_assigned_refuses_a_manifest(
    browser: Client, own: Definition, aks_demo: Cluster
) -> None:
    assert "1 refused" in verdict(page := tried(browser, own))
    assert "The label team is missing." in verdict(page)
    assert "View the assignment" not in verdict(page)
    labelled = POD.replace("  name: web\nspec", "  name: web\n  labels: {team: a}\nspec")
    assert "1 accepted" in verdict(tried(browser, own, text=labelled))
    assert not Assignment.objects.exists()


def test_the_parameters_that_are_typed_count(
    browser: Client, own: Definition, aks_demo: Cluster
) -> None:
    values = json.dumps({"effect": "Deny", "label": "cost"})
    assert "The label cost is missing." in verdict(tried(browser, own, parameters=values))


def test_what_cannot_be_tried_is_told_in_a_sentence(
    browser: Client, own: Definition, aks_demo: Cluster
) -> None:
    for fields, told in (
        ({"parameters": "{"}, "The parameters cannot be read"),
        ({"parameters": "[]"}, "one JSON object"),
        ({"parameters": '{"colour": 1}'}, "colour"),
        ({"parameters": '{"effect": "Disabled"}'}, "Nothing comes to the cluster"),
        ({"text": " "}, "at least one manifest"),
        ({"cluster": "/nowhere"}, "Choose the cluster"),
    ):
        page = tried(browser, own, **fields)
        assert told in verdict(page)
        (typed,) = page.select("#author-parameters")
        assert typed.get_text().strip() == fields.get("parameters", typed.get_text().strip())


def test_what_is_not_a_manifest_is_told_beside_it(
    browser: Client, own: Definition, aks_demo: Cluster
) -> None:
    assert "1 unreadable" in verdict(tried(browser, own, text="a: ["))


def test_the_page_of_a_definition_leads_to_its_playground(browser: Client, own: Definition) -> None:
    page = browser.get(f"/policy/definitions/policy/own?{urlencode({'id': own.arm_id})}")
    assert b"/policy/definitions/playground?" in page.content


def test_a_stranger_cannot_try_a_definition(
    client: Client, own: Definition, django_user_model: type[User]
) -> None:
    client.force_login(django_user_model.objects.create_user("stranger"))
    assert client.get(url(own)).status_code == 404
