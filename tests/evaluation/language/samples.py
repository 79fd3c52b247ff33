"""Definitions and assignments that the tests of the language share."""

from __future__ import annotations

from typing import Any

PROVIDER = "/providers/Microsoft.Authorization"
SCOPE = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-demo"
STORE = "https://store.policy.core.windows.net/kubernetes"


def effect(*allowed: str, default: str = "Audit") -> dict[str, Any]:
    """An effect parameter."""
    return {"type": "String", "allowedValues": list(allowed), "defaultValue": default}


def definition(
    name: str = "no-privilege", version: str = "9.2.0", **changes: Any
) -> dict[str, Any]:
    """A policy for Kubernetes, in ARM's form; ``changes`` replace its properties."""
    properties = {
        "displayName": "No privileged containers",
        "policyType": "BuiltIn",
        "mode": "Microsoft.Kubernetes.Data",
        "metadata": {"category": "Kubernetes"},
        "version": version,
        "parameters": {
            "effect": effect("Audit", "Deny", "Disabled"),
            "warn": {"type": "Boolean", "defaultValue": False},
            "namespaces": {"type": "Array", "defaultValue": []},
            "excludedNamespaces": {"type": "Array", "defaultValue": ["kube-system", "mine"]},
            "labelSelector": {"type": "Object", "defaultValue": {}},
            "excludedImages": {"type": "Array", "defaultValue": []},
        },
        "policyRule": rule(),
    }
    return {
        "id": f"{PROVIDER}/policyDefinitions/{name}",
        "name": name,
        "properties": properties | changes,
    }


def rule(**details: Any) -> dict[str, Any]:
    """A policy rule with the usual details; ``details`` replace or add to them."""
    usual = {
        "warn": "[parameters('warn')]",
        "templateInfo": {
            "sourceType": "PublicURL",
            "url": f"{STORE}/no-privilege/v2/template.yaml",
        },
        "apiGroups": [""],
        "kinds": ["Pod"],
        "namespaces": "[parameters('namespaces')]",
        "excludedNamespaces": "[parameters('excludedNamespaces')]",
        "labelSelector": "[parameters('labelSelector')]",
        "values": {"excludedImages": "[parameters('excludedImages')]"},
    }
    return {
        "if": {"field": "type", "equals": "Microsoft.ContainerService/managedClusters"},
        "then": {"effect": "[parameters('effect')]", "details": usual | details},
    }


def member(name: str, reference: str, version: str = "", **values: Any) -> dict[str, Any]:
    """A member of a set that passes on the effect and the values."""
    passed = {"effect": "[parameters('effect')]"} | values
    entry: dict[str, Any] = {
        "policyDefinitionId": f"{PROVIDER}/policyDefinitions/{name}",
        "policyDefinitionReferenceId": reference,
        "parameters": {key: {"value": value} for key, value in passed.items()},
    }
    return entry | ({"definitionVersion": version} if version else {})


def policy_set(*members: dict[str, Any], **parameters: Any) -> dict[str, Any]:
    """A policy set with an effect and further parameters."""
    effects = effect("audit", "Audit", "deny", "Deny", "disabled", "Disabled")
    return {
        "id": f"{PROVIDER}/policySetDefinitions/baseline",
        "name": "baseline",
        "properties": {
            "displayName": "Baseline",
            "parameters": {"effect": effects} | parameters,
            "policyDefinitions": list(members),
        },
    }


def assignment(target: str = f"{PROVIDER}/policyDefinitions/no-privilege", **changes: Any) -> Any:
    """An assignment at the resource group, in ARM's form; ``changes`` are properties."""
    return {
        "id": f"{SCOPE}{PROVIDER}/policyAssignments/demo",
        "name": "demo",
        "properties": {"policyDefinitionId": target} | changes,
    }


def values(**given: Any) -> dict[str, dict[str, Any]]:
    """Plain values in ARM's form."""
    return {name: {"value": value} for name, value in given.items()}
