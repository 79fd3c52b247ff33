"""By how much a change raises a version: what breaks, what is added, and what is only text."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from policy_app.evaluation.language.definitions import PolicyDefinition, PolicySetDefinition
from policy_app.evaluation.language.version_rule import (
    Level,
    differences,
    level_of,
    raised,
    same,
)
from policy_app.evaluation.language.versions import VersionError

POLICY: dict[str, Any] = {
    "displayName": "One",
    "mode": "Microsoft.Kubernetes.Data",
    "metadata": {"category": "Own", "createdBy": "alice", "createdOn": "now"},
    "parameters": {
        "effect": {"type": "String", "allowedValues": ["Audit", "Deny"], "defaultValue": "Audit"},
        "paths": {"type": "Array", "schema": {"type": "array"}},
    },
    "policyRule": {
        "if": {"field": "type", "in": ["a"]},
        "then": {
            "effect": "[parameters('effect')]",
            "details": {
                "templateInfo": {"sourceType": "PublicURL", "url": "https://x/template.yaml"},
                "apiGroups": [""],
                "kinds": ["Pod"],
                "values": {"paths": "[parameters('paths')]"},
            },
        },
    },
}
SET: dict[str, Any] = {
    "displayName": "All",
    "parameters": {"effect": {"type": "String", "defaultValue": "Audit"}},
    "policyDefinitionGroups": [{"name": "a", "displayName": "A"}],
    "policyDefinitions": [
        {
            "policyDefinitionReferenceId": "one",
            "policyDefinitionId": "/d/one",
            "definitionVersion": "1.*.*",
            "parameters": {"effect": {"value": "[parameters('effect')]"}},
            "groupNames": ["a"],
        }
    ],
}
GONE = object()


def changed(body: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy with one field set, added or gone; numbers in the path are items of a list."""
    result = copy.deepcopy(body)
    *way, last = path.split(".")
    place: Any = result
    for step in way:
        place = place[int(step)] if step.isdigit() else place[step]
    if value is GONE:
        del place[int(last) if last.isdigit() else last]
    elif isinstance(place, list) and int(last) == len(place):
        place.append(value)
    else:
        place[int(last) if last.isdigit() else last] = value
    return result


DETAILS = "policyRule.then.details"


@pytest.mark.parametrize(
    ("path", "value", "level"),
    [
        ("displayName", "Two", Level.PATCH),
        ("description", "Why.", Level.PATCH),
        ("metadata.category", "Other", Level.PATCH),
        ("metadata.createdBy", "bob", Level.NONE),
        ("metadata.updatedOn", "later", Level.NONE),
        ("parameters.effect.metadata", {"description": "x"}, Level.PATCH),
        ("mode", "microsoft.kubernetes.data", Level.NONE),
        ("mode", "All", Level.MAJOR),
        ("parameters.paths", GONE, Level.MAJOR),
        ("parameters.more", {"type": "String"}, Level.MAJOR),
        ("parameters.more", {"type": "String", "defaultValue": ""}, Level.MINOR),
        ("parameters.effect.defaultValue", "Deny", Level.MAJOR),
        ("parameters.effect.defaultValue", GONE, Level.MAJOR),
        ("parameters.paths.defaultValue", [], Level.MINOR),
        ("parameters.effect.allowedValues", ["Audit"], Level.MAJOR),
        ("parameters.effect.allowedValues", ["Audit", "Deny", "Disabled"], Level.MINOR),
        ("parameters.effect.allowedValues", GONE, Level.MINOR),
        ("parameters.paths.allowedValues", ["/"], Level.MAJOR),
        ("parameters.paths.type", "Object", Level.MAJOR),
        ("parameters.paths.schema", {"type": "array", "maxItems": 1}, Level.MAJOR),
        ("policyRule.then.effect", "Audit", Level.MAJOR),
        (f"{DETAILS}.kinds.1", "Service", Level.MINOR),
        (f"{DETAILS}.kinds.0", "Service", Level.MAJOR),
        (f"{DETAILS}.excludedNamespaces", ["a"], Level.MINOR),
        (f"{DETAILS}.values", GONE, Level.MAJOR),
        (f"{DETAILS}.templateInfo.url", "https://x/v2/template.yaml", Level.MAJOR),
        ("policyRule.if.in", ["a", "b"], Level.MINOR),
    ],
)
def test_a_change_of_a_policy_has_its_level(path: str, value: Any, level: Level) -> None:
    before, after = (
        PolicyDefinition.parse(POLICY),
        PolicyDefinition.parse(changed(POLICY, path, value)),
    )
    assert level_of(differences(before, after)) is level


ONE = SET["policyDefinitions"][0]


@pytest.mark.parametrize(
    ("path", "value", "level"),
    [
        ("policyDefinitions.1", {**ONE, "policyDefinitionReferenceId": "two"}, Level.MINOR),
        ("policyDefinitions.0.policyDefinitionReferenceId", "two", Level.MAJOR),
        ("policyDefinitions.0.policyDefinitionId", "/D/ONE", Level.NONE),
        ("policyDefinitions.0.policyDefinitionId", "/d/two", Level.MAJOR),
        ("policyDefinitions.0.definitionVersion", "2.*.*", Level.MAJOR),
        ("policyDefinitions.0.parameters.effect.value", "Deny", Level.MAJOR),
        ("policyDefinitions.0.parameters.more", {"value": 1}, Level.MINOR),
        ("policyDefinitions.0.groupNames", [], Level.MINOR),
        ("policyDefinitionGroups.1", {"name": "b"}, Level.MINOR),
        ("policyDefinitionGroups.0.displayName", "B", Level.PATCH),
        ("policyDefinitionGroups", GONE, Level.MINOR),
    ],
)
def test_a_change_of_an_initiative_has_its_level(path: str, value: Any, level: Level) -> None:
    before = PolicySetDefinition.parse(SET)
    after = PolicySetDefinition.parse(changed(SET, path, value))
    assert level_of(differences(before, after)) is level


def test_the_gravest_difference_comes_first_with_its_field() -> None:
    after = changed(changed(POLICY, "displayName", "Two"), "parameters.paths", GONE)
    first, last = differences(PolicyDefinition.parse(POLICY), PolicyDefinition.parse(after))
    assert (first.level, first.path) == (Level.MAJOR, "properties.parameters.paths")
    assert (last.level, last.path) == (Level.PATCH, "properties.displayName")


@pytest.mark.parametrize(
    ("version", "level", "expected"),
    [
        ("1.4.2", Level.NONE, "1.4.2"),
        ("1.4.2", Level.PATCH, "1.4.3"),
        ("1.4.2", Level.MINOR, "1.5.0"),
        ("1.4.2", Level.MAJOR, "2.0.0"),
        ("1.4.2-preview", Level.MINOR, "1.5.0-preview"),
    ],
)
def test_a_version_is_raised_by_its_level(version: str, level: Level, expected: str) -> None:
    assert raised(version, level) == expected


def test_what_is_no_version_is_not_raised() -> None:
    with pytest.raises(VersionError):
        raised("one", Level.MAJOR)


def test_true_is_not_one() -> None:
    assert not same({"a": [True]}, {"a": [1]})
    assert same({"a": [1, {"b": None}]}, {"a": [1, {"b": None}]})
