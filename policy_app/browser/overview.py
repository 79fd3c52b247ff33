"""The Overview: where things stand, and the way from a definition to a test."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpResponse
from django.urls import path, reverse

from policy_app.browser import links
from policy_app.browser.compliance import glance
from policy_app.browser.pages import Crumb, PortalRequest, portal_page, render_page
from policy_app.services import authorization
from policy_app.services.authorization import actions
from policy_app.services.cluster import lookup
from policy_app.services.overview import ClusterState, Summary, summary


@dataclass(frozen=True, slots=True)
class Tile:
    """A number at the top; ``url`` is the list behind it."""

    label: str
    icon: str
    value: int
    url: str = ""


@portal_page()
def overview(request: PortalRequest) -> HttpResponse:
    """Counts, clusters, the newest assignments, the first steps."""
    state = summary(request.principal)
    context = {
        "title": "Policy",
        "subtitle": "Overview",
        "crumbs": [Crumb("Policy")],
        "summary": state,
        "tiles": _tiles(state),
        "clusters": _linked(state),
        "may_assign": authorization.permit_somewhere(request.principal, actions.ASSIGN),
        "has_role": request.principal.is_owner or bool(request.principal.paths()),
        "chart": glance.chart(request),
        "recent": [(one, links.assignment_by_id(one.arm_id)) for one in state.recent],
    }
    return render_page(request, "overview/page.html", context)


def _linked(state: Summary) -> list[tuple[ClusterState, str]]:
    names = lookup.names_of(one.cluster for one in state.clusters)
    return [(one, links.cluster(names[one.cluster.pk])) for one in state.clusters]


def _tiles(state: Summary) -> list[Tile]:
    listed = reverse("assignments")
    return [
        Tile("Assignments", "clipboard-check", state.assignments, listed),
        Tile(
            "Initiatives assigned",
            "layers",
            state.initiatives_assigned,
            f"{listed}?kind=initiative",
        ),
        Tile("Policies assigned", "file-text", state.policies_assigned, f"{listed}?kind=policy"),
        Tile("Clusters", "ship-wheel", len(state.clusters), reverse("clusters")),
    ]


urlpatterns = [path("", overview, name="overview")]
