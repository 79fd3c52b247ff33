"""Microsoft.ContainerService's addresses."""

from __future__ import annotations

from policy_app.arm.containerservice.clusters import ManagedCluster, ManagedClusters
from policy_app.arm.routes import RESOURCE_GROUP, SUBSCRIPTION, Level, arm_path

_FOLDER = "providers/Microsoft.ContainerService/managedClusters"
_CLUSTER = Level("ResourceGroup", RESOURCE_GROUP.join(f"{_FOLDER}/<segment:resourceName>"))

urlpatterns = [
    arm_path(SUBSCRIPTION.join(_FOLDER), ManagedClusters.as_view(level=SUBSCRIPTION)),
    arm_path(RESOURCE_GROUP.join(_FOLDER), ManagedClusters.as_view(level=RESOURCE_GROUP)),
    arm_path(_CLUSTER.route, ManagedCluster.as_view(level=_CLUSTER)),
]
