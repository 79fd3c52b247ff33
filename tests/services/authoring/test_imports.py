"""What az prints is read as it is, and what cannot be read is told with its line."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policy_app.models import Definition, Scope
from policy_app.services import authoring, definitions
from policy_app.services.authoring import Kind, imports
from policy_app.services.errors import PolicyError
from tests.services.authoring.bodies import initiative, member, policy


def flat(body: dict[str, Any], name: str, kind: str, **more: Any) -> str:
    """A resource as ``az policy … show`` prints it: properties at the top, much of it null."""
    shown = {
        **body["properties"],
        "id": f"/subscriptions/x/providers/Microsoft.Authorization/{kind}/{name}",
        "name": name,
        "type": f"Microsoft.Authorization/{kind}",
        "systemData": {"createdBy": "someone"},
        "versions": ["1.0.0"],
        **more,
    }
    return json.dumps(dict(sorted(shown.items())), indent=2)


def test_what_az_shows_of_a_definition_is_taken(subscription: Scope) -> None:
    text = flat(policy(version="1.0.0"), "shown", "policyDefinitions", description=None)
    found = imports.read(text)
    assert (found.thing, found.name) == ("policyDefinitions", "shown")
    row, created = authoring.put(subscription, found.name, found.body, None)
    assert created
    assert row.display_name == "Pods carry a label"


def test_fields_that_az_shows_as_null_are_none(subscription: Scope) -> None:
    body = policy()
    label = body["properties"]["parameters"]["label"]
    label |= {"allowedValues": None, "schema": None, "metadata": None, "defaultValue": None}
    text = flat(body, "shown", "policyDefinitions", metadata=None)
    row, _ = authoring.put(subscription, "shown", imports.read(text).body, None)
    assert definitions.version(row).body["parameters"]["label"] == {"type": "String"}


def test_a_built_in_that_az_shows_becomes_a_custom_one(subscription: Scope) -> None:
    text = flat(policy(policyType="BuiltIn"), "shown", "policyDefinitions")
    row, _ = authoring.put(subscription, "copy", imports.read(text).body, None)
    assert row.policy_type == "Custom"


def test_what_az_shows_of_an_initiative_is_taken(subscription: Scope, own: Definition) -> None:
    shown = member(own.arm_id, groupNames=None, latestDefinitionVersion=None)
    text = flat(initiative(shown), "set", "policySetDefinitions", policyDefinitionGroups=None)
    found = imports.read(text)
    assert found.thing == "policySetDefinitions"
    row, _ = authoring.put(subscription, found.name, found.body, None, Kind.INITIATIVE)
    assert definitions.version(row).body["policyDefinitions"] == [member(own.arm_id)]


def test_what_az_shows_of_an_assignment_is_taken() -> None:
    body = {"properties": {"policyDefinitionId": "/x", "parameters": {"a": {"value": 1}}}}
    text = flat(
        body,
        "asg",
        "policyAssignments",
        identity=None,
        location="westeurope",
        scope="/subscriptions/x",
        enforcementMode="Default",
    )
    found = imports.read(text)
    assert found.thing == "policyAssignments"
    assert found.body == {
        "location": "westeurope",
        "properties": {
            "enforcementMode": "Default",
            "parameters": {"a": {"value": 1}},
            "policyDefinitionId": "/x",
        },
    }


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("", 1, "no JSON"),
        ("7", 1, "This should be one JSON object"),
        ('[{"name": "x"}]', 1, "a list of 1: take one JSON object"),
        ('{"if": {},\n "then": {}}', 1, "has it in the property policyRule"),
        ('{"Name": "x",\n "PolicyRule": {}}', 1, "'PolicyRule' is written policyRule"),
        ('{"policy_definitions": []}', 1, "is written policyDefinitions"),
        ('{\n  "policyRule": }', 2, "no JSON"),
        ('{"name": "x"}', 1, "no policy definition, initiative or assignment"),
        ('{"name": 7,\n "policyRule": {}}', 1, "'name' should be a string"),
        ('{"a": NaN}', 0, "NaN is no JSON number"),
        ("[" * 100_000, 0, "nested"),
        ('{"policyRule": ' + "[" * 70 + "]" * 70 + "}", 0, "nested deeper"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(text: str, line: int, said: str) -> None:
    with pytest.raises(imports.ImportTextError) as caught:
        imports.read(text)
    assert caught.value.line == line
    assert said in caught.value.message


def test_a_field_at_fault_has_its_line_in_either_form(subscription: Scope) -> None:
    broken = policy()
    broken["properties"]["policyRule"]["then"]["effect"] = "Dney"
    for text in (flat(broken, "x", "policyDefinitions"), json.dumps(broken, indent=2)):
        found = imports.read(text)
        with pytest.raises(PolicyError) as caught:
            authoring.put(subscription, "x", found.body, None)
        target = next(one.target for one in caught.value.every() if "effect" in one.target)
        line = text.splitlines()[found.line_of(target) - 1]
        assert '"effect": "Dney"' in line
    assert found.line_of("") == 0
