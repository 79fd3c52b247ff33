"""Whoever uses a definition goes on working, or the change is refused with ARM's code."""

from __future__ import annotations

from typing import Any

import pytest

from policy_app.models import Definition, Scope
from policy_app.services import assignments, authoring, definitions
from policy_app.services.authoring import Kind
from policy_app.services.errors import PolicyError
from tests.services.authoring.bodies import details, initiative, member, policy
from tests.services.test_drafts import draft


def without_label() -> dict[str, Any]:
    """The policy without its second parameter."""
    body = policy()
    del body["properties"]["parameters"]["label"]
    fixed = {**details(), "values": {"label": "team"}}
    body["properties"]["policyRule"]["then"]["details"] = fixed
    return body


def code(change: Any) -> str:
    """The code of a change that must be refused."""
    with pytest.raises(PolicyError) as caught:
        change()
    return caught.value.code


@pytest.fixture
def initiative_of_own(subscription: Scope, own: Definition) -> Definition:
    """An initiative that hands ``own`` a label."""
    values = {"effect": {"value": "[parameters('effect')]"}, "label": {"value": "team"}}
    body = initiative(member(own.arm_id, parameters=values))
    row, _ = authoring.put(subscription, "set", body, None, Kind.INITIATIVE)
    return row


def test_a_parameter_that_an_assignment_gives_stays(subscription: Scope, own: Definition) -> None:
    given = draft(subscription, own, parameters={"label": "owner"})
    row, _ = assignments.put(given, None)

    def change() -> None:
        authoring.put(subscription, "own", without_label(), None)

    assert code(change) == "InvalidPolicyParameterUpdate"
    assert definitions.version(own).version == "1.0.0"
    given.definition_version = "1.*.*"
    assignments.put(given, None)
    changed, _ = authoring.put(subscription, "own", without_label(), None)
    assert changed.latest_version == "2.0.0"
    assert row.arm_id


def test_a_parameter_that_an_initiative_hands_on_stays(
    subscription: Scope, own: Definition, initiative_of_own: Definition
) -> None:
    def change() -> None:
        authoring.put(subscription, "own", without_label(), None)

    assert code(change) == "InvalidPolicyParameterUpdate"
    plain = initiative(member(own.arm_id))
    authoring.put(subscription, "set", plain, None, Kind.INITIATIVE)
    change()
    own.refresh_from_db()
    assert own.latest_version == "2.0.0"


def test_an_older_initiative_counts_while_it_is_assigned(
    subscription: Scope, own: Definition, initiative_of_own: Definition
) -> None:
    pinned = draft(subscription, initiative_of_own, parameters={}, definition_version="1.*.*")
    assignments.put(pinned, None)
    plain = initiative(member(own.arm_id))
    row, _ = authoring.put(subscription, "set", plain, None, Kind.INITIATIVE)
    assert row.latest_version == "2.0.0"
    assert code(lambda: authoring.put(subscription, "own", without_label(), None)) == (
        "InvalidPolicyParameterUpdate"
    )


def test_a_parameter_without_a_default_is_not_added_below_assignments(
    subscription: Scope, initiative_of_own: Definition
) -> None:
    assignments.put(draft(subscription, initiative_of_own, parameters={}), None)
    body = initiative(
        *definitions.version(initiative_of_own).body["policyDefinitions"],
        parameters={"effect": {"type": "String"}},
    )

    def change() -> None:
        authoring.put(subscription, "set", body, None, Kind.INITIATIVE)

    assert code(change) == "InvalidPolicySetParameterUpdate"
    body["properties"]["parameters"]["effect"]["defaultValue"] = "Audit"
    change()


def test_a_version_that_somebody_needs_is_not_deleted(subscription: Scope, own: Definition) -> None:
    newer, _ = authoring.put(subscription, "own", without_label(), None)
    assignments.put(draft(subscription, own, parameters={}, definition_version="1.*.*"), None)
    old = definitions.version(newer, "1.*.*")
    assert code(lambda: authoring.delete_version(old, None)) == (
        "InvalidDeletePolicyDefinitionRequest"
    )
    authoring.put_version(subscription, "own", "1.4.0", policy(), None)
    authoring.delete_version(old, None)
    assert [one.version for one in newer.versions.all()] == ["2.0.0", "1.4.0"]


def test_what_uses_a_definition_is_named_and_holds_it(
    subscription: Scope, rg_demo: Scope, own: Definition, initiative_of_own: Definition
) -> None:
    row, _ = assignments.put(draft(rg_demo, own, parameters={}), None)
    found = authoring.uses(own)
    assert found.initiatives == (initiative_of_own,)
    assert found.assignments == (row,)
    with pytest.raises(PolicyError) as caught:
        authoring.delete(own, None)
    assert caught.value.code == "InvalidDeletePolicyDefinitionRequest"
    told = " ".join(one.message for one in caught.value.every())
    assert row.arm_id in told
    assert initiative_of_own.arm_id in told
    assignments.delete(row, None)
    authoring.delete(initiative_of_own, None)
    assert not authoring.uses(own)
    authoring.delete(own, None)


def test_an_assigned_initiative_is_not_deleted(
    rg_demo: Scope, initiative_of_own: Definition
) -> None:
    row, _ = assignments.put(draft(rg_demo, initiative_of_own, parameters={}), None)
    assert code(lambda: authoring.delete(initiative_of_own, None)) == (
        "InvalidDeletePolicySetDefinitionRequest"
    )
    assignments.delete(row, None)
    authoring.delete(initiative_of_own, None)
