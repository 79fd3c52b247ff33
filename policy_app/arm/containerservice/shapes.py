"""Clusters as ARM shows them: as much of a managed cluster as the portal knows."""

from __future__ import annotations

from typing import Any

from policy_app.models import Cluster

ADDON = "azurepolicy"
GATEKEEPER = "gatekeeper"


def managed_cluster(cluster: Cluster) -> dict[str, Any]:
    """A ``Microsoft.ContainerService/managedClusters`` resource."""
    scope = cluster.scope
    # Azure's own configuration knows the version alone; which Gatekeeper it stands for is ours.
    config = {"version": "v2", GATEKEEPER: str(cluster.gatekeeper)}
    addon = {"enabled": cluster.addon_enabled, "config": config}
    return {
        "id": scope.arm_id,
        "name": scope.name,
        "type": Cluster.MANAGED,
        "location": scope.location,
        "properties": {
            "provisioningState": "Succeeded",
            "powerState": {"code": "Running"},
            "kubernetesVersion": cluster.kubernetes_version,
            "currentKubernetesVersion": cluster.kubernetes_version,
            "addonProfiles": {ADDON: addon},
        },
    }
