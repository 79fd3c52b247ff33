"""Stored rows of Microsoft.PolicyInsights as ARM shows them."""

from __future__ import annotations

from typing import Any

from policy_app.arm.system_data import instant, system_data
from policy_app.models import Attestation, Remediation, RemediationDeployment
from policy_app.models.resources import ArmResource
from policy_app.services import attestations, remediations
from policy_app.services.remediations import Counts


def remediation(row: Remediation, counts: Counts) -> dict[str, Any]:
    """A remediation, with how far it is."""
    properties = {
        **remediations.as_object(row),
        "createdOn": instant(row.created_at),
        "lastUpdatedOn": instant(row.updated_at),
        "deploymentStatus": {
            "totalDeployments": counts.total,
            "successfulDeployments": counts.succeeded,
            "failedDeployments": counts.failed,
        },
    }
    return _resource(row, properties)


def deployment(row: RemediationDeployment) -> dict[str, Any]:
    """One object that a remediation changes.

    ``deploymentId`` is left out, since nothing is deployed from a template here.
    """
    told: dict[str, Any] = {
        "remediatedResourceId": row.resource_id,
        "status": row.state,
        "resourceLocation": row.cluster.scope.location,
        "createdOn": instant(row.created_at),
        "lastUpdatedOn": instant(row.updated_at),
    }
    if row.state == RemediationDeployment.State.FAILED:
        return told | {"error": {"code": row.error_code, "message": row.message}}
    return told | ({"statusMessage": row.message} if row.message else {})


def attestation(row: Attestation) -> dict[str, Any]:
    """An attestation."""
    return _resource(row, attestations.as_object(row))


def _resource(row: ArmResource, properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": row.arm_id,
        "name": row.name,
        "type": f"{row.provider}/{row.arm_type}",
        "properties": properties,
        "systemData": system_data(row),
    }
