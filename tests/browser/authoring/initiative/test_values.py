"""Policy parameters: default, own value or the initiative's parameter, and whether it fits."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from policy_app.models import Definition, Scope
from policy_app.services import authoring
from tests.browser.authoring.initiative.editor import (
    draft,
    pressed,
    ready,
    turned,
    with_policy,
)
from tests.browser.html_forms import WebForm
from tests.services.authoring.bodies import policy


@pytest.fixture
def form(browser: Client, own: Definition) -> WebForm:
    """Policy parameters of an initiative with one policy."""
    return turned(ready(browser, own), "values")


def given(form: WebForm, index: int = 0) -> dict[str, Any]:
    """The values that a policy is handed."""
    found: dict[str, Any] = draft(form)["policyDefinitions"][index]["parameters"]
    return {name: one["value"] for name, one in found.items()}


def chosen(form: WebForm, name: str, kind: str, index: int = 0) -> WebForm:
    """The form after another value type was applied to a parameter."""
    form.set(f"kind.{index}:{name}", kind)
    return turned(form, "values")


def test_a_value_starts_as_the_default_and_goes_back_to_it(form: WebForm) -> None:
    assert given(form) == {}
    form = chosen(form, "label", "value")
    assert form.get("value.0:label") == "team"
    form.set("value.0:label", "owner")
    form = turned(form, "review")
    assert given(form) == {"label": "owner"}
    assert form.errors() == []
    form = chosen(turned(form, "values"), "label", "default")
    assert given(form) == {}


def test_a_choice_is_a_select_and_what_is_not_allowed_is_told(form: WebForm) -> None:
    form = chosen(form, "effect", "value")
    options = [one["value"] for one in form.page.select('[name="value.0:effect"] option')]
    assert options == ["Audit", "Deny", "Disabled"]
    form.set("value.0:effect", "Mutate")
    form = turned(form, "review")
    (fault,) = form.errors()
    assert "is 'Mutate', but must be one of" in fault
    form = pressed(form, "go", "values:value-0-effect")
    assert form.get("value.0:effect") == "Mutate"
    assert "must be one of" in form.one("#value-0-effect-error").get_text()


def test_the_same_policy_twice_has_values_of_its_own(form: WebForm, own: Definition) -> None:
    form = turned(with_policy(turned(form, "policies"), own.arm_id), "values")
    form.set("kind.0:label", "value")
    form.set("kind.1:label", "value")
    form = turned(form, "values")
    form.set("value.1:label", "owner")
    form = turned(form, "review")
    assert (given(form), given(form, 1)) == ({"label": "team"}, {"label": "owner"})


def test_a_parameter_of_the_initiative_is_made_on_the_spot(form: WebForm) -> None:
    form = chosen(form, "effect", "parameter")
    assert "Choose a parameter" in form.text
    shown = turned(turned(form, "review"), "values")
    assert "asks for the parameter ''" in shown.one("#value-0-effect-error").get_text()
    form = pressed(form, "make_parameter", "0:effect")
    assert given(form) == {"effect": "[parameters('effect')]"}
    assert draft(form)["parameters"]["effect"]["allowedValues"] == ["Audit", "Deny", "Disabled"]
    form = turned(form, "review")
    assert form.errors() == []
    assert form.send("save", "1").status_code == 302


def test_a_parameter_of_the_same_name_is_chosen_and_others_say_why_not(
    form: WebForm, own: Definition
) -> None:
    form = pressed(chosen(form, "effect", "parameter"), "make_parameter", "0:effect")
    form = turned(with_policy(turned(form, "policies"), own.arm_id), "parameters")
    form = pressed(form, "add_parameter", "1")
    form.set("parameter.type", "Integer")
    form = chosen(turned(form, "values"), "effect", "parameter", 1)
    assert given(form, 1) == {"effect": "[parameters('effect')]"}
    (refused,) = form.page.select('[name="use.1:effect"] option[disabled]')
    assert "it is Integer, and String is wanted" in refused.get_text()


def test_another_type_is_refused_by_the_service(form: WebForm) -> None:
    form = pressed(turned(form, "parameters"), "add_parameter", "1")
    form.set("parameter.type", "Integer")
    form.set("parameter.default", "5")
    form = chosen(turned(form, "values"), "label", "parameter")
    form.set("use.0:label", "parameter")
    form = turned(form, "review")
    (fault,) = form.errors()
    assert "'parameter' handed to 'label' is Integer there and String here" in fault


def test_choices_that_the_policy_does_not_take_are_a_caution(form: WebForm) -> None:
    form = pressed(chosen(form, "effect", "parameter"), "make_parameter", "0:effect")
    form = pressed(turned(form, "parameters"), "open", "0")
    form.set("parameter.allowed", "Audit\nMutate")
    form = turned(form, "review")
    assert form.errors() == []
    assert "the policy does not take Mutate, which 'effect' allows" in form.text
    form = pressed(turned(form, "parameters"), "open", "0")
    form.set("parameter.default", "Mutate")
    assert "must be one of" in " ".join(turned(form, "review").errors())


def test_only_what_needs_a_value_is_shown(
    form: WebForm, subscription: Scope, own: Definition
) -> None:
    form.set("only_needed", "1")
    form = turned(form, "values")
    assert form.all("seen") == []
    assert "Every parameter has a value" in form.text
    parameters = policy()["properties"]["parameters"] | {"label": {"type": "String"}}
    body = policy(displayName="Strict", parameters=parameters)
    strict = authoring.put(subscription, "strict", body, None)[0]
    form = turned(with_policy(turned(form, "policies"), strict.arm_id), "values")
    assert form.all("seen") == ["1:label"]
    form = turned(form, "review")
    (fault,) = form.errors()
    assert "needs a value for 'label'" in fault
    form = chosen(pressed(form, "go", "values:value-1-label"), "label", "value", 1)
    form.set("value.1:label", "team")
    assert turned(form, "review").errors() == []


def test_an_expression_and_an_unknown_value_are_kept_and_told(form: WebForm) -> None:
    form = turned(form, "basics")
    body = draft(form)
    body["policyDefinitions"][0]["parameters"] = {
        "label": {"value": "[concat('a', 'b')]"},
        "gone": {"value": [1]},
    }
    form.set("text", json.dumps(body))
    form = turned(form, "review")
    (fault,) = form.errors()
    assert "has no parameter 'gone'" in fault
    form = turned(form, "values")
    assert form.get("value.0:label") == "[concat('a', 'b')]"
    form = turned(pressed(form, "drop_value", "0:gone"), "review")
    assert given(form) == {"label": "[concat('a', 'b')]"}
    assert form.errors() == []


def test_a_list_is_typed_one_a_line_or_as_json(form: WebForm, subscription: Scope) -> None:
    extra = {"names": {"type": "Array", "defaultValue": ["a"]}}
    body = policy(displayName="Listed", parameters=policy()["properties"]["parameters"] | extra)
    rule = body["properties"]["policyRule"]
    rule["then"]["details"]["excludedNamespaces"] = "[parameters('names')]"
    listed = authoring.put(subscription, "listed", body, None)[0]
    form = turned(with_policy(turned(form, "policies"), listed.arm_id), "values")
    form = chosen(form, "names", "value", 1)
    form.set("value.1:names", "b\r\nc")
    form = turned(form, "values")
    assert given(form, 1) == {"names": ["b", "c"]}
    form.set("value.1:names", '["d", ')
    form = turned(turned(form, "review"), "values")
    assert form.get("value.1:names") == '["d", '
    error = form.one("#value-1-names-error").get_text(" ", strip=True)
    assert "must be an array" in error
    assert "line 1" in error
