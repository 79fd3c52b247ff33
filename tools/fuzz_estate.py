"""What ``make fuzz ARGS=--furnished`` puts into the portal first: one of each resource, everywhere.

Requests that name these come as far as reading, changing and deleting, where made-up names end at
"not found".
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator, Mapping
from typing import Any

NAME = "fuzz"
ROLE = "0f0f0f0f-0000-0000-0000-000000000001"
NAMES = {
    **dict.fromkeys(
        (
            *("policyAssignmentName", "policyDefinitionName", "policySetDefinitionName"),
            *("policyExemptionName", "remediationName", "attestationName"),
        ),
        NAME,
    ),
    **dict.fromkeys(("roleDefinitionId", "roleAssignmentName"), ROLE),
    "policyDefinitionVersion": "1.0.0",
}
"""The names, by the part of an address."""

_SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-000000000001"
_MANAGEMENT_GROUP = "/providers/Microsoft.Management/managementGroups/mg-demo"
_GROUP = f"{_SUBSCRIPTION}/resourceGroups/rg-demo"
_CLUSTER = f"{_GROUP}/providers/Microsoft.ContainerService/managedClusters/aks-demo"
_POLICY = "providers/Microsoft.Authorization"
_INSIGHTS = "providers/Microsoft.PolicyInsights"
_READ_ONLY_ROOT = f"/{_POLICY}/policyDefinitions/8e875f96-2c56-40ca-86db-b9f6a0be7347"
_BY_PEOPLE = {
    "if": {"field": "type", "equals": "Microsoft.Resources/subscriptions/resourceGroups"},
    "then": {"effect": "Manual", "details": {"defaultState": "Unknown"}},
}


def furnish(url: str, token: str) -> None:
    """Make them all through REST; raises ``HTTPError`` where one is refused."""
    for address, properties in _resources():
        request = urllib.request.Request(
            f"{url}{address}?api-version=2026-06-01",
            data=json.dumps({"properties": properties}).encode(),
            headers={"Authorization": token, "Content-Type": "application/json"},
            method="PUT",
        )
        with urllib.request.urlopen(request):
            pass


def _resources() -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each resource's address and properties, those that others need first."""
    for scope in (_MANAGEMENT_GROUP, _SUBSCRIPTION):
        definition = f"{scope}/{_POLICY}/policyDefinitions/{NAME}"
        yield definition, {"displayName": "Reviewed", "mode": "All", "policyRule": _BY_PEOPLE}
        members = [{"policyDefinitionId": definition, "policyDefinitionReferenceId": "reviewed"}]
        yield f"{scope}/{_POLICY}/policySetDefinitions/{NAME}", {"policyDefinitions": members}
    for scope in (_MANAGEMENT_GROUP, _SUBSCRIPTION, _GROUP, _CLUSTER):
        assignment = f"{scope}/{_POLICY}/policyAssignments/{NAME}"
        people = scope == _SUBSCRIPTION
        policy = f"{scope}/{_POLICY}/policyDefinitions/{NAME}" if people else _READ_ONLY_ROOT
        yield assignment, {"policyDefinitionId": policy}
        exempt = {"policyAssignmentId": assignment, "exemptionCategory": "Waiver"}
        yield f"{scope}/{_POLICY}/policyExemptions/{NAME}", exempt
        if scope in (_GROUP, _CLUSTER):
            yield f"{scope}/{_INSIGHTS}/remediations/{NAME}", {"policyAssignmentId": assignment}
        permissions = [{"actions": ["Microsoft.Authorization/*/read"]}]
        role = {"roleName": f"Role of {len(scope)}", "permissions": permissions}
        yield f"{scope}/{_POLICY}/roleDefinitions/{ROLE}", {**role, "assignableScopes": [scope]}
    attested = {"policyAssignmentId": f"{_SUBSCRIPTION}/{_POLICY}/policyAssignments/{NAME}"}
    yield f"{_GROUP}/{_INSIGHTS}/attestations/{NAME}", attested
