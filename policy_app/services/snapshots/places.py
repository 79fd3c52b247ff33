"""The cluster of the portal that takes a snapshot: found, made, or taken over."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import transaction

from policy_app.apimachinery.objects import metadata_of
from policy_app.models import Cluster, KubeObject, Scope
from policy_app.services import scopes
from policy_app.services.cluster import noting
from policy_app.services.errors import NotFound, PolicyError

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?")
_OWN_WRITERS = frozenset(
    {
        noting.API_SERVER,
        noting.CONTROLLER_MANAGER,
        noting.GATEKEEPER,
        noting.KUBELET,
        noting.SCHEDULER,
        "azurepolicyaddon",
    }
)


def find(text: str) -> Cluster:
    """The cluster of a name, ``<resource group>.<name>`` or an ARM id.

    Raises ``NotFound`` that lists the clusters, ``PolicyError`` where several have the name.
    """
    every = list(scopes.clusters())
    wanted = text.strip().lower()
    found = [one for one in every if wanted.rstrip("/") == one.scope.key]
    group, _, name = wanted.rpartition(".")
    found = found or [one for one in every if one.scope.name.lower() == name]
    if group and "/" not in wanted:
        found = [one for one in found if _group_of(one) == group]
    if not found:
        names = ", ".join(one.scope.name for one in every) or "none"
        raise NotFound(
            "ResourceNotFound",
            f"The portal has no cluster {text}; its clusters are: {names}.",
            target="cluster",
        )
    if len(found) > 1:
        ids = " or ".join(one.scope.arm_id for one in found)
        message = f"Several clusters are called {text}: use {ids}."
        raise PolicyError("AmbiguousName", message, target="cluster")
    return found[0]


@dataclass(frozen=True, slots=True)
class Place:
    """A cluster that is there, or one that the first snapshot makes."""

    cluster: Cluster | None
    name: str = ""
    group: Scope | None = None
    resource_type: str = Cluster.MANAGED

    @contextmanager
    def ready(self) -> Iterator[Cluster]:
        """The cluster to write to; a new one is there only if all that is done inside goes well."""
        if self.cluster is not None:
            yield self.cluster
            return
        with transaction.atomic():
            yield self._made()

    def _made(self) -> Cluster:
        assert self.group is not None
        scope = Scope.objects.create(
            kind=Scope.Kind.CLUSTER,
            name=self.name,
            display_name=self.name,
            arm_id=f"{self.group.arm_id}/providers/{self.resource_type}/{self.name}",
            parent=self.group,
            location=self.group.location,
        )
        return Cluster.objects.create(
            scope=scope, resource_type=self.resource_type, source=Cluster.Source.MIRROR
        )


def new(name: str, scope_id: str = "", resource_type: str = Cluster.MANAGED) -> Place:
    """A cluster to be made in a resource group; in the first one where none is named.

    Raises ``PolicyError`` for a name that Azure does not take, ``NotFound`` for the scope.
    """
    if not _NAME.fullmatch(name):
        raise PolicyError(
            "InvalidResourceName",
            f"{name} is no name for a cluster: 1 to 63 letters, digits, - and _, with a letter or"
            " a digit at both ends.",
            target="cluster",
        )
    return Place(None, name, _group(scope_id), resource_type)


def require_free(cluster: Cluster) -> None:
    """Refuse a simulated cluster in which people have written.  Raises ``PolicyError`` 409."""
    if cluster.is_mirror:
        return
    written = next(filter(_is_peoples, _bodies(cluster)), None)
    if written is not None:
        raise PolicyError(
            "ClusterInUse",
            f"The cluster {cluster.scope.name} is simulated, and people have written to it:"
            f" {written}, for one. A snapshot takes the place of all of it; choose another"
            " cluster, or say --replace.",
            status=409,
            target="cluster",
        )


def _bodies(cluster: Cluster) -> Iterator[KubeObject]:
    found = KubeObject.objects.filter(cluster=cluster).exclude(plural="events")
    return found.order_by("namespace", "plural", "name").iterator(chunk_size=500)


def _is_peoples(row: KubeObject) -> bool:
    """Whether somebody else than the cluster's own components has written a field of it."""
    fields = metadata_of(row.body).get("managedFields") or ()
    return any(one.get("manager") not in _OWN_WRITERS for one in fields)


def _group(scope_id: str) -> Scope:
    if not scope_id:
        found = next((one for one in scopes.tree() if one.kind == Scope.Kind.RESOURCE_GROUP), None)
        if found is None:
            message = "The portal has no resource group to make a cluster in; make one first."
            raise NotFound("ResourceGroupNotFound", message, target="scope")
        return found
    scope = scopes.get(scope_id)
    if scope.kind != Scope.Kind.RESOURCE_GROUP:
        message = f"{scope.arm_id} is no resource group, and clusters are in one."
        raise PolicyError("InvalidScope", message, target="scope")
    return scope


def _group_of(cluster: Cluster) -> str:
    parent = cluster.scope.parent
    return parent.name.lower() if parent else ""
