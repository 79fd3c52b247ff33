"""The Compliance page: one filter bar, and three ways: assignments, resources, namespaces."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page
from django.http import HttpResponse

from policy_app.browser.compliance import filtering, links_to, places, rows, scans, states
from policy_app.browser.compliance.filtering import Bar
from policy_app.browser.compliance.framing import frame
from policy_app.browser.compliance.places import Place
from policy_app.browser.grids import PART, page_of
from policy_app.browser.inputs import asked
from policy_app.browser.pages import Crumb, PortalRequest, Tab, portal_page, render_page
from policy_app.models import ComplianceState
from policy_app.services.compliance import pages, records

_GRID = "results"


@dataclass(frozen=True, slots=True)
class View:
    """One way to look."""

    name: str
    label: str
    thing: str
    offered: tuple[str, ...]
    states: tuple[tuple[str, str], ...]
    rows: Callable[[PortalRequest, Place, Bar], tuple[Page[Any], list[Any]]]


@portal_page()
def compliance(request: PortalRequest) -> HttpResponse:
    """``?view=`` and the filters; anything that is not known is passed over."""
    place = places.read(request)
    view = chosen(asked(request, "view"))
    bar = filtering.read(request, place, view.offered, view.states)
    page, shown = view.rows(request, place, bar)
    context = {
        "title": "Policy",
        "subtitle": "Compliance",
        "crumbs": [Crumb("Policy", "/"), Crumb("Compliance")],
        "view": view,
        "grid": f"compliance/_{view.name}.html",
        "tabs": [_tab(one, view, bar) for one in VIEWS],
        "bar": bar,
        "rows": shown,
        "place": place,
        **frame(request, "listing", page, view.thing),
        "clear_url": links_to.listing(view=view.name),
    }
    if request.htmx.target != _GRID:
        context |= _head(place)
    context["never_audited"] = not page.paginator.count and not _was_audited(place)
    part = PART if request.htmx.target == _GRID else "compliance/_tabbed.html"
    return render_page(request, "compliance/list.html", context, part=part)


def chosen(name: str) -> View:
    """The view of that name; the first one where there is none."""
    return next((one for one in VIEWS if one.name == name), VIEWS[0])


def _head(place: Place) -> dict[str, Any]:
    """The numbers above the grid, and how far the audits are."""
    summary = records.summary(place.fleet, place.attested)
    return {
        "summary": summary,
        "look": states.look(summary.state),
        "share": states.share(summary.percentage),
        "component_share": states.share(summary.component_percentage),
        "scan": scans.shown(place),
        "all_policies": sum(summary.policies.values()),
    }


def _was_audited(place: Place) -> bool:
    return pages.audits(place.fleet).filter(audited_at__isnull=False).exists()


def _tab(one: View, current: View, bar: Bar) -> Tab:
    query = {name: value for name, value in bar.query.items() if name != "state"}
    return Tab(one.label, links_to.listing(**{**query, "view": one.name}), one is current)


def _assignments(
    request: PortalRequest, place: Place, bar: Bar
) -> tuple[Page[Any], list[rows.AssignmentRow]]:
    found = rows.summaries(place, bar.filters)
    page = page_of(request, found)
    return page, rows.assignments(list(page.object_list), place)


def _resources(
    request: PortalRequest, place: Place, bar: Bar
) -> tuple[Page[Any], list[rows.ComponentRow]]:
    page = page_of(request, rows.resources(place, bar.filters))
    return page, [rows.component(one, place.names) for one in page.object_list]


def _namespaces(
    request: PortalRequest, place: Place, bar: Bar
) -> tuple[Page[Any], list[rows.NamespaceRow]]:
    page = page_of(request, records.by_namespace(place.fleet, bar.filters))
    return page, [rows.namespace(one, place.names) for one in page.object_list]


VIEWS = (
    View(
        "assignments",
        "By assignment",
        "assignment",
        ("state", "action", "namespace", "kind", "policy"),
        (("", "All"), *((str(one.value), str(one.label)) for one in ComplianceState)),
        _assignments,
    ),
    View(
        "resources",
        "By resource",
        "resource",
        ("state", "action", "namespace", "kind", "policy"),
        tuple(filtering.RESOURCE_STATES),
        _resources,
    ),
    View(
        "namespaces",
        "By namespace",
        "namespace",
        ("action", "namespace", "kind", "policy"),
        (),
        _namespaces,
    ),
)
