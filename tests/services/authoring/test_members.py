"""Members of an initiative: their names, what they can be handed, and every fault told at once."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from policy_app.evaluation.language.parameters import ParameterSpec
from policy_app.models import Definition, Scope
from policy_app.services import authoring, definitions
from policy_app.services.authoring import Kind, members
from tests.services.authoring.bodies import faults, initiative, member

MEMBERS = "properties.policyDefinitions"


def spec(**entry: Any) -> ParameterSpec:
    """A parameter called ``given``, a string unless told otherwise."""
    return ParameterSpec.parse("given", {"type": "String", **entry})


@pytest.mark.parametrize(
    ("name", "taken", "reference"),
    [
        ("Kubernetes cluster: no host ports", (), "KubernetesClusterNoHostPorts"),
        ("no ports", ("noports", "NoPorts2"), "NoPorts3"),
        ("…", (), "Policy"),
        ("x" * 300, (), "X" + "x" * (members.REFERENCE_LIMIT - 1)),
    ],
)
def test_a_reference_id_is_made_of_the_policys_name(
    name: str, taken: tuple[str, ...], reference: str
) -> None:
    assert members.reference_id(name, taken) == reference


def test_a_new_member_is_pinned_to_the_newest_major_version(own: Definition) -> None:
    assert members.entry(own, ()) == {
        "policyDefinitionReferenceId": "PodsCarryALabel",
        "policyDefinitionId": own.arm_id,
        "definitionVersion": "1.*.*",
        "parameters": {},
    }


def test_a_parameter_made_for_a_policy_fits_it() -> None:
    wanted = spec(allowedValues=["a", "b"], defaultValue="a", metadata={"displayName": "Given"})
    name, entry = members.parameter_of(wanted, {"GIVEN"})
    assert name == "given2"
    assert members.unfit(ParameterSpec.parse(name, entry), wanted) == ""


@pytest.mark.parametrize(
    ("own", "wanted", "why"),
    [
        ({"type": "Integer"}, {}, "it is Integer, and String is wanted"),
        ({"allowedValues": ["x"]}, {"allowedValues": ["a"]}, "none of its allowed values"),
        ({"defaultValue": "x"}, {"allowedValues": ["a"]}, "its default does not fit"),
        ({"allowedValues": ["A", "x"]}, {"allowedValues": ["a"]}, ""),
        ({"type": "Array", "allowedValues": ["a"]}, {"type": "Array", "allowedValues": ["a"]}, ""),
        ({}, {"allowedValues": ["a"]}, ""),
    ],
)
def test_a_parameter_that_does_not_fit_says_why(
    own: dict[str, Any], wanted: dict[str, Any], why: str
) -> None:
    found = members.unfit(spec(**own), spec(**wanted))
    assert why in found
    assert bool(found) == bool(why)


def test_choices_that_a_policy_does_not_take_are_named() -> None:
    own = spec(allowedValues=["Audit", "deny", "Mutate"])
    assert members.unfit_choices(own, spec(allowedValues=["Audit", "Deny"])) == ["Mutate"]


def test_everything_that_cannot_be_read_is_told_at_once_with_the_name(
    subscription: Scope, own: Definition
) -> None:
    body = initiative(
        member(own.arm_id, "same"),
        member(own.arm_id, "Same", definitionVersion="six"),
        member("", "other"),
        member(own.arm_id, "SAME"),
        parameters={"effect": {"type": "Text"}, "count": {"type": "Integer", "defaultValue": "x"}},
        version="one",
    )
    found = {target for _, target in faults(subscription, body, Kind.INITIATIVE, "a/b")}
    assert found == {
        "name",
        "properties.version",
        "properties.parameters.effect.type",
        "properties.parameters.count.defaultValue",
        f"{MEMBERS}[1].definitionVersion",
        f"{MEMBERS}[1].policyDefinitionReferenceId",
        f"{MEMBERS}[2].policyDefinitionId",
        f"{MEMBERS}[3].policyDefinitionReferenceId",
    }


def test_a_forbidden_name_is_told_with_what_does_not_resolve(
    subscription: Scope, own: Definition
) -> None:
    body = initiative(member(own.arm_id, groupNames=["Gone"]))
    assert [target for _, target in faults(subscription, body, Kind.INITIATIVE, "a/b")] == [
        "name",
        f"{MEMBERS}[0].groupNames[0]",
    ]


def test_the_texts_of_a_group_are_texts_and_parameters_have_names(
    subscription: Scope, own: Definition
) -> None:
    body = initiative(
        member(own.arm_id, parameters={}),
        parameters={"": {"type": "String"}},
        policyDefinitionGroups=[{"name": "one", "category": 1, "additionalMetadataId": []}],
    )
    assert {target for _, target in faults(subscription, body, Kind.INITIATIVE)} == {
        "properties.parameters.",
        "properties.policyDefinitionGroups[0].category",
        "properties.policyDefinitionGroups[0].additionalMetadataId",
    }


def test_of_a_policys_many_versions_only_the_one_that_is_taken_is_read(own: Definition) -> None:
    for number in range(3):
        authoring.change(own, {"description": f"Text {number}."}, None)
    definitions._parsed.clear()  # as in a process that has just started
    wanted = [(own.arm_id, "1.0.1"), ("/providers/nothing", "")]
    found = members.stored(wanted, None)[own.key]
    assert members.version(found, "1.0.1")
    assert {one.version: one.get_deferred_fields() for one in found.versions.all()} == {
        "1.0.3": {"body"},
        "1.0.2": {"body"},
        "1.0.1": set(),
        "1.0.0": {"body"},
    }
    with CaptureQueriesContext(connection) as asked:
        version = members.version(found, "1.0.1")
        assert version
        assert definitions.parse(version).description == "Text 0."
    assert not asked.captured_queries
