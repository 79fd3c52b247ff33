"""Clusters as ARM shows them: as much of a managed cluster as the portal knows."""

from __future__ import annotations

from typing import Any

from policy_app.models import Cluster

ADDON = "azurepolicy"


def managed_cluster(cluster: Cluster) -> dict[str, Any]:
    """A ``Microsoft.ContainerService/managedClusters`` resource."""
    scope = cluster.scope
    addon = {"enabled": cluster.addon_enabled, "config": {"version": "v2"}}
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
