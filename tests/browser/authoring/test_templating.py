"""A policy is made around a constraint template that is pasted, uploaded, or given as Base64."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from policy_app.models import Definition, Scope
from tests.browser.html_forms import WebForm
from tests.services.authoring.bodies import TEMPLATE, encoded

PAGE = "/policy/definitions/from-template"


def filled(browser: Client, **fields: str) -> dict[str, str]:
    """The fields of the form, some of them filled in otherwise."""
    return {**dict(WebForm.open(browser, PAGE, "#author").fields), **fields}


def opened(browser: Client, data: dict[str, Any]) -> dict[str, Any]:
    """What the editor holds after the form is sent."""
    answer = browser.post(PAGE, data)
    assert answer.status_code == 200
    found: dict[str, Any] = json.loads(WebForm.read(browser, answer.content, "#author").get("text"))
    return found


def fault(browser: Client, data: dict[str, Any], at: str) -> str:
    """What the form says at a field that is wrong."""
    answer = browser.post(PAGE, data)
    assert answer.status_code == 400
    page = WebForm.read(browser, answer.content, "#author")
    assert page.get("kinds") == data["kinds"]
    return page.one(f"#author-{at}-error").get_text(" ", strip=True)


def test_the_schema_of_the_template_becomes_the_parameters(browser: Client, portal: None) -> None:
    body = opened(browser, filled(browser, text=TEMPLATE, kinds="Pod\napps/Deployment"))
    details = body["policyRule"]["then"]["details"]
    assert (details["apiGroups"], details["kinds"]) == (["", "apps"], ["Pod", "Deployment"])
    assert details["values"] == {"label": "[parameters('label')]"}
    assert details["templateInfo"]["content"] == encoded(TEMPLATE)
    assert body["parameters"]["label"]["type"] == "String"
    assert {"effect", "excludedNamespaces"} < set(body["parameters"])


def test_the_form_leads_to_a_definition_that_can_be_saved(
    browser: Client, subscription: Scope
) -> None:
    answer = browser.post(PAGE, filled(browser, effect="Deny", excluded="kube-system"))
    editor = WebForm.read(browser, answer.content, "#author")
    editor.set("display_name", "Owners")
    editor.set("scope", subscription.arm_id)
    assert editor.send("save", "1").status_code == 302
    body = Definition.objects.get(display_name="Owners").versions.get().body
    assert body["parameters"]["effect"]["defaultValue"] == "Deny"
    assert body["parameters"]["excludedNamespaces"]["defaultValue"] == ["kube-system"]


def test_base64_and_a_file_are_taken_as_the_template(browser: Client, portal: None) -> None:
    for data in (
        filled(browser, text=encoded(TEMPLATE)),
        {**filled(browser, text=""), "file": SimpleUploadedFile("t.yaml", TEMPLATE.encode())},
    ):
        body = opened(browser, data)
        content = body["policyRule"]["then"]["details"]["templateInfo"]["content"]
        assert content == encoded(TEMPLATE)


def test_a_field_of_the_schema_may_have_the_name_of_a_usual_parameter(
    browser: Client, portal: None
) -> None:
    text = TEMPLATE.replace("            label:\n", "            effect:\n")
    body = opened(browser, filled(browser, text=text))
    values = body["policyRule"]["then"]["details"]["values"]
    assert values == {"effect": "[parameters('effectValue')]"}
    assert "allowedValues" in body["parameters"]["effect"]


@pytest.mark.parametrize(
    ("field", "value", "at", "told"),
    [
        ("kinds", "", "kinds", "Name the kinds"),
        ("kinds", "Pod\npods please", "kinds", "'pods' is no kind"),
        ("effect", "Modify", "effect", "choose Audit, Deny, Disabled"),
        ("text", "", "text", "there are 0 documents"),
        ("text", "/w==", "text", "neither YAML nor UTF-8 text in Base64"),
        ("text", "a: [", "text", "it is no YAML"),
        ("text", TEMPLATE.replace("sprintf(", "sprintff("), "text", "of its Rego"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(
    browser: Client, portal: None, field: str, value: str, at: str, told: str
) -> None:
    assert told in fault(browser, filled(browser, **{field: value}), at)
