"""A definition is written, copied, changed and deleted on pages, with errors where they are."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import User
from django.test import Client

from policy_app.models import Definition, Scope
from policy_app.services import assignments, authoring, drafts
from policy_app.services.authoring import Kind
from tests.browser.html_forms import WebForm
from tests.estate_fixtures import BASELINE
from tests.services.authoring.bodies import TEMPLATE, initiative, member, policy

NEW = "/policy/definitions/new"
PRIVILEGED = (
    "/providers/Microsoft.Authorization/policyDefinitions/95edb821-ddaf-4404-9732-666045e056b4"
)


def opened(browser: Client, url: str) -> WebForm:
    """The form on a page of this room."""
    return WebForm.open(browser, url, "#author")


def pressed(form: WebForm, button: str = "save") -> WebForm:
    """The same page again, after a button that did not lead away."""
    answer = form.send(button, "1")
    assert answer.status_code in (200, 400), answer.status_code
    return WebForm.read(form.client, answer.content, "#author")


def edit_url(row: Definition) -> str:
    """The page on which it is changed."""
    return f"/policy/definitions/edit?{urlencode({'id': row.arm_id})}"


def delete_url(row: Definition) -> str:
    """The page on which it is deleted."""
    return f"/policy/definitions/delete?{urlencode({'id': row.arm_id})}"


def shown(form: WebForm) -> str:
    """What the page says about the text."""
    return form.one("#author-checked").get_text(" ", strip=True)


def said(browser: Client, url: str) -> str:
    """The message on the page that a save leads to."""
    page = BeautifulSoup(browser.get(url).content, "html.parser")
    (found,) = page.select(".message-success")
    return found.get_text(" ", strip=True)


def changed(form: WebForm, **properties: Any) -> None:
    """Put properties into the editor's text."""
    form.set("text", json.dumps({**json.loads(form.get("text")), **properties}, indent=2))


@pytest.mark.parametrize("kind", Kind.values)
def test_the_page_starts_with_a_definition_that_can_be_saved_as_it_is(
    browser: Client, subscription: Scope, kind: str
) -> None:
    form = opened(browser, f"{NEW}?kind={kind}")
    form.set("display_name", "Ours")
    form.set("scope", subscription.arm_id)
    form.set("category", "Own things")
    answer = form.send("save", "1")
    assert answer.status_code == 302
    row = Definition.objects.get(display_name="Ours")
    assert (row.kind, row.category, row.latest_version) == (kind, "Own things", "1.0.0")
    assert "is created as version 1.0.0" in said(browser, answer["Location"])


def test_the_definitions_page_leads_to_a_new_policy(browser: Client, portal: None) -> None:
    assert f'href="{NEW}"' in browser.get("/policy/definitions").content.decode()


def test_what_is_missing_is_told_at_its_field_and_nothing_is_stored(
    browser: Client, portal: None, subscription: Scope
) -> None:
    form = opened(browser, NEW)
    form.set("scope")
    form.set("name", "")
    stored = pressed(form)
    assert "Choose where the definition is kept." in stored.one("#author-scope-error").get_text()
    assert "Give the policy a name." in stored.one("#author-display_name-error").get_text()
    form.set("scope", subscription.arm_id)
    assert "needs a name" in pressed(form).one("#author-name-error").get_text()
    assert not Definition.objects.exclude(scope=None).exists()


def test_a_resource_name_that_is_taken_is_told_at_its_field(
    browser: Client, own: Definition
) -> None:
    form = opened(browser, NEW)
    form.set("display_name", "Another")
    form.set("name", own.name.upper())
    form.set("scope", own.scope.arm_id)  # type: ignore[union-attr]
    assert "already: Pods carry a label" in pressed(form).one("#author-name-error").get_text()
    assert own.versions.count() == 1


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ('{\n  "mode" "All"\n}', 2, "A colon is missing here"),
        ('{\n  "mode": "All",\n  "displayName": "x"\n}', 3, "leave it out here"),
        ('{\n  "id": "x",\n  "properties": {}\n}', 3, "whole resource"),
        ('{\n  "mode": "All",\n  "policyRule": {\n    "if": 1,\n    "then": {}\n  }\n}', 4, "if"),
        ("[]", 1, "one JSON object"),
    ],
)
def test_what_is_wrong_in_the_json_is_told_with_its_line(
    browser: Client, subscription: Scope, text: str, line: int, message: str
) -> None:
    form = opened(browser, NEW)
    form.set("display_name", "Ours")
    form.set("scope", subscription.arm_id)
    form.set("text", text)
    found = shown(pressed(form))
    assert f"Line {line}" in found
    assert message in found
    assert form.get("text") == text


def test_a_fault_in_the_rego_shows_the_line_of_the_rego(browser: Client, own: Definition) -> None:
    broken = policy(TEMPLATE.replace('sprintf("The', 'sprintff("The'))["properties"]
    form = opened(browser, edit_url(own))
    changed(form, policyRule=broken["policyRule"])
    page = pressed(form)
    assert "of its Rego" in shown(page)
    assert "sprintff" in page.one("#author-checked .line-marked").get_text()
    own.refresh_from_db()
    assert own.latest_version == "1.0.0"


def test_an_edit_is_saved_as_the_version_that_was_announced(
    browser: Client, own: Definition
) -> None:
    form = opened(browser, edit_url(own))
    form.set("description", "Which team to call.")
    assert "Saving it makes version 1.0.1" in shown(pressed(form, "look"))
    answer = form.send("save", "1")
    assert "saved as version 1.0.1" in said(browser, answer["Location"])
    own.refresh_from_db()
    assert (own.latest_version, own.description) == ("1.0.1", "Which team to call.")


@pytest.mark.parametrize(("asked", "lower"), [("0.9.0", True), ("1.0.0", False), ("7", False)])
def test_a_version_that_a_save_would_pass_over_is_told_at_its_line(
    browser: Client, own: Definition, asked: str, lower: bool
) -> None:
    form = opened(browser, edit_url(own))
    form.set("text", form.get("text").replace("{", f'{{\n  "version": "{asked}",', 1))
    told = "Line 2 : The newest version is 1.0.0, and 0.9.0 is lower."
    assert (told in shown(pressed(form, "save" if lower else "look"))) is lower
    assert own.versions.count() == 1


def test_a_template_in_the_place_of_a_definition_is_shown_its_way(
    browser: Client, portal: None
) -> None:
    form = opened(browser, f"{NEW}?kind=policy")
    form.set("text", TEMPLATE)
    assert "'From a template'" in shown(pressed(form, "look"))
    form.set("text", "{\n  // ours\n}")
    assert "Line 2 : JSON has no comments; remove this. (column 3)" in shown(pressed(form, "look"))


def test_saving_without_a_change_makes_no_version(browser: Client, own: Definition) -> None:
    answer = opened(browser, edit_url(own)).send("save", "1")
    assert "Nothing was changed" in said(browser, answer["Location"])
    assert own.versions.count() == 1


def test_somebody_elses_save_in_between_is_not_undone(browser: Client, own: Definition) -> None:
    form = opened(browser, edit_url(own))
    authoring.change(own, {"description": "Theirs"}, None)
    form.set("description", "Mine")
    assert "saved as version 1.0.1 since this page was opened" in shown(pressed(form))
    own.refresh_from_db()
    assert own.description == "Theirs"


def test_a_built_in_is_copied_with_its_rule(browser: Client, subscription: Scope) -> None:
    form = opened(browser, f"{NEW}?{urlencode({'duplicate': PRIVILEGED})}")
    assert form.get("display_name").startswith("Copy of ")
    form.set("scope", subscription.arm_id)
    assert form.send("save", "1").status_code == 302
    original = Definition.objects.get(arm_id=PRIVILEGED)
    row = Definition.objects.get(scope=subscription)
    rule = original.versions.get(version=original.latest_version).body["policyRule"]
    assert row.versions.get().body["policyRule"] == rule


def test_a_built_in_is_not_changed_or_deleted(browser: Client, portal: None) -> None:
    for page in ("edit", "delete"):
        answer = browser.get(f"/policy/definitions/{page}?{urlencode({'id': PRIVILEGED})}")
        assert answer.status_code == 403
        assert b"built in" in answer.content


def test_an_unused_definition_is_deleted_after_a_question(browser: Client, own: Definition) -> None:
    assert "Its one version goes" in browser.get(delete_url(own)).content.decode()
    assert Definition.objects.filter(pk=own.pk).exists()
    assert browser.post(delete_url(own)).status_code == 302
    assert not Definition.objects.filter(pk=own.pk).exists()


def test_a_definition_in_use_says_who_uses_it_and_stays(
    browser: Client, own: Definition, subscription: Scope, alice: User
) -> None:
    body = initiative(member(own.arm_id))
    authoring.put(subscription, "labels", body, None, Kind.INITIATIVE)
    assignments.put(drafts.AssignmentDraft(subscription, "first", own), by=alice)
    page = browser.get(delete_url(own)).content.decode()
    assert "It is used by the initiative Our labels and the assignment" in page
    assert browser.post(delete_url(own)).status_code == 400
    assert Definition.objects.filter(pk=own.pk).exists()


def test_who_may_not_write_is_told_which_role_is_missing(
    client: Client, own: Definition, django_user_model: type[User]
) -> None:
    client.force_login(django_user_model.objects.create_user("reader"))
    answer = client.get(NEW)
    assert answer.status_code == 403
    assert b"policyDefinitions/write" in answer.content
    assert client.get(edit_url(own)).status_code == 404
    assert b"command-refused" in client.get("/policy/definitions").content


def test_the_check_while_typing_stores_nothing(browser: Client, own: Definition) -> None:
    form = opened(browser, edit_url(own))
    form.set("description", "Which team to call.")
    answer = browser.post(
        f"/policy/definitions/check?{urlencode({'id': own.arm_id})}",
        dict(form.fields),
        headers={"HX-Request": "true"},
    )
    assert "Saving it makes version 1.0.1" in answer.content.decode()
    assert own.versions.count() == 1


def test_an_initiative_of_azure_opens_as_a_copy(browser: Client, portal: None) -> None:
    arm_id = f"/providers/Microsoft.Authorization/policySetDefinitions/{BASELINE}"
    form = opened(browser, f"{NEW}?{urlencode({'duplicate': arm_id})}")
    assert "policyDefinitions" in json.loads(form.get("text"))


def test_a_long_text_that_is_wrong_all_over_is_told_in_part(
    browser: Client, own: Definition
) -> None:
    form = opened(browser, edit_url(own))
    unused = {f"p{number}": {"type": "String"} for number in range(40)}
    changed(form, parameters={**json.loads(form.get("text"))["parameters"], **unused})
    found = shown(pressed(form))
    assert "The parameter 'p3' is defined and the rule does not use it" in found
    assert "more errors" in found
    assert "'p39'" not in found
