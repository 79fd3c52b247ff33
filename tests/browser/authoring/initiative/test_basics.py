"""Basics of an initiative: its place, names, version, and what is wrong with them."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import User
from django.test import Client

from policy_app.models import Definition, Scope
from policy_app.services import authoring
from policy_app.services.authoring import Kind
from policy_app.services.authorization import roles
from tests.browser.authoring.initiative.editor import (
    NEW,
    draft,
    edit_url,
    opened,
    pressed,
    ready,
    turned,
)
from tests.browser.html_forms import WebForm
from tests.estate_fixtures import BASELINE
from tests.granting import grant
from tests.services.authoring.bodies import initiative, member

BASELINE_ID = f"/providers/Microsoft.Authorization/policySetDefinitions/{BASELINE}"


@pytest.fixture
def labels(subscription: Scope, own: Definition) -> Definition:
    """A custom initiative with one policy, version 1.0.0."""
    body = initiative(member(own.arm_id))
    return authoring.put(subscription, "labels", body, None, Kind.INITIATIVE)[0]


def test_the_definitions_page_and_an_initiatives_own_page_lead_here(
    browser: Client, labels: Definition
) -> None:
    assert f'href="{NEW}"' in browser.get("/policy/definitions").content.decode()
    about = f"/policy/definitions/initiative/labels?{urlencode({'id': labels.arm_id})}"
    page = browser.get(about).content.decode()
    assert f"/policy/initiatives/edit?{urlencode({'id': labels.arm_id})}" in page
    assert f"{NEW}?{urlencode({'duplicate': labels.arm_id})}" in page


def test_nobody_is_told_off_before_leaving_a_tab(browser: Client, subscription: Scope) -> None:
    form = opened(browser)
    assert form.errors() == []
    form.set("scope")
    form = turned(turned(form, "policies"), "basics")
    found = " ".join(form.errors())
    assert "Choose where the definition is kept." in found
    assert "Give the initiative a name." in found
    assert form.one("#author-display_name-error")


def test_a_name_with_a_slash_is_told_with_everything_else_that_is_wrong(
    browser: Client, own: Definition
) -> None:
    form = turned(ready(browser, own), "basics")
    form.set("name", "our/labels")
    form.set("version", "one")
    form.set("display_name", "x" * 129)
    form = turned(form, "review")
    found = " ".join(form.errors())
    assert "may not have the character '/'" in found
    assert "'one' is not a version" in found
    assert "129 characters" in found
    form = pressed(form, "go", "basics:author-version")
    assert form.get("current") == "basics"
    assert form.one("#author-version").has_attr("autofocus")
    assert form.get("version") == "one"


def test_a_version_that_is_asked_for_is_the_first_one(browser: Client, own: Definition) -> None:
    form = turned(ready(browser, own), "basics")
    form.set("version", "2.1.0")
    form.set("category", "Brand new")
    answer = turned(form, "review").send("save", "1")
    assert answer.status_code == 302
    row = Definition.objects.get(name="labels")
    assert (row.latest_version, row.category, row.policy_count) == ("2.1.0", "Brand new", 1)


def test_an_edit_keeps_place_and_name_and_raises_the_version(
    browser: Client, labels: Definition
) -> None:
    form = opened(browser, edit_url(labels))
    form.set("name", "other")
    form.set("description", "Whose it is.")
    form = turned(form, "review")
    assert "Saving it makes version 1.0.1" in form.text
    assert form.send("save", "1").status_code == 302
    labels.refresh_from_db()
    assert (labels.latest_version, labels.description) == ("1.0.1", "Whose it is.")
    assert not Definition.objects.filter(name="other").exists()


def test_somebody_elses_save_in_between_is_not_undone(browser: Client, labels: Definition) -> None:
    form = opened(browser, edit_url(labels))
    authoring.change(labels, {"description": "Theirs"}, None)
    form.set("description", "Mine")
    form = turned(form, "review")
    assert "saved as version 1.0.1 since this page was opened" in " ".join(form.errors())
    form = pressed(form, "save", "1")
    assert form.get("description") == "Mine"
    labels.refresh_from_db()
    assert labels.description == "Theirs"


def test_saving_what_is_stored_already_makes_no_version(
    browser: Client, labels: Definition
) -> None:
    form = turned(opened(browser, edit_url(labels)), "review")
    assert "saving changes nothing" in form.text
    assert form.send("save", "1").status_code == 302
    assert labels.versions.count() == 1


def test_an_initiative_of_azure_is_duplicated_whole(browser: Client, subscription: Scope) -> None:
    form = opened(browser, f"{NEW}?{urlencode({'duplicate': BASELINE_ID})}")
    assert form.get("display_name").startswith("Copy of ")
    form.set("scope", subscription.arm_id)
    for tab in ("policies", "groups", "parameters", "values", "review"):
        form = turned(form, tab)
    assert form.send("save", "1").status_code == 302
    original = Definition.objects.get(arm_id=BASELINE_ID)
    copy = Definition.objects.get(scope=subscription)
    before = original.versions.get(version=original.latest_version).body
    after = copy.versions.get().body
    assert after["policyDefinitions"] == before["policyDefinitions"]
    assert after["parameters"] == before["parameters"]


def test_the_json_editor_and_the_form_hand_the_draft_to_each_other(
    browser: Client, own: Definition
) -> None:
    form = ready(browser, own)
    form.set("reference.0", "mine")
    page = WebForm.read(browser, form.send("as_json", "1").content, "#author")
    assert page.get("display_name") == "Our labels"
    given = page.get("text").replace('"mine"', '"mine too"')
    page.set("text", given)
    back = browser.post(NEW, dict(page.fields) | {"as_form": "1"})
    form = turned(WebForm.read(browser, back.content, "#initiative"), "policies")
    assert form.get("reference.0") == "mine too"
    assert (form.get("display_name"), form.get("name")) == ("Our labels", "labels")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"policyDefinitions": [{"parameters": {"a": {}}}]}', "[0].parameters.a'"),
        ('{"policyDefinitions": [{"groupNames": [1]}]}', "[0].groupNames'"),
        ("{", "A key in double quotes is missing here"),
        ('{"policyDefinitions": {}}', "cannot show 'policyDefinitions'"),
        ('{"policyDefinitions": [{"parameters": {"effect": "Audit"}}]}', "cannot show"),
        ('{"policyDefinitionGroups": [{"name": 1}]}', "cannot show 'policyDefinitionGroups[0]"),
    ],
)
def test_json_that_has_no_form_stays_in_the_json_editor(
    browser: Client, subscription: Scope, text: str, message: str
) -> None:
    answer = browser.post(NEW, {"text": text, "display_name": "Ours"})
    page = WebForm.read(browser, answer.content, "#author")
    assert message in page.text
    assert page.get("text") == text


def test_what_the_form_has_no_field_for_is_kept(browser: Client, own: Definition) -> None:
    text = (
        '{"metadata": {"owner": "team"}, "parameters": {"effect": {"type": "String",'
        ' "metadata": {"strongType": "x"}, "defaultValue": "Audit"}}, "policyDefinitions": []}'
    )
    answer = browser.post(NEW, {"text": text})
    form = WebForm.read(browser, answer.content, "#initiative")
    for tab in ("policies", "groups", "parameters"):
        form = turned(form, tab)
    form = turned(pressed(form, "open", "0"), "review")
    assert draft(form)["metadata"] == {"owner": "team"}
    assert draft(form)["parameters"]["effect"]["metadata"] == {"strongType": "x"}


def test_what_is_wrong_or_odd_survives_every_tab(browser: Client, own: Definition) -> None:
    entry = {"type": "Nope", "allowedValues": ["", " x", 1, None], "defaultValue": [1, {"a": []}]}
    values: tuple[Any, ...] = ("[concat('a')]", None, 5, True, [], ["a", 1], {"b": None})
    names = ("label", "effect", "gone", "a b.c", "Ünused", "x", "y")
    given = {name: {"value": value} for name, value in zip(names, values, strict=True)}
    body = {
        "parameters": {"it's": entry, "IT'S": {"type": "Array"}},
        "policyDefinitions": [
            {"policyDefinitionId": own.arm_id, "parameters": given, "groupNames": ["gone"]},
            {"policyDefinitionId": "", "definitionVersion": "zz", "parameters": {}, "more": 1},
        ],
        "policyDefinitionGroups": [{}, {"name": "g", "category": "c"}, {"name": "G"}],
        "version": "x",
    }
    answer = browser.post(NEW, {"text": json.dumps(body)})
    form = WebForm.read(browser, answer.content, "#initiative")
    for tab in ("policies", "groups", "parameters", "values", "review", "basics"):
        form = turned(form, tab)
    for tab in ("groups", "parameters"):
        form = pressed(turned(form, tab), "open", "0")
    assert draft(turned(form, "review")) == body


def test_a_place_where_one_may_only_read_is_told(
    client: Client, own: Definition, django_user_model: type[User]
) -> None:
    person = django_user_model.objects.create_user("person")
    assert own.scope is not None
    assert own.scope.parent is not None
    grant(person, roles.POLICY_CONTRIBUTOR, own.scope)
    grant(person, roles.READER, own.scope.parent)
    client.force_login(person)
    form = turned(ready(client, own), "basics")
    form.set("scope", own.scope.parent.arm_id)
    form = turned(form, "review")
    assert "policySetDefinitions/write" in " ".join(form.errors())
    assert pressed(form, "save", "1").errors()
    assert not Definition.objects.filter(name="labels").exists()


def test_who_may_not_write_is_told_which_role_is_missing(
    client: Client, labels: Definition, django_user_model: type[User]
) -> None:
    person = django_user_model.objects.create_user("reader")
    assert labels.scope is not None
    grant(person, roles.READER, labels.scope)
    client.force_login(person)
    for url in (NEW, edit_url(labels)):
        assert client.get(url).status_code == 403
        answer = client.post(url, {"text": "{}", "save": "1"})
        assert answer.status_code == 403
        assert b"policySetDefinitions/write" in answer.content
