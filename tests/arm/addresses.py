"""The addresses that the tests call, and a request body that is right."""

from __future__ import annotations

from typing import Any

from tests.estate_fixtures import BASELINE, SUBSCRIPTION

PROVIDER = "providers/Microsoft.Authorization"
MANAGEMENT_GROUP = "/providers/Microsoft.Management/managementGroups/mg-demo"
RESOURCE_GROUP = f"{SUBSCRIPTION}/resourceGroups/rg-demo"
STAGING = f"{SUBSCRIPTION}/resourceGroups/rg-staging"
CLUSTER = f"{RESOURCE_GROUP}/providers/Microsoft.ContainerService/managedClusters/aks-demo"

BASELINE_ID = f"/{PROVIDER}/policySetDefinitions/{BASELINE}"
NO_PRIVILEGE = "95edb821-ddaf-4404-9732-666045e056b4"
NO_PRIVILEGE_ID = f"/{PROVIDER}/policyDefinitions/{NO_PRIVILEGE}"


def assignments(scope: str) -> str:
    """The list of assignments around a scope."""
    return f"{scope}/{PROVIDER}/policyAssignments"


def assignment(scope: str = RESOURCE_GROUP, name: str = "baseline") -> str:
    """One assignment."""
    return f"{assignments(scope)}/{name}"


def definitions(scope: str = "", name: str = "") -> str:
    """Policy definitions, or one of them; at the tenant without a scope."""
    return f"{scope}/{PROVIDER}/policyDefinitions" + (f"/{name}" if name else "")


def initiatives(scope: str = "", name: str = "") -> str:
    """Policy set definitions, or one of them; at the tenant without a scope."""
    return f"{scope}/{PROVIDER}/policySetDefinitions" + (f"/{name}" if name else "")


def body(definition: str = BASELINE_ID, effect: str = "deny", **more: Any) -> dict[str, Any]:
    """A PUT body; keywords are further properties."""
    return {
        "properties": {
            "displayName": "Pod security baseline",
            "policyDefinitionId": definition,
            "parameters": {"effect": {"value": effect}},
            **more,
        }
    }
