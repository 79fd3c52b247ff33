"""Scopes as Microsoft.Resources shows them."""

from __future__ import annotations

from typing import Any

from policy_app.models import Scope
from policy_app.services.estate import TENANT_ID


def subscription(scope: Scope) -> dict[str, Any]:
    """A subscription."""
    return {
        "id": scope.arm_id,
        "authorizationSource": "RoleBased",
        "subscriptionId": scope.name,
        "tenantId": TENANT_ID,
        "displayName": scope.display_name,
        "state": "Enabled",
    }


def resource_group(scope: Scope) -> dict[str, Any]:
    """A resource group."""
    return {
        "id": scope.arm_id,
        "name": scope.name,
        "type": "Microsoft.Resources/resourceGroups",
        "location": scope.location,
        "properties": {"provisioningState": "Succeeded"},
    }


def tenant() -> dict[str, Any]:
    """The one tenant."""
    return {
        "id": f"/tenants/{TENANT_ID}",
        "tenantId": TENANT_ID,
        "displayName": "Policy Portal",
        "tenantCategory": "Home",
    }
