"""The cluster that an address is about, and the addresses of what is in it."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from policy_app.apimachinery.errors import ApiError
from policy_app.browser import links
from policy_app.browser.pages import Crumb
from policy_app.models import Cluster, KubeObject
from policy_app.services import authorization
from policy_app.services.authorization import Permit, Principal, actions
from policy_app.services.cluster import clock, lookup
from policy_app.services.errors import NotFound


@dataclass(frozen=True, slots=True)
class Subject:
    """A cluster under the name that finds it."""

    cluster: Cluster
    name: str
    by: Principal

    @property
    def may_change(self) -> Permit:
        """Whether the add-on may be turned on and off, and synced."""
        action = actions.change_cluster(self.cluster.resource_type)
        return authorization.permit(self.by, action, self.cluster.scope)

    def url(self, tab: str = "", **query: str) -> str:
        """The address of the cluster's page, or of one of its tabs."""
        return links.cluster(self.name, tab=tab, **query)

    def row_url(self, row: KubeObject) -> str:
        """The address of an object's page."""
        about = {
            "group": row.group,
            "resource": row.plural,
            "namespace": row.namespace,
            "name": row.name,
        }
        query = urlencode({key: value for key, value in about.items() if value})
        return f"{reverse('cluster-object', args=[self.name])}?{query}"

    def crumbs(self, *more: Crumb) -> list[Crumb]:
        """The way to the cluster, and on from there."""
        above = [Crumb("Policy", "/"), Crumb("Clusters", reverse("clusters"))]
        here = Crumb(self.cluster.scope.name, self.url() if more else "")
        return [*above, here, *more]


def find(name: str, by: Principal) -> Subject:
    """The cluster of that name, with what time has done to it, for who may look into it.

    Raises ``NotFound``, for a cluster that is hidden as for one that is not there.
    """
    try:
        found = lookup.by_name(name.replace("\x00", ""), by)
    except ApiError as error:
        told = error.message[:1].upper() + error.message[1:]
        raise NotFound("ResourceNotFound", f"{told}.", target="cluster") from None
    authorization.require(by, actions.read_cluster(found.resource_type), found.scope)
    clock.catch_up(found)
    return Subject(found, lookup.name_of(found), by)
