"""Definitions and policy sets: what is read from ARM's JSON, and what is refused, with its path."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from policy_app.evaluation.language.definitions import PolicyDefinition, PolicySetDefinition
from policy_app.evaluation.language.errors import DefinitionError, LanguageError
from policy_app.evaluation.language.versions import VersionError, pick_version, version_key

from .samples import STORE, definition, member, policy_set, rule


def test_a_definition_is_read() -> None:
    found = PolicyDefinition.parse(definition())

    assert found.name == "no-privilege"
    assert (found.version, found.category, found.mode) == (
        "9.2.0",
        "Kubernetes",
        "Microsoft.Kubernetes.Data",
    )
    assert found.judges_kubernetes
    assert found.effect_parameter is found.parameters["effect"]


def test_properties_alone_are_enough() -> None:
    found = PolicyDefinition.parse(definition()["properties"])

    assert (found.id, found.display_name) == ("", "No privileged containers")


def test_details_show_where_the_template_is() -> None:
    details = PolicyDefinition.parse(definition()).kubernetes_details

    assert details is not None
    assert details.tail == "no-privilege/v2"
    assert (details.api_groups, details.kinds) == ([""], ["Pod"])
    assert details.values == {"excludedImages": "[parameters('excludedImages')]"}


def test_the_old_form_and_mutations_have_their_place_too() -> None:
    old = rule(
        constraintTemplate=f"{STORE}/ports/v1/template.yaml",
        constraint=f"{STORE}/ports/v1/constraint.yaml",
    )
    del old["then"]["details"]["templateInfo"]
    mutation = {
        "if": {},
        "then": {
            "effect": "Mutate",
            "details": {
                "mutationInfo": {"sourceType": "PublicURL", "url": f"{STORE}/m/v1/mutation.yaml"}
            },
        },
    }

    first = PolicyDefinition.parse(definition(policyRule=old)).kubernetes_details
    second = PolicyDefinition.parse(definition(policyRule=mutation)).kubernetes_details

    assert first is not None
    assert second is not None
    assert first.constraint is not None
    assert (first.tail, first.constraint.url) == ("ports/v1", f"{STORE}/ports/v1/constraint.yaml")
    assert (second.template, second.tail) == (None, "m/v1")


def test_a_template_may_be_embedded() -> None:
    content = base64.encodebytes(b"kind: ConstraintTemplate").decode()
    embedded = rule(templateInfo={"sourceType": "base64encoded", "content": content})

    details = PolicyDefinition.parse(definition(policyRule=embedded)).kubernetes_details

    assert details is not None
    assert details.template is not None
    assert (details.template.text(), details.source_url) == ("kind: ConstraintTemplate", "")


def test_policies_about_resources_have_no_details_of_ours() -> None:
    found = PolicyDefinition.parse(
        definition(mode="Indexed", policyRule={"if": {}, "then": {"effect": "audit"}})
    )

    assert not found.judges_kubernetes
    assert found.kubernetes_details is None


def test_a_definition_survives_being_written_down() -> None:
    found = PolicyDefinition.parse(definition())

    assert PolicyDefinition.parse(found.to_object()) == found


def without(path: str) -> dict[str, Any]:
    """The sample definition without one field."""
    whole = definition()
    *steps, last = path.split(".")
    inner = whole
    for step in steps:
        inner = inner[step]
    del inner[last]
    return whole


@pytest.mark.parametrize(
    ("written", "path", "words"),
    [
        ([], "", "The body should be an object, but is an array"),
        ({"properties": 5}, "properties", "properties should be an object"),
        (definition(displayName=5), "properties.displayName", "should be a string"),
        (without("properties.policyRule"), "properties.policyRule", "is required"),
        (without("properties.policyRule.if"), "properties.policyRule.if", "not absent"),
        (
            without("properties.policyRule.then.effect"),
            "properties.policyRule.then.effect",
            "is required",
        ),
        (
            without("properties.policyRule.then.details.kinds"),
            "properties.policyRule.then.details.kinds",
            "is required beside templateInfo",
        ),
        (
            definition(policyRule=rule(kinds=["*"])),
            "properties.policyRule.then.details.kinds",
            "'*' is not allowed",
        ),
        (
            definition(policyRule=rule(templateInfo={"sourceType": "File", "url": "x"})),
            "properties.policyRule.then.details.templateInfo.sourceType",
            "must be PublicURL or Base64Encoded",
        ),
        (
            definition(policyRule=rule(mutationInfo={"sourceType": "PublicURL", "url": "x"})),
            "properties.policyRule.then.details.mutationInfo",
            "cannot stand beside templateInfo",
        ),
    ],
)
def test_a_wrong_definition_is_refused_with_its_path(written: Any, path: str, words: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        PolicyDefinition.parse(written)

    assert caught.value.path == path
    assert words in caught.value.message


def test_a_body_that_is_nested_too_deep_is_refused() -> None:
    deep: Any = {}
    for _ in range(2000):
        deep = {"a": deep}

    with pytest.raises(DefinitionError, match="nested deeper than 100 levels"):
        PolicyDefinition.parse(definition(metadata=deep))


def test_a_set_is_read_with_its_members() -> None:
    found = PolicySetDefinition.parse(
        policy_set(member("a", "First", "9.*.*", minPort=0), member("b", "Second"))
    )

    assert [(one.reference_id, one.version_pattern) for one in found.members] == [
        ("First", "9.*.*"),
        ("Second", ""),
    ]
    assert found.members[0].parameters == {"effect": "[parameters('effect')]", "minPort": 0}
    assert PolicySetDefinition.parse(found.to_object()) == found


def test_a_member_without_a_reference_id_gets_one() -> None:
    nameless = member("a", "x")
    del nameless["policyDefinitionReferenceId"]

    found = PolicySetDefinition.parse(policy_set(nameless))

    assert found.members[0].reference_id


@pytest.mark.parametrize(
    ("members", "path", "words"),
    [
        ((), "properties.policyDefinitions", "at least one"),
        (
            (member("a", "Same"), member("b", "same")),
            "properties.policyDefinitions[1].policyDefinitionReferenceId",
            "another member already has",
        ),
        (
            (member("a", "x", "6.x"),),
            "properties.policyDefinitions[0].definitionVersion",
            "'6.x' is not a version",
        ),
        (
            ({"policyDefinitionReferenceId": "x"},),
            "properties.policyDefinitions[0].policyDefinitionId",
            "is required",
        ),
        (
            ({**member("a", "x"), "parameters": {"effect": "Deny"}},),
            "properties.policyDefinitions[0].parameters.effect",
            "should be written as",
        ),
    ],
)
def test_a_wrong_set_is_refused_with_its_path(members: Any, path: str, words: str) -> None:
    with pytest.raises(LanguageError) as caught:
        PolicySetDefinition.parse(policy_set(*members))

    assert caught.value.path == path
    assert words in caught.value.message


@pytest.mark.parametrize(
    ("pattern", "picked"),
    [
        ("6.*.*", "6.10.0"),
        ("6.1.*", "6.1.2"),
        ("6.1.0", "6.1.0"),
        ("1.*.*-preview", "1.2.0-PREVIEW"),
        ("1.*.*", None),
        ("*.*.*", "7.0.0"),
        ("8.*.*", None),
    ],
)
def test_the_newest_version_that_fits_is_picked(pattern: str, picked: str | None) -> None:
    versions = ["6.1.0", "6.10.0", "6.1.2", "7.0.0", "1.0.0-PREVIEW", "1.2.0-PREVIEW"]

    assert pick_version(pattern, versions) == picked


def test_a_release_comes_after_its_preview() -> None:
    assert sorted(["1.0.0", "1.0.0-preview", "0.9.0"], key=version_key) == [
        "0.9.0",
        "1.0.0-preview",
        "1.0.0",
    ]


@pytest.mark.parametrize("text", ["", "6", "6.*", "v6.1.0", "6.1.0.0", "6.1.0-"])
def test_what_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(VersionError, match="is not a version"):
        pick_version(text, [])


@pytest.mark.azure_data
def test_every_published_definition_and_set_is_read(azure_data: Path) -> None:
    for file in (azure_data / "policyDefinitions").glob("*.json"):
        found = PolicyDefinition.parse(json.loads(file.read_text()))
        details = found.kubernetes_details
        assert details is None or details.tail, file.name
    for file in (azure_data / "policySetDefinitions").glob("*.json"):
        assert PolicySetDefinition.parse(json.loads(file.read_text())).members, file.name
