"""Groups of an initiative: made, changed, removed, and who is in them."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from policy_app.models import Definition
from tests.browser.authoring.initiative.editor import draft, pressed, ready, turned, with_policy
from tests.browser.html_forms import WebForm


@pytest.fixture
def grouped(browser: Client, own: Definition) -> WebForm:
    """Groups with a group CIS-1 that has its fields filled in, and two policies."""
    form = turned(with_policy(ready(browser, own), own.arm_id), "groups")
    form = pressed(form, "add_group", "")
    for field, text in {
        "name": "CIS-1",
        "displayName": "Control 1",
        "category": "CIS",
        "description": "First\r\nSecond",
        "additionalMetadataId": "/providers/Microsoft.PolicyInsights/policyMetadata/x",
    }.items():
        form.set(f"group.{field}", text)
    return turned(turned(form, "basics"), "groups")


def groups_of(form: WebForm) -> list[list[str]]:
    """The groups of each policy."""
    return [one.get("groupNames", []) for one in draft(form)["policyDefinitions"]]


def test_a_group_has_all_its_fields_and_members(grouped: WebForm) -> None:
    form = pressed(grouped, "open", "0")
    form.set("joined", "1")
    form = turned(form, "review")
    assert form.errors() == []
    assert draft(form)["policyDefinitionGroups"] == [
        {
            "name": "CIS-1",
            "displayName": "Control 1",
            "category": "CIS",
            "description": "First\nSecond",
            "additionalMetadataId": "/providers/Microsoft.PolicyInsights/policyMetadata/x",
        }
    ]
    assert groups_of(form) == [[], ["CIS-1"]]
    assert form.send("save", "1").status_code == 302
    body = Definition.objects.get(name="labels").versions.get().body
    assert body["policyDefinitions"][1]["groupNames"] == ["CIS-1"]


def test_members_follow_a_group_to_another_name_and_leave_one_that_is_removed(
    grouped: WebForm,
) -> None:
    form = pressed(grouped, "open", "0")
    form.set("joined", "0", "1")
    form.set("group.name", "CIS-2")
    form = turned(form, "groups")
    assert groups_of(form) == [["CIS-2"], ["CIS-2"]]
    form = pressed(pressed(form, "open", "0"), "drop_group", "0")
    assert groups_of(form) == [[], []]
    assert "policyDefinitionGroups" not in draft(form)


@pytest.mark.parametrize(
    ("name", "message"), [("", "is required"), ("cis-1", "another group already has")]
)
def test_a_group_needs_a_name_of_its_own(grouped: WebForm, name: str, message: str) -> None:
    form = pressed(grouped, "add_group", "")
    form.set("group.name", name)
    form = turned(form, "review")
    assert message in " ".join(form.errors())
    form = pressed(form, "go", "groups:group-1")
    assert form.get("group.name") == name
    assert message in form.one("#group-name-error").get_text()
    assert form.one("#group-name").has_attr("autofocus")


def test_a_group_that_there_is_not_can_be_made_or_left(grouped: WebForm) -> None:
    body = draft(grouped)
    body["policyDefinitions"][0]["groupNames"] = ["Gone"]
    grouped.set("text", json.dumps(body))
    form = turned(grouped, "review")
    assert "is 'Gone', which is no group" in " ".join(form.errors())
    form = pressed(form, "go", "groups:stray-groups")
    assert turned(pressed(form, "add_group", "Gone"), "review").errors() == []
    left = turned(pressed(form, "leave_group", "Gone"), "review")
    assert left.errors() == []
    assert groups_of(left) == [[], []]
