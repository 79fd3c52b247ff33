"""What the editor completes is served once, and names what belongs into the editor."""

from __future__ import annotations

import json

import pytest
from django.contrib.auth.models import User
from django.test import Client

from policy_app.models import Definition, Scope
from tests.browser.html_forms import WebForm
from tests.services.authoring.bodies import TEMPLATE, encoded

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


def names(browser: Client, beside: object) -> dict[str, list[object]]:
    """The names that fit beside these fields, with the values that each takes."""
    answer = browser.post("/policy/definitions/names", {"beside": json.dumps(beside)})
    assert answer.status_code == 200
    return {one["label"]: one["values"] for one in answer.json()}


def test_the_values_of_a_policy_are_named_after_its_templates_fields(
    browser: Client, portal: None
) -> None:
    fields = ("strict: {type: boolean}", "level: {type: string, enum: [a, b]}", "label:")
    schema = "".join(f"            {field}\n" for field in fields)
    text = TEMPLATE.replace("            label:\n", schema)
    source = {"sourceType": "Base64Encoded", "content": encoded(text)}
    wanted = {"strict": [True, False], "level": ["a", "b"], "label": []}
    assert names(browser, {"templateInfo": source}) == wanted
    store = "https://store.policy.core.windows.net/kubernetes/container-allowed-ports/v1"
    found = names(browser, {"constraintTemplate": f"{store}/template.yaml"})
    assert "allowedContainerPorts" in found


def test_the_parameters_of_a_member_are_those_of_its_policy(
    browser: Client, own: Definition
) -> None:
    member = {"policyDefinitionId": own.arm_id.upper(), "definitionVersion": "1.*.*"}
    assert names(browser, member) == {"effect": ["Audit", "Deny", "Disabled"], "label": []}
    assert names(browser, {**member, "definitionVersion": "7.*.*"}) == {}


@pytest.mark.parametrize(
    "beside",
    [
        {},
        [],
        {"policyDefinitionId": "/providers/nothing"},
        {"policyDefinitionId": 7},
        {"templateInfo": 7},
        {"templateInfo": {"sourceType": "Base64Encoded", "content": "?"}},
        {"templateInfo": {"sourceType": "Base64Encoded", "content": encoded("a: [")}},
        {"templateInfo": {"sourceType": "Base64Encoded", "content": encoded("a\n---\nb")}},
        {"templateInfo": {"sourceType": "Base64Encoded", "content": encoded("- a")}},
        {"constraintTemplate": "[parameters('template')]"},
        {"constraintTemplate": "https://nowhere.example/template.yaml"},
    ],
)
def test_what_leads_nowhere_has_no_names(browser: Client, portal: None, beside: object) -> None:
    assert names(browser, beside) == {}


def test_names_are_for_people_who_may_write_and_may_see_the_policy(
    client: Client, own: Definition, subscription: Scope
) -> None:
    member = {"beside": json.dumps({"policyDefinitionId": own.arm_id})}
    assert client.post("/policy/definitions/names", member).status_code == 302
    client.force_login(User.objects.create_user("nobody"))
    assert client.post("/policy/definitions/names", member).status_code == 403
