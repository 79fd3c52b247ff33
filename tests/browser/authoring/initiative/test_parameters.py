"""Parameters of an initiative: types, defaults, allowed values, names, and what is wrong."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from policy_app.models import Definition
from policy_app.services import authoring
from policy_app.services.authoring import Kind
from policy_app.services.errors import PolicyError
from tests.browser.authoring.initiative.editor import draft, pressed, ready, turned
from tests.browser.html_forms import WebForm


@pytest.fixture
def added(browser: Client, own: Definition) -> WebForm:
    """Initiative parameters, with a new one open."""
    return pressed(turned(ready(browser, own), "parameters"), "add_parameter", "1")


def entry(form: WebForm, name: str = "parameter") -> dict[str, Any]:
    """A parameter of the draft."""
    found: dict[str, Any] = draft(form)["parameters"][name]
    return found


def test_a_parameter_has_texts_choices_and_a_default(added: WebForm) -> None:
    added.set("parameter.name", "team")
    added.set("parameter.displayName", "Team")
    added.set("parameter.description", "Whom to call.")
    added.set("parameter.allowed", "red\r\nblue")
    added.set("parameter.default", "red")
    form = turned(added, "review")
    assert entry(form, "team") == {
        "type": "String",
        "metadata": {"displayName": "Team", "description": "Whom to call."},
        "allowedValues": ["red", "blue"],
        "defaultValue": "red",
    }
    (fault,) = form.errors()
    assert "'team' is defined and handed to no policy" in fault


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("String", "5", "5"),
        ("Integer", "5", 5),
        ("Float", "0.5", 0.5),
        ("Boolean", "true", True),
        ("Array", "one\r\ntwo", ["one", "two"]),
        ("Array", '["[x", 1]', ["[x", 1]),
        ("Object", '{"a": [1]}', {"a": [1]}),
        ("DateTime", "2026-01-31T08:00:00Z", "2026-01-31T08:00:00Z"),
    ],
)
def test_a_default_is_read_by_the_type_and_shown_again(
    added: WebForm, kind: str, text: str, value: object
) -> None:
    added.set("parameter.type", kind)
    added.set("parameter.default", text)
    form = turned(added, "values")
    assert entry(form)["defaultValue"] == value
    form = pressed(turned(form, "parameters"), "open", "0")
    again = turned(form, "review")
    assert entry(again)["defaultValue"] == value
    assert not any("defaultValue" in fault for fault in again.errors())


@pytest.mark.parametrize(
    ("kind", "text", "message"),
    [
        ("Integer", "five", "must be an integer, but is 'five'"),
        ("Boolean", "yes", "must be true or false, but is 'yes'"),
        ("Object", '{"a": ', "must be an object"),
        ("Array", '["a"', "must be an array"),
        ("DateTime", "soon", "must be an ISO 8601 date and time"),
    ],
)
def test_a_default_of_another_type_is_told_kept_and_refused_by_every_door(
    added: WebForm, own: Definition, kind: str, text: str, message: str
) -> None:
    added.set("parameter.type", kind)
    added.set("parameter.default", text)
    form = turned(added, "review")
    found = " ".join(form.errors())
    assert message in found
    body = {"properties": {"displayName": "x", **draft(form)}}
    assert own.scope is not None
    with pytest.raises(PolicyError) as caught:
        authoring.put(own.scope, "labels", body, None, Kind.INITIATIVE)
    assert any(one.message in found for one in caught.value.every())
    form = pressed(form, "go", "parameters:parameter-0")
    assert form.get("parameter.default") == text


def test_a_default_is_taken_away_by_its_box(added: WebForm) -> None:
    added.set("parameter.default", "red")
    form = pressed(turned(turned(added, "values"), "parameters"), "open", "0")
    form.set("parameter.has_default")
    assert "defaultValue" not in entry(turned(form, "values"))


def test_a_name_that_another_parameter_has_is_refused_at_once(added: WebForm) -> None:
    form = pressed(added, "add_parameter", "1")
    assert form.get("parameter.name") == "parameter2"
    form.set("parameter.name", "parameter")
    form = turned(form, "parameters")
    assert list(draft(form)["parameters"]) == ["parameter", "parameter2"]
    assert "Another parameter has the name 'parameter'" in form.text
    form.set("parameter.name", "PARAMETER")
    form = turned(form, "review")
    assert "is the same parameter as 'parameter'" in " ".join(form.errors())


def test_a_name_cannot_be_emptied(added: WebForm) -> None:
    added.set("parameter.name", "")
    form = turned(added, "parameters")
    assert form.get("parameter.name") == "parameter"
    error = form.one("#parameter-name-error").get_text()
    assert "A parameter needs a name; this one is still called 'parameter'." in error


def test_policies_follow_a_parameter_to_another_name(browser: Client, own: Definition) -> None:
    form = turned(ready(browser, own), "values")
    form.set("kind.0:effect", "parameter")
    form = pressed(turned(form, "values"), "make_parameter", "0:effect")
    form = pressed(turned(form, "parameters"), "open", "0")
    form.set("parameter.name", "it's ours")
    form = turned(form, "review")
    values = draft(form)["policyDefinitions"][0]["parameters"]
    assert values == {"effect": {"value": "[parameters('it''s ours')]"}}
    assert form.errors() == []


def test_a_parameter_that_is_removed_leaves_a_fault_where_it_was_handed_on(
    browser: Client, own: Definition
) -> None:
    form = turned(ready(browser, own), "values")
    form.set("kind.0:effect", "parameter")
    form = pressed(turned(form, "values"), "make_parameter", "0:effect")
    form = pressed(turned(form, "parameters"), "drop_parameter", "effect")
    form = turned(form, "review")
    (fault,) = form.errors()
    assert "asks for the parameter 'effect', which is not defined" in fault
    form = pressed(form, "go", "values:value-0-effect")
    assert form.get("use.0:effect") == "effect"
