"""The older client of many api-versions, as far as its requests differ from the newer ones'."""

from __future__ import annotations

import pytest

from tests.arm.addresses import CLUSTER, NO_PRIVILEGE, RESOURCE_GROUP, assignment, body
from tests.arm.azure_clients.conftest import OLDER, Clients, refusal

pytestmark = pytest.mark.parametrize("client_process", [OLDER], indirect=True)
_MODE = "Microsoft.Kubernetes.Data"


def test_definitions_assignments_and_manifests_are_read(clients: Clients) -> None:
    found = clients.policy("policy_definitions.get_built_in", NO_PRIVILEGE)
    assert (found["policy_type"], found["mode"]) == ("BuiltIn", _MODE)
    made = clients.policy("policy_assignments.create", RESOURCE_GROUP, "baseline", body())
    assert made["parameters"] == {"effect": {"value": "deny"}}
    (listed,) = clients.policy("policy_assignments.list_for_resource_group", "rg-demo")
    assert listed["id"] == assignment()
    manifest = clients.policy("data_policy_manifests.get_by_policy_mode", _MODE)
    assert manifest["policy_mode"] == _MODE
    assert {one["name"] for one in manifest["effects"]} >= {"Audit", "Deny"}
    wanted = "namespace eq 'Microsoft.ContainerService'"
    (only,) = clients.policy("data_policy_manifests.list", filter=wanted)
    assert only["policy_mode"] == _MODE


def test_an_exemption_is_made_listed_and_deleted(clients: Clients) -> None:
    clients.policy("policy_assignments.create", RESOURCE_GROUP, "baseline", body())
    sent = {"policyAssignmentId": assignment(), "exemptionCategory": "Waiver"}
    one = (CLUSTER, "until")
    made = clients.policy("policy_exemptions.create_or_update", *one, {"properties": sent})
    assert made["exemption_category"] == "Waiver"
    assert made["system_data"]["created_at"].endswith("+00:00")
    change = {"properties": {"assignmentScopeValidation": "DoNotValidate"}}
    changed = clients.policy("policy_exemptions.update", *one, change)
    assert changed["assignment_scope_validation"] == "DoNotValidate"
    assert clients.policy("policy_exemptions.get", *one) == changed
    assert clients.policy("policy_exemptions.list", filter="excludeExpired()") == [changed]
    for _ in range(2):
        assert clients.policy("policy_exemptions.delete", *one) is None
    gone = refusal(clients.policy, "policy_exemptions.get", *one)
    assert gone == ("ResourceNotFoundError", 404, "PolicyExemptionNotFound")


def test_what_is_not_there_is_refused(clients: Clients) -> None:
    nobody = refusal(clients.policy, "data_policy_manifests.get_by_policy_mode", "None.Data")
    assert nobody[:2] == ("ResourceNotFoundError", 404)
    for operation, arguments in (("variables.list", ()), ("variable_values.get", ("x", "y"))):
        missing = refusal(clients.policy, operation, *arguments)
        assert missing == ("HttpResponseError", 501, "NotImplemented")
