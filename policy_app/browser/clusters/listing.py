"""The Clusters page: every cluster with its add-on and how much there is in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpResponse

from policy_app.browser import links
from policy_app.browser.clusters import filters
from policy_app.browser.filter_bars import Select
from policy_app.browser.grids import PART, Column, Sorting, page_of
from policy_app.browser.pages import Crumb, PortalRequest, portal_page, render_page
from policy_app.models import Cluster
from policy_app.services.cluster import lookup, survey

COLUMNS = (
    Column("name", "Name", ("scope__name",), "col-name"),
    Column("group", "Resource group", ("scope__parent__name", "scope__name")),
    Column("version", "Kubernetes", ("kubernetes_version", "scope__name")),
    Column("addon", "Azure Policy add-on", ("addon_enabled", "scope__name")),
    Column("namespaces", "Namespaces", css="number col-optional"),
    Column("workloads", "Workloads", css="number"),
    Column("denied", "Denied requests", css="number"),
)
_ADDON = Select("addon", "Add-on", "All", [("on", "Enabled"), ("off", "Disabled")])


@dataclass(frozen=True, slots=True)
class Row:
    """A cluster as the grid shows it."""

    cluster: Cluster
    url: str
    denied_url: str
    counts: survey.Counts


@portal_page()
def clusters(request: PortalRequest) -> HttpResponse:
    """``?search=&addon=&sort=&page=``; anything else is ignored."""
    narrowed = filters.read(request, "Search by name or resource group", _ADDON)
    seen = lookup.readable(Cluster.objects.select_related("scope__parent"), request.principal)
    found = seen.filter(narrowed.matching("scope__name", "scope__parent__name"))
    if narrowed.chosen("addon"):
        found = found.filter(addon_enabled=narrowed.chosen("addon") == "on")
    sorting = Sorting.of(request, COLUMNS)
    page = page_of(request, sorting.apply(found))
    context = {
        "title": "Policy",
        "subtitle": "Clusters",
        "crumbs": [Crumb("Policy", "/"), Crumb("Clusters")],
        "bar": narrowed,
        "headers": sorting.headers(request),
        "sort": sorting.value,
        "page": page,
        "grid": "clusters/_clusters.html",
        "thing": "cluster",
        "rows": _rows(list(page.object_list)),
    }
    return render_page(request, "clusters/list.html", context, part=PART)


def _rows(shown: Sequence[Cluster]) -> list[Row]:
    counts = survey.counts(shown)
    names = lookup.names_of(shown)
    return [
        Row(
            one,
            links.cluster(names[one.pk]),
            links.cluster(names[one.pk], tab="denied"),
            counts[one.pk],
        )
        for one in shown
    ]
