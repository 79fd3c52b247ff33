"""managedClusters: get and list, and the switch of the Azure Policy add-on with PUT.

``az aks enable-addons`` reads a cluster and sends it back with the add-on changed.  The portal
takes that, and refuses what else would change: it makes no clusters, and has no nodes to scale.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from policy_app.arm import bodies, openapi
from policy_app.arm.containerservice import shapes
from policy_app.arm.containerservice.serializers import (
    ManagedClusterListResultSerializer,
    ManagedClusterSerializer,
)
from policy_app.arm.errors import not_yet
from policy_app.arm.paging import paginate
from policy_app.arm.views import ArmView
from policy_app.models import Cluster
from policy_app.services import authorization, scopes
from policy_app.services.authorization import actions
from policy_app.services.cluster import addon
from policy_app.services.errors import PolicyError

_KNOWN = ("identity", "sku", "tags", "systemData", "kind", "eTag")


class ManagedClusters(ArmView):
    """The clusters below a subscription or a resource group."""

    group = "ManagedClusters"
    provider = actions.MANAGED_CLUSTERS
    verbs = {"get": "List"}

    @extend_schema(
        parameters=[openapi.TOP, openapi.SKIP_TOKEN], responses=ManagedClusterListResultSerializer
    )
    def get(self, request: Request, **kwargs: str) -> Response:
        """List managed clusters."""
        found = scopes.clusters_below(self.scope).filter(resource_type=Cluster.MANAGED)
        read = actions.read_cluster(Cluster.MANAGED)
        page = paginate(request, authorization.visible(found, self.caller, read))
        return Response(page.body([shapes.managed_cluster(row) for row in page.rows]))


class ManagedCluster(ArmView):
    """One cluster, and its add-on's switch."""

    group = "ManagedClusters"
    provider = actions.MANAGED_CLUSTERS
    verbs = {"get": "Get", "put": "CreateOrUpdate"}
    not_yet = frozenset({"patch", "delete"})

    @extend_schema(responses=ManagedClusterSerializer)
    def get(self, request: Request, **kwargs: str) -> Response:
        """Get a managed cluster."""
        return Response(shapes.managed_cluster(self.scope.cluster))

    @extend_schema(request=ManagedClusterSerializer, responses=ManagedClusterSerializer)
    def put(self, request: Request, **kwargs: str) -> Response:
        """Turn the Azure Policy add-on of a managed cluster on or off.

        The body is the cluster as it was read, with `addonProfiles.azurepolicy.enabled` changed, or
        `config.gatekeeper` beside it: `current` or `legacy`, in whose words the cluster refuses.
        """
        cluster = self.scope.cluster
        body = bodies.json_object(request.data)
        own = {"id": self.scope.arm_id, "name": self.scope.name, "type": Cluster.MANAGED}
        bodies.refuse_another_identity(body, own)
        profile = _profile(body, shapes.managed_cluster(cluster))
        wanted, generation = _switch(profile), _generation(profile)
        if generation is not None and generation != cluster.gatekeeper:
            addon.set_generation(cluster, generation, by=self.caller)
        if wanted is not None and wanted != cluster.addon_enabled:
            addon.switch(cluster, on=wanted, by=self.caller)
        return Response(shapes.managed_cluster(cluster))


def _profile(body: Mapping[str, Any], current: Mapping[str, Any]) -> tuple[str, Any] | None:
    """What the body says of the add-on, and where; None where it says nothing of it."""
    properties = _object(body.get("properties"), "properties")
    _refuse_changes(body, current, "", ("properties", *_KNOWN))
    _refuse_changes(properties, current["properties"], "properties.", ("addonProfiles",))
    profiles = _object(properties.get("addonProfiles"), "properties.addonProfiles")
    others = [name for name in profiles if name.lower() != shapes.ADDON]
    if others:
        raise not_yet(f"properties.addonProfiles.{others[0]}")
    found = ((f"properties.addonProfiles.{name}", one) for name, one in profiles.items())
    return next(found, None)


def _switch(profile: tuple[str, Any] | None) -> bool | None:
    """Whether the add-on is to be on; None where the body says nothing of it."""
    if profile is None:
        return None
    path, given = profile
    enabled = _object(given, path).get("enabled")
    if not isinstance(enabled, bool):
        raise _wrong(f"{path}.enabled", "must be true or false")
    return enabled


def _generation(profile: tuple[str, Any] | None) -> str | None:
    """In whose words the cluster is to refuse; None where the body says nothing of it."""
    if profile is None:
        return None
    path, given = profile
    config = _object(_object(given, path).get("config"), f"{path}.config")
    generation = config.get(shapes.GATEKEEPER)
    if generation is not None and generation not in addon.Generation.values:
        choices = " or ".join(addon.Generation.values)
        raise _wrong(f"{path}.config.{shapes.GATEKEEPER}", f"must be {choices}")
    return generation


def _refuse_changes(
    given: Mapping[str, Any], current: Mapping[str, Any], path: str, free: tuple[str, ...]
) -> None:
    """What is sent back as it was read is fine; what would change something is not served."""
    for name, value in given.items():
        if name not in free and value is not None and value != current.get(name):
            raise not_yet(f"changing {path}{name} of a cluster")


def _object(value: Any, path: str) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise _wrong(path, "must be an object")
    return value


def _wrong(path: str, why: str) -> PolicyError:
    return PolicyError("InvalidParameter", f"'{path}' {why}.", target=path)
