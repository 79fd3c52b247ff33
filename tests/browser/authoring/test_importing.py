"""What az prints is pasted or uploaded, opens in the editor, and is saved from there."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from policy_app.models import Definition, Scope
from tests.browser.html_forms import WebForm
from tests.services.authoring.bodies import policy

IMPORT = "/policy/definitions/import"


def printed(subscription: Scope) -> dict[str, Any]:
    """As ``az policy definition show`` prints a definition."""
    folder = f"{subscription.arm_id}/providers/Microsoft.Authorization/policyDefinitions"
    return {
        "id": f"{folder}/labels",
        "name": "labels",
        "type": "Microsoft.Authorization/policyDefinitions",
        "systemData": {"createdBy": "somebody"},
        **policy(description="Which team to call.")["properties"],
        "versions": ["1.0.0"],
    }


def test_what_az_prints_opens_in_the_editor_and_is_saved_from_there(
    browser: Client, subscription: Scope
) -> None:
    form = WebForm.open(browser, IMPORT, "#author")
    form.set("text", json.dumps(printed(subscription), indent=2))
    answer = browser.post(IMPORT, dict(form.fields))
    assert answer.status_code == 200
    assert not Definition.objects.filter(name="labels").exists()
    editor = WebForm.read(browser, answer.content, "#author")
    assert editor.get("display_name") == "Pods carry a label"
    assert (editor.get("name"), editor.get("scope")) == ("labels", subscription.arm_id)
    assert (editor.get("category"), editor.get("description")) == ("Own", "Which team to call.")
    assert editor.send("save", "1").status_code == 302
    assert Definition.objects.get(name="labels").scope == subscription


def test_a_file_is_taken_as_well(browser: Client, subscription: Scope) -> None:
    text = "\ufeff" + json.dumps({"properties": policy()["properties"]})
    file = SimpleUploadedFile("policy.json", text.encode())
    answer = browser.post(IMPORT, {"text": "", "file": file})
    editor = WebForm.read(browser, answer.content, "#author")
    assert editor.get("display_name") == "Pods carry a label"


def test_what_cannot_be_taken_is_told_with_its_line_and_kept(
    browser: Client, subscription: Scope
) -> None:
    assigned = '{\n  "name": "x",\n  "policyDefinitionId": "/y"\n}'
    for text, told in (
        ('{\n  "name": "x"\n', "Line 3"),
        (assigned, "Line 3 : This is an assignment"),
        ("[]", "one JSON object"),
    ):
        answer = browser.post(IMPORT, {"text": text})
        assert answer.status_code == 400
        page = WebForm.read(browser, answer.content, "#author")
        assert told in page.one("#author-text-error").get_text(" ", strip=True)
        assert page.get("text") == text


def test_a_file_that_is_no_text_is_refused(browser: Client, portal: None) -> None:
    file = SimpleUploadedFile("policy.json", b"\xff\xfe\x00")
    answer = browser.post(IMPORT, {"text": "", "file": file})
    assert b"is no text in UTF-8" in answer.content


def test_what_az_prints_of_a_stored_definition_changes_nothing(
    browser: Client, own: Definition
) -> None:
    exported = browser.get(f"/policy/definitions/export?{urlencode({'id': own.arm_id})}")
    answer = browser.post(IMPORT, {"text": exported.content.decode()})
    editor = WebForm.read(browser, answer.content, "#author")
    assert "already" in editor.one("#author-name-error").get_text()


def test_who_may_not_write_cannot_import(
    client: Client, portal: None, django_user_model: type[User]
) -> None:
    client.force_login(django_user_model.objects.create_user("reader"))
    assert client.get(IMPORT).status_code == 403
