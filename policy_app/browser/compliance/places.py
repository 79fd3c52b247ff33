"""Which clusters an address is about, among those whose compliance the person may read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from django.db.models import QuerySet

from policy_app.browser.inputs import asked
from policy_app.browser.pages import PortalRequest
from policy_app.models import Cluster, Scope
from policy_app.services import authorization
from policy_app.services.authorization import Principal, actions
from policy_app.services.compliance import manual, pages, records
from policy_app.services.compliance.pages import Seen


@dataclass(frozen=True)
class Place:
    """The clusters of an address (``scope=``, ``cluster=``), and all that could be chosen."""

    seen: Sequence[Seen]
    scope: Scope | None
    chosen: Seen | None
    """The one cluster that is asked for."""
    fleet: records.Fleet
    by: Principal
    """Who looks."""

    @cached_property
    def attested(self) -> list[manual.Verdict]:
        """What manual policies have come to there."""
        return manual.of(self._resources)

    def attested_under(self, assignment_id: str) -> list[manual.Verdict]:
        """The same of one assignment, without a look at the others."""
        return manual.of(self._resources, assignment_id) if assignment_id else []

    @property
    def _resources(self) -> QuerySet[Scope]:
        rows = authorization.visible_scopes(self.by, actions.STATES)
        if self.scope is not None:
            rows = rows.filter(path__startswith=self.scope.path)
        return rows.filter(cluster=self.chosen.pk) if self.chosen is not None else rows

    @cached_property
    def names(self) -> dict[int, str]:
        """The name that finds each cluster, by primary key."""
        return {one.pk: one.name for one in self.seen}

    @cached_property
    def only(self) -> Cluster | None:
        """The cluster, where it is a single one."""
        if len(self.fleet.keys) != 1:
            return None
        (key,) = self.fleet.keys
        return Cluster.objects.select_related("scope__parent", "audit").get(pk=key)


def read(request: PortalRequest) -> Place:
    """The place of an address; a scope or a cluster that is not known is passed over."""
    seen = pages.seen(request.principal)
    named = asked(request, "scope")
    scope = authorization.find_scope(request.principal, named) if named else None
    wanted = asked(request, "cluster").lower()
    chosen = next((one for one in seen if one.name.lower() == wanted), None)
    found = [one for one in seen if scope is None or one.path.startswith(scope.path)]
    if chosen is not None:
        found = [one for one in found if one.pk == chosen.pk]
    whole = chosen is None and scope is None
    fleet = pages.fleet_of(found, request.principal, whole=whole)
    return Place(seen, scope, chosen, fleet, request.principal)
