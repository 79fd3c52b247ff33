"""Assignments: ARM's form and back, and the policies that they bring about."""

from __future__ import annotations

from typing import Any

import pytest

from policy_app.evaluation.language.assignments import (
    Assignment,
    EffectivePolicy,
    Resource,
    UnresolvedPolicy,
    effective_policies,
    member_keys,
)
from policy_app.evaluation.language.definitions import PolicyDefinition, PolicySetDefinition
from policy_app.evaluation.language.errors import AssignmentError, LanguageError, ParameterErrors

from .samples import PROVIDER, SCOPE, assignment, definition, member, policy_set, values

SET_ID = f"{PROVIDER}/policySetDefinitions/baseline"
BASELINE = PolicySetDefinition.parse(
    policy_set(
        member("no-privilege", "Privileged", "9.*.*", namespaces="[parameters('namespaces')]"),
        member("no-host", "HostNetwork", excludedNamespaces=["only-these"]),
        namespaces={"type": "Array", "defaultValue": []},
    )
)
MEMBERS = {
    (f"{PROVIDER}/policyDefinitions/no-privilege".lower(), "9.*.*"): PolicyDefinition.parse(
        definition()
    ),
    (f"{PROVIDER}/policyDefinitions/no-host".lower(), ""): PolicyDefinition.parse(
        definition("no-host", "6.0.0")
    ),
}


def policies(resource: Resource | None = None, **properties: Any) -> dict[str, EffectivePolicy]:
    """The baseline assigned with these properties, by reference id; every member must resolve."""
    assigned = Assignment.parse(assignment(SET_ID, **properties))
    found = effective_policies(assigned, BASELINE, MEMBERS, resource=resource)
    return {one.reference_id: one for one in found if isinstance(one, EffectivePolicy)}


def test_every_field_survives_being_written_down() -> None:
    written = assignment(
        displayName="Demo",
        description="Words",
        definitionVersion="9.*.*",
        notScopes=[f"{SCOPE}/x"],
        parameters=values(effect="Deny"),
        metadata={"assignedBy": "Alice"},
        enforcementMode="DoNotEnforce",
        nonComplianceMessages=[{"message": "No.", "policyDefinitionReferenceId": "Privileged"}],
        overrides=[
            {
                "kind": "policyEffect",
                "value": "Audit",
                "selectors": [{"kind": "policyDefinitionReferenceId", "in": ["Privileged"]}],
            }
        ],
        resourceSelectors=[
            {"name": "west", "selectors": [{"kind": "resourceLocation", "notIn": ["eastus"]}]}
        ],
        assignmentType="Custom",
    ) | {"location": "westeurope", "identity": {"type": "SystemAssigned"}}

    found = Assignment.parse(written)

    assert found.scope == SCOPE
    assert Assignment.parse(found.to_object()) == found
    for name, value in written["properties"].items():
        assert found.to_object()["properties"][name] == value


def test_the_service_fills_the_enforcement_mode() -> None:
    assert Assignment.parse(assignment()).enforcement_mode == "Default"
    assert Assignment.parse(assignment(enforcementMode="donotenforce")).enforcement_mode == (
        "DoNotEnforce"
    )


@pytest.mark.parametrize(
    ("properties", "path"),
    [
        ({"policyDefinitionId": ""}, "properties.policyDefinitionId"),
        ({"enforcementMode": "Never"}, "properties.enforcementMode"),
        ({"notScopes": ["a", 5]}, "properties.notScopes[1]"),
        ({"parameters": {"effect": "Deny"}}, "properties.parameters.effect"),
        ({"nonComplianceMessages": [{}]}, "properties.nonComplianceMessages[0].message"),
        ({"overrides": [{"kind": "x", "value": "y"}]}, "properties.overrides[0].kind"),
        (
            {"overrides": [{"kind": "policyEffect", "value": "Forbid"}]},
            "properties.overrides[0].value",
        ),
        ({"overrides": [{"kind": "policyEffect", "value": "Audit"}] * 11}, "properties.overrides"),
        (
            {"resourceSelectors": [{"selectors": [{"kind": "resourceLocation"}]}]},
            "properties.resourceSelectors[0].selectors[0].in",
        ),
        (
            {"resourceSelectors": [{"selectors": [{"kind": "colour", "in": ["red"]}]}]},
            "properties.resourceSelectors[0].selectors[0].kind",
        ),
        ({"definitionVersion": "newest"}, "properties.definitionVersion"),
    ],
)
def test_a_wrong_field_is_refused_with_its_path(properties: Any, path: str) -> None:
    with pytest.raises(LanguageError) as caught:
        Assignment.parse(assignment(**properties))

    assert caught.value.path == path


def test_an_assignment_needs_properties() -> None:
    with pytest.raises(AssignmentError, match="properties is required"):
        Assignment.parse({"id": "x"})


def test_a_definition_alone_is_resolved_with_the_assignments_values() -> None:
    assigned = Assignment.parse(
        assignment(parameters=values(effect="Deny", excludedImages=["a.io/*"]))
    )

    (policy,) = effective_policies(assigned, PolicyDefinition.parse(definition()))

    assert isinstance(policy, EffectivePolicy)
    assert (policy.effect, policy.enforcement_action) == ("Deny", "deny")
    assert policy.details["values"] == {"excludedImages": ["a.io/*"]}
    assert policy.details["excludedNamespaces"] == ["kube-system", "mine"]
    assert (policy.reference_id, policy.origin.definition_version) == ("", "9.2.0")


def test_a_set_hands_its_values_to_its_members() -> None:
    found = policies(parameters=values(effect="deny", namespaces=["a"]))

    assert {name: one.effect for name, one in found.items()} == {
        "Privileged": "Deny",
        "HostNetwork": "Deny",
    }
    assert found["Privileged"].parameters["namespaces"] == ["a"]
    assert found["HostNetwork"].parameters["namespaces"] == []
    assert found["HostNetwork"].details["excludedNamespaces"] == ["only-these"]
    assert found["Privileged"].origin.set_definition_id == SET_ID


def test_values_that_do_not_fit_the_target_are_refused() -> None:
    with pytest.raises(ParameterErrors) as caught:
        policies(parameters=values(effect="Forbid", colour=1))

    assert [fault.code for fault in caught.value.faults] == [
        "PolicyParameterValueNotAllowed",
        "UndefinedPolicyParameter",
    ]


def test_an_override_changes_the_effect_of_the_policies_that_it_names() -> None:
    selectors = [{"kind": "policyDefinitionReferenceId", "in": ["PRIVILEGED"]}]
    found = policies(
        parameters=values(effect="Audit"),
        overrides=[
            {"kind": "policyEffect", "value": "disabled", "selectors": selectors},
            {"kind": "policyEffect", "value": "Deny"},
        ],
    )

    assert found["Privileged"].effect == "Disabled"
    assert found["HostNetwork"].effect == "Deny"


def test_an_override_may_name_the_policies_that_it_leaves_alone() -> None:
    selectors = [{"kind": "policyDefinitionReferenceId", "notIn": ["Privileged"]}]
    overrides = [{"kind": "policyEffect", "value": "Deny", "selectors": selectors}]

    found = policies(overrides=overrides)

    assert (found["Privileged"].effect, found["HostNetwork"].effect) == ("Audit", "Deny")


def test_an_override_must_be_an_effect_that_the_definition_allows() -> None:
    assigned = Assignment.parse(
        assignment(SET_ID, overrides=[{"kind": "policyEffect", "value": "Mutate"}])
    )

    found = effective_policies(assigned, BASELINE, MEMBERS)

    assert all(isinstance(one, UnresolvedPolicy) for one in found)
    assert "allows only Audit, Deny, Disabled" in str(found[0])


def test_an_override_may_count_for_some_locations_only() -> None:
    selectors = [{"kind": "resourceLocation", "in": ["West Europe"]}]
    overrides = [{"kind": "policyEffect", "value": "Deny", "selectors": selectors}]

    west = policies(Resource("/c", location="westeurope"), overrides=overrides)
    east = policies(Resource("/c", location="eastus"), overrides=overrides)

    assert west["Privileged"].effect == "Deny"
    assert east["Privileged"].effect == "Audit"


def test_an_override_may_ask_for_another_version() -> None:
    overrides = [{"kind": "definitionVersion", "value": "8.*.*"}]
    assigned = Assignment.parse(assignment(SET_ID, overrides=overrides))
    older = PolicyDefinition.parse(definition(version="8.1.0"))
    keys = member_keys(BASELINE, assigned)

    found = effective_policies(assigned, BASELINE, dict.fromkeys(keys, older))

    assert {version for _, version in keys} == {"8.*.*"}
    assert {one.origin.definition_version for one in found} == {"8.1.0"}


@pytest.mark.parametrize(
    ("selector", "location", "selected"),
    [
        ({"kind": "resourceLocation", "in": ["westeurope"]}, "westeurope", True),
        ({"kind": "resourceLocation", "in": ["westeurope"]}, "eastus", False),
        ({"kind": "resourceLocation", "notIn": ["westeurope"]}, "eastus", True),
        (
            {"kind": "resourceType", "in": ["Microsoft.ContainerService/managedClusters"]},
            "eastus",
            True,
        ),
        ({"kind": "resourceType", "in": ["Microsoft.Kubernetes/connectedClusters"]}, "x", False),
        ({"kind": "resourceRolloutPercentage", "progress": 100}, "x", True),
        ({"kind": "resourceRolloutPercentage", "progress": 0}, "x", False),
    ],
)
def test_resource_selectors_choose_clusters(selector: Any, location: str, selected: bool) -> None:
    found = policies(
        Resource("/clusters/a", location=location),
        resourceSelectors=[{"name": "some", "selectors": [selector]}],
    )

    assert bool(found) is selected


def test_one_selector_that_fits_is_enough() -> None:
    selectors = [
        {"name": name, "selectors": [{"kind": "resourceLocation", "in": [name]}]}
        for name in ("eastus", "westeurope")
    ]

    assert policies(Resource("/c", location="westeurope"), resourceSelectors=selectors)


def test_each_policy_has_its_own_message_or_the_general_one() -> None:
    found = policies(
        nonComplianceMessages=[
            {"message": "Ask the platform team."},
            {"message": "Not privileged.", "policyDefinitionReferenceId": "privileged"},
        ]
    )

    assert found["Privileged"].non_compliance_message == "Not privileged."
    assert found["HostNetwork"].origin.non_compliance_message == "Ask the platform team."


def test_an_assignment_that_is_not_enforced_only_records() -> None:
    found = policies(parameters=values(effect="Deny"), enforcementMode="DoNotEnforce")

    assert found["Privileged"].enforcement_action == "dryrun"


def test_a_member_that_is_missing_leaves_the_others() -> None:
    assigned = Assignment.parse(assignment(SET_ID))
    some = {key: one for key, one in MEMBERS.items() if "no-host" in key[0]}

    missing, present = effective_policies(assigned, BASELINE, some)

    assert isinstance(missing, UnresolvedPolicy)
    assert (missing.reference_id, missing.code) == ("Privileged", "PolicyDefinitionNotFound")
    assert "9.*.*" in missing.message
    assert isinstance(present, EffectivePolicy)


def test_a_member_that_is_wired_wrongly_leaves_the_others() -> None:
    broken = PolicySetDefinition.parse(
        policy_set(
            member("no-privilege", "A", "9.*.*", minPort=0),
            member("no-privilege", "B", "9.*.*", warn="[parameters('nowhere')]"),
            member("no-host", "C"),
        )
    )

    first, second, third = effective_policies(Assignment.parse(assignment(SET_ID)), broken, MEMBERS)

    assert isinstance(first, UnresolvedPolicy)
    assert isinstance(second, UnresolvedPolicy)
    assert (first.code, second.code) == ("UndefinedPolicyParameter", "InvalidPolicyRule")
    assert isinstance(third, EffectivePolicy)


def test_policies_about_resources_have_an_effect_and_no_details() -> None:
    rule = {"if": {}, "then": {"effect": "auditIfNotExists", "details": {"a": "[field('x')]"}}}
    found = PolicyDefinition.parse(definition(mode="Indexed", policyRule=rule))

    (policy,) = effective_policies(Assignment.parse(assignment()), found)

    assert isinstance(policy, EffectivePolicy)
    assert (policy.effect, policy.details) == ("AuditIfNotExists", {})
    assert policy.enforcement_action is None
