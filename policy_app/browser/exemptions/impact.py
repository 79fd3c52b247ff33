"""What an exemption covers: the components that policies would find fault with without it.

Every object of a cluster is put to the policies for that, which takes seconds, so a page answers
with the clusters' names, and htmx asks for those in view, one after the other.  Without scripts a
cluster's button opens the same page with that one worked out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpResponse

from policy_app.browser.assign.impact import ClusterView, ImpactView, Tile
from policy_app.browser.pages import PortalRequest, render_page, wants_part
from policy_app.evaluation.language.exemptions import Exemption as ExemptionValue
from policy_app.models import Assignment, Cluster, Exemption, Scope
from policy_app.services import authorization, exemptions, scopes, whatif
from policy_app.services.authorization import Principal, actions
from policy_app.services.cluster import lookup
from policy_app.services.errors import NotFound
from policy_app.services.exemptions import State
from policy_app.services.whatif import Outcome

CLUSTER, PAGE = "cluster", "page"
"""Fields: the id of the cluster to work out, and the page of the clusters' list."""
PAGE_SIZE = 20
SECONDS = 8.0
"""How long one cluster may take; it says when that was not enough."""
_WITHOUT_IT = {
    Outcome.DENIED: "would be refused at their next apply",
    Outcome.WARNED: "would be let in with a warning",
    Outcome.AUDITED: "would be reported as non-compliant",
    Outcome.MUTATED: "would be changed on their way in",
    Outcome.RELIEVED: "would be let in that are refused with it",
}


@dataclass(frozen=True, slots=True)
class Covered:
    """What is covered in one cluster."""

    view: ImpactView

    @property
    def cluster(self) -> ClusterView:
        """The cluster, as the template of the Impact tab shows it."""
        (found,) = self.view.clusters
        return found

    @property
    def tiles(self) -> list[Tile]:
        """What would become of the components without the exemption, in numbers."""
        every = zip(Outcome, self.view.tiles, strict=True)
        return [
            replace(one, note=_WITHOUT_IT[outcome]) for outcome, one in every if one.tally.objects
        ]

    @property
    def count(self) -> int:
        """How many components are covered."""
        return len(self.cluster.impact.objects)


@dataclass(frozen=True, slots=True)
class Row:
    """A cluster of the list; ``covered`` is None until it is worked out."""

    cluster: Cluster
    covered: Covered | None = None


@dataclass(frozen=True, slots=True)
class Clusters:
    """A page of the clusters below the scope that the person may look into."""

    rows: list[Row]
    page: Page[Cluster]
    hidden: int
    """How many clusters more there are below the scope."""

    @property
    def chosen(self) -> bool:
        """Whether one of them is worked out."""
        return any(row.covered for row in self.rows)


@dataclass(frozen=True, slots=True)
class Question:
    """An exemption, stored or not, and who asks what it covers."""

    value: ExemptionValue
    assignment: Assignment
    scope: Scope
    by: Principal

    def row(self, cluster_id: str) -> Row:
        """One cluster, worked out.  Raises ``NotFound`` for one that is not below the scope, or
        that the person may not look into."""
        cluster = self._seen().filter(scope__key=_key(cluster_id)).first()
        if cluster is None:
            text = (
                f"There is no cluster '{cluster_id}' below {self.scope} whose components you may"
                " read."
            )
            raise NotFound("ResourceNotFound", text, target=CLUSTER)
        return self._worked_out(cluster)

    def clusters(self, given: Mapping[str, str]) -> Clusters:
        """The page of clusters that the fields ask for, with the one that they name worked out."""
        seen = self._seen().order_by("scope__name", "pk")
        page = Paginator(seen, PAGE_SIZE).get_page(given.get(PAGE))
        wanted = _key(given.get(CLUSTER, ""))
        rows = [self._worked_out(one) if one.scope.key == wanted else Row(one) for one in page]
        hidden = scopes.clusters_below(self.scope).count() - page.paginator.count
        return Clusters(rows, page, hidden)

    def _seen(self) -> QuerySet[Cluster]:
        below = scopes.clusters_below(self.scope)
        # What is covered is shown with the lines of its manifests.
        seen = authorization.visible(below, self.by, actions.COMPONENT_STATES)
        return lookup.readable(seen, self.by)

    def _worked_out(self, cluster: Cluster) -> Row:
        found = whatif.covered(self.value, self.assignment, [cluster], SECONDS)
        return Row(cluster, Covered(ImpactView(found)))


def question(row: Exemption, by: Principal) -> Question | None:
    """About a stored exemption; None where it exempts nothing: it has expired, or its assignment
    is deleted."""
    assignment = exemptions.assignment_of(row)
    if assignment is None or exemptions.state_of(row) == State.EXPIRED:
        return None
    return Question(exemptions.as_value(row), assignment, row.scope, by)


def asks_for_part(request: PortalRequest, given: Mapping[str, str]) -> bool:
    """Whether htmx fetches what is covered in one cluster."""
    return bool(given.get(CLUSTER)) and wants_part(request)


def part(
    request: PortalRequest, about: Question | None, given: Mapping[str, str], template: str
) -> HttpResponse:
    """What is covered in the cluster that the fields name, for htmx.  Raises ``NotFound``."""
    if about is None:
        text = (
            "It cannot be told any more what the exemption covers: it, its scope or its assignment"
            " is not as it was. Open the page again."
        )
        raise NotFound(exemptions.NOT_FOUND, text)
    context = {"row": about.row(given[CLUSTER]), "is_part": True}
    return render_page(request, template, context)


def _key(cluster_id: str) -> str:
    return scopes.normal_id(cluster_id).lower()
