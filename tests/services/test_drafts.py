"""A draft is held to ARM's rules: every fault is named, with its code and its field."""

from __future__ import annotations

from typing import Any

import pytest

from policy_app.models import Cluster, Definition, Scope
from policy_app.services import drafts, scopes
from policy_app.services.drafts import AssignmentDraft
from policy_app.services.errors import NotFound, PolicyError


def draft(scope: Scope, definition: Definition, **fields: Any) -> AssignmentDraft:
    """A draft with effect deny, unless told otherwise."""
    values: dict[str, Any] = {"name": "baseline", "parameters": {"effect": "deny"}} | fields
    return AssignmentDraft(scope=scope, definition=definition, **values)


def faults(one: AssignmentDraft) -> dict[str, str]:
    """What is wrong with a draft: the code by the field."""
    with pytest.raises(PolicyError) as caught:
        drafts.validate(one)
    return {fault.target: fault.code for fault in caught.value.every()}


def test_a_sound_draft_passes(rg_demo: Scope, baseline: Definition) -> None:
    drafts.validate(draft(rg_demo, baseline, parameters={"effect": "deny"}))


def test_a_value_outside_the_allowed_ones_is_refused(rg_demo: Scope, baseline: Definition) -> None:
    wrong = draft(rg_demo, baseline, parameters={"effect": "DENY"})
    assert faults(wrong) == {"properties.parameters.effect": "PolicyParameterValueNotAllowed"}


def test_a_parameter_that_is_not_defined_is_refused(rg_demo: Scope, baseline: Definition) -> None:
    wrong = draft(rg_demo, baseline, parameters={"efect": "deny"})
    assert faults(wrong) == {"properties.parameters.efect": "UndefinedPolicyParameter"}


def test_a_value_of_the_wrong_type_is_refused(rg_demo: Scope, baseline: Definition) -> None:
    wrong = draft(rg_demo, baseline, parameters={"excludedNamespaces": "kube-system"})
    assert faults(wrong) == {"properties.parameters.excludedNamespaces": "InvalidPolicyParameters"}


def test_a_schema_fault_names_the_place_inside(rg_demo: Scope, baseline: Definition) -> None:
    paths = {"paths": [{"pathPrefix": "/var"}]}
    wrong = draft(rg_demo, baseline, parameters={"allowedHostPaths": paths})
    assert list(faults(wrong)) == ["properties.parameters.allowedHostPaths.paths[0]"]


@pytest.mark.parametrize("name", ["", "  ", "a" * 65, "a/b", "what?", "ends.", "new\nline"])
def test_a_name_that_arm_refuses_is_refused(
    rg_demo: Scope, baseline: Definition, name: str
) -> None:
    assert faults(draft(rg_demo, baseline, name=name)) == {"name": "InvalidPolicyAssignmentName"}


def test_a_name_at_a_management_group_is_shorter(portal: None, baseline: Definition) -> None:
    group = Scope.objects.get(name="mg-demo")
    drafts.validate(draft(group, baseline, name="a" * 24))
    assert "name" in faults(draft(group, baseline, name="a" * 25))


def test_every_fault_is_told_at_once(rg_demo: Scope, baseline: Definition) -> None:
    wrong = draft(rg_demo, baseline, name="", parameters={"effect": "x", "more": 1})
    assert set(faults(wrong)) == {
        "name",
        "properties.parameters.effect",
        "properties.parameters.more",
    }


def test_an_exclusion_must_be_below_the_scope(
    rg_demo: Scope, baseline: Definition, aks_demo: Cluster, aks_staging: Cluster
) -> None:
    drafts.validate(draft(rg_demo, baseline, not_scopes=[aks_demo.scope.arm_id.upper()]))
    wrong = draft(rg_demo, baseline, not_scopes=[aks_demo.scope.arm_id, aks_staging.scope.arm_id])
    assert list(faults(wrong)) == ["properties.notScopes[1]"]


def test_a_management_group_may_exclude_a_cluster_below(
    baseline: Definition, aks_demo: Cluster
) -> None:
    group = Scope.objects.get(name="mg-demo")
    drafts.validate(draft(group, baseline, not_scopes=[aks_demo.scope.arm_id]))


def test_a_message_needs_a_text_and_a_reference_that_exists(
    rg_demo: Scope, baseline: Definition
) -> None:
    messages = [
        {"message": "Ask the platform team."},
        {"message": ""},
        {"message": "Why?", "policyDefinitionReferenceId": "nopRivileged"},
        {"message": "Right.", "policyDefinitionReferenceId": "NOPRIVILEGEDCONTAINERS"},
    ]
    wrong = draft(rg_demo, baseline, non_compliance_messages=messages)
    assert list(faults(wrong)) == [
        "properties.nonComplianceMessages[1].message",
        "properties.nonComplianceMessages[2].policyDefinitionReferenceId",
    ]


def test_a_version_that_no_version_fits_is_refused(rg_demo: Scope, baseline: Definition) -> None:
    drafts.validate(draft(rg_demo, baseline, definition_version="1.*.*"))
    wrong = draft(rg_demo, baseline, definition_version="9.*.*")
    assert faults(wrong) == {"properties.definitionVersion": "PolicyDefinitionVersionNotFound"}
    worse = draft(rg_demo, baseline, definition_version="one")
    assert list(faults(worse)) == ["properties.definitionVersion"]


def test_an_override_must_be_an_effect(rg_demo: Scope, baseline: Definition) -> None:
    overrides = [{"kind": "policyEffect", "value": "Forbid"}, {"kind": "colour"}]
    assert list(faults(draft(rg_demo, baseline, overrides=overrides))) == [
        "properties.overrides[0].value",
        "properties.overrides[1].kind",
    ]


@pytest.mark.parametrize(
    ("field", "limit", "target"),
    [("display_name", 128, "properties.displayName"), ("location", 60, "location")],
)
def test_a_text_that_is_too_long_is_refused(
    rg_demo: Scope, baseline: Definition, field: str, limit: int, target: str
) -> None:
    drafts.validate(draft(rg_demo, baseline, **{field: "a" * limit}))
    assert list(faults(draft(rg_demo, baseline, **{field: "a" * (limit + 1)}))) == [target]


def test_a_body_goes_in_and_comes_out_the_same(rg_demo: Scope, baseline: Definition) -> None:
    body = {
        "location": "westeurope",
        "identity": {"type": "SystemAssigned"},
        "properties": {
            "displayName": "Baseline",
            "description": "For everyone.",
            "policyDefinitionId": baseline.arm_id,
            "definitionVersion": "1.*.*",
            "notScopes": [f"{rg_demo.arm_id}/providers/{Cluster.MANAGED}/aks-demo"],
            "parameters": {"effect": {"value": "deny"}},
            "metadata": {"assignedBy": "alice"},
            "enforcementMode": "DoNotEnforce",
            "nonComplianceMessages": [{"message": "No."}],
        },
    }
    one = drafts.from_arm(rg_demo, "baseline", body)
    assert one.parameters == {"effect": "deny"}
    assert drafts.to_arm(one) == body


@pytest.mark.parametrize(
    ("change", "target"),
    [
        ({"parameters": {"effect": "deny"}}, "properties.parameters.effect"),
        ({"parameters": []}, "properties.parameters"),
        ({"notScopes": "x"}, "properties.notScopes"),
        ({"enforcementMode": "Sometimes"}, "properties.enforcementMode"),
        ({"policyDefinitionId": None}, "properties.policyDefinitionId"),
        ({"displayName": True}, "properties.displayName"),
    ],
)
def test_a_body_of_the_wrong_shape_names_the_field(
    rg_demo: Scope, baseline: Definition, change: dict[str, Any], target: str
) -> None:
    properties = {"policyDefinitionId": baseline.arm_id, **change}
    with pytest.raises(PolicyError) as caught:
        drafts.from_arm(rg_demo, "baseline", {"properties": properties})
    assert (caught.value.code, caught.value.target) == ("InvalidRequestContent", target)


@pytest.mark.parametrize("body", [None, [], "text", {"properties": 3}, {}])
def test_a_body_that_is_none_is_refused(rg_demo: Scope, body: Any) -> None:
    with pytest.raises(PolicyError, match=r"must be|is required"):
        drafts.from_arm(rg_demo, "baseline", body)


def test_an_unknown_definition_is_not_found(rg_demo: Scope) -> None:
    missing = "/providers/Microsoft.Authorization/policyDefinitions/nope"
    with pytest.raises(NotFound) as caught:
        drafts.from_arm(rg_demo, "x", {"properties": {"policyDefinitionId": missing}})
    assert caught.value.code == "PolicyDefinitionNotFound"


def test_a_suggested_name_is_short_and_sound(portal: None, baseline: Definition) -> None:
    group = scopes.get("/providers/Microsoft.Management/managementGroups/mg-demo")
    name = drafts.suggested_name(baseline)
    assert name.startswith("pod-security")
    drafts.validate(draft(group, baseline, name=name))
    assert name != drafts.suggested_name(baseline)
