"""What an initiative is refused for: members, groups, and parameters that do not resolve."""

from __future__ import annotations

from typing import Any

import pytest

from policy_app.models import Definition, Scope
from policy_app.services import authoring
from policy_app.services.authoring import Kind
from tests.services.authoring.bodies import faults, initiative, member, policy

MEMBERS = "properties.policyDefinitions"
INVALID = "InvalidCreatePolicySetDefinitionRequest"
REFERENCE = "InvalidPolicyDefinitionReference"


def refused(scope: Scope, body: dict[str, Any]) -> list[tuple[str, str]]:
    """The faults of an initiative, which is not stored."""
    found = faults(scope, body, Kind.INITIATIVE, "set")
    assert not Definition.objects.filter(name="set").exists()
    return found


def valued(own: Definition, **values: Any) -> dict[str, Any]:
    """A member with these values beside the effect."""
    given = {"effect": {"value": "[parameters('effect')]"}}
    return member(own.arm_id, parameters=given | {k: {"value": v} for k, v in values.items()})


def test_members_must_exist_and_be_policies_of_this_place(
    subscription: Scope, own: Definition, baseline: Definition
) -> None:
    gone = f"{own.arm_id}-2"
    body = initiative(member(own.arm_id), member(gone, "a"), member(baseline.arm_id, "b"))
    assert refused(subscription, body)[:2] == [
        (REFERENCE, f"{MEMBERS}[1].policyDefinitionId"),
        (REFERENCE, f"{MEMBERS}[2].policyDefinitionId"),
    ]


def test_a_definition_is_used_at_its_scope_and_below_and_not_above(
    group: Scope, subscription: Scope, own: Definition
) -> None:
    body = initiative(member(own.arm_id))
    assert refused(group, body) == [(REFERENCE, f"{MEMBERS}[0].policyDefinitionId")]
    wide, _ = authoring.put(group, "wide", policy(), None)
    row, _ = authoring.put(
        subscription, "set", initiative(member(wide.arm_id)), None, Kind.INITIATIVE
    )
    assert row.policy_count == 1


@pytest.mark.parametrize(
    ("pinned", "field", "code"),
    [("2.*.*", "definitionVersion", REFERENCE), ("two", "definitionVersion", None)],
)
def test_a_pinned_version_must_be_there(
    subscription: Scope, own: Definition, pinned: str, field: str, code: str | None
) -> None:
    body = initiative(member(own.arm_id, definitionVersion=pinned))
    expected = (code or "InvalidPolicyDefinitionVersion", f"{MEMBERS}[0].{field}")
    assert refused(subscription, body) == [expected]


def test_a_set_has_members_with_reference_ids_of_their_own(
    subscription: Scope, own: Definition
) -> None:
    assert refused(subscription, initiative()) == [(INVALID, MEMBERS)]
    twins = initiative(member(own.arm_id), member(own.arm_id, "LABEL"))
    expected = (INVALID, f"{MEMBERS}[1].policyDefinitionReferenceId")
    assert refused(subscription, twins) == [expected]


def test_groups_have_names_and_members_are_in_groups_that_exist(
    subscription: Scope, own: Definition
) -> None:
    groups = [{"name": "a"}, {"name": "A"}, {"displayName": "no name"}]
    body = initiative(member(own.arm_id, groupNames=["a", "b"]), policyDefinitionGroups=groups)
    assert refused(subscription, body) == [
        (INVALID, "properties.policyDefinitionGroups[1].name"),
        (INVALID, "properties.policyDefinitionGroups[2].name"),
        (INVALID, f"{MEMBERS}[0].groupNames[1]"),
    ]


def test_values_fit_the_parameters_of_the_members(subscription: Scope, own: Definition) -> None:
    where = f"{MEMBERS}[0].parameters"
    for values, expected in (
        ({"colour": "red"}, ("UndefinedPolicyParameter", f"{where}.colour")),
        ({"label": 7}, ("InvalidPolicyParameters", f"{where}.label")),
        ({"effect": "Modify"}, ("PolicyParameterValueNotAllowed", f"{where}.effect")),
        ({"label": "[parameters('label')]"}, ("UndefinedPolicyParameter", f"{where}.label")),
        ({"label": "[concat('a']"}, ("InvalidPolicyRule", f"{where}.label")),
    ):
        assert expected in refused(subscription, initiative(valued(own, **values)))
    fine = initiative(valued(own, label="[concat('te', 'am')]", EFFECT="[parameters('EFFECT')]"))
    fine["properties"]["policyDefinitions"][0]["parameters"].pop("effect")
    authoring.put(subscription, "set", fine, None, Kind.INITIATIVE)


def test_what_a_member_needs_is_given(subscription: Scope) -> None:
    needy = policy()
    del needy["properties"]["parameters"]["label"]["defaultValue"]
    row, _ = authoring.put(subscription, "needy", needy, None)
    expected = ("MissingPolicyParameter", f"{MEMBERS}[0].parameters.label")
    assert refused(subscription, initiative(member(row.arm_id))) == [expected]


def test_an_initiative_parameter_is_of_its_members_type_and_used(
    subscription: Scope, own: Definition
) -> None:
    parameters = initiative()["properties"]["parameters"] | {
        "label": {"type": "Array", "defaultValue": []},
        "idle": {"type": "String"},
    }
    body = initiative(valued(own, label="[parameters('label')]"), parameters=parameters)
    assert set(refused(subscription, body)) == {
        ("InvalidPolicyParameters", f"{MEMBERS}[0].parameters.label"),
        ("UnusedPolicyParameters", "properties.parameters.idle"),
    }


def test_a_default_that_a_member_would_not_take_is_refused(
    subscription: Scope, own: Definition
) -> None:
    parameters = {"effect": {"type": "String", "defaultValue": "Modify"}}
    body = initiative(member(own.arm_id), parameters=parameters)
    expected = ("PolicyParameterValueNotAllowed", f"{MEMBERS}[0].parameters.effect")
    assert refused(subscription, body) == [expected]
