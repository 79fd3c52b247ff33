"""The Exemptions page: filters, search, order and page, all of them in the URL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import DateTimeField, QuerySet, Value
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from django.urls import reverse

from policy_app.browser import scope_tree
from policy_app.browser.exemptions.facts import (
    Ways,
    badge,
    permits,
    ways,
)
from policy_app.browser.exemptions.filters import STATES, ExemptionFilter
from policy_app.browser.filter_bars import FilterBar, Select
from policy_app.browser.grids import PART, Column, Sorting, page_of
from policy_app.browser.inputs import address
from policy_app.browser.looks import Badge
from policy_app.browser.origins import Origin, origin, seen_assignments
from policy_app.browser.pages import Crumb, PortalRequest, known_tree, portal_page, render_page
from policy_app.models import Assignment, Exemption, Scope
from policy_app.services import authorization, scopes
from policy_app.services import exemptions as service
from policy_app.services.authorization import Permit, Principal, actions

COLUMNS = (
    Column("name", "Name", ("display_name", "name"), "col-name"),
    Column("scope", "Scope", ("scope__display_name", "display_name")),
    Column("assignment", "Assignment", ("assignment_key", "display_name")),
    Column("category", "Category", ("category", "display_name")),
    Column("policies", "Policies", css="col-optional"),
    Column("state", "State"),
    Column("expires", "Expires", ("ends", "display_name")),
    Column("created", "Created", ("created_at",), "col-optional"),
)
_MOST_CHOICES = 300
_NEVER = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
"""What never ends comes last, whatever the database thinks of nothing."""


@dataclass(frozen=True, slots=True)
class Row:
    """An exemption as the grid shows it."""

    exemption: Exemption
    scope_above: str
    """The way down to the scope, itself left out; empty at the top."""
    origin: Origin
    badge: Badge
    ways: Ways
    change: Permit
    delete: Permit


@portal_page()
def exemptions(request: PortalRequest) -> HttpResponse:
    """``?scope=&category=&state=&assignment=&search=&sort=&page=``; anything else is ignored."""
    tree, by = known_tree(request), request.principal
    seen = authorization.visible(service.everywhere(), by, actions.SEE_EXEMPTIONS)
    filters = ExemptionFilter(address(request), queryset=seen, request=request)
    chosen = filters.chosen
    sorting = Sorting.of(request, COLUMNS)
    never = Value(_NEVER, DateTimeField())
    page = page_of(request, sorting.apply(filters.qs.annotate(ends=Coalesce("expires_on", never))))
    rows = list(page.object_list)
    ids = _assignment_ids(seen, chosen.get("assignment", ""))
    known = seen_assignments([*ids, *(one.assignment_arm_id for one in rows)], by)
    context = {
        "title": "Policy",
        "subtitle": "Exemptions",
        "crumbs": [Crumb("Policy", "/"), Crumb("Exemptions")],
        "chosen": chosen,
        "bar": _bar(chosen, tree, _origins(ids, known)),
        "grid": "exemptions/_grid.html",
        "thing": "exemption",
        "headers": sorting.headers(request),
        "sort": sorting.value,
        "page": page,
        "rows": [_row(one, tree, known, by) for one in rows],
        "may_exempt": authorization.permit_somewhere(by, actions.EXEMPT),
        "assignments_url": reverse("assignments"),
    }
    return render_page(request, "exemptions/list.html", context, part=PART)


def _bar(chosen: dict[str, Any], tree: list[Scope], origins: list[tuple[str, str]]) -> FilterBar:
    categories = [(one, one) for one in Exemption.Category.values]
    offered = (
        ("category", "Category", categories),
        ("state", "State", STATES),
        ("assignment", "Assignment", origins),
    )
    selects = [
        Select(name, label, "All", options, _as_offered(chosen.get(name, ""), options))
        for name, label, options in offered
    ]
    return FilterBar(
        placeholder="Search by name, description or assignment",
        search=chosen.get("search", ""),
        selects=(scope_tree.select(tree, chosen.get("scope")), *selects),
    )


def _as_offered(value: str, options: Iterable[tuple[str, str]]) -> str:
    """The chosen value in the letter case of the options: ARM ids come in any."""
    return next((one for one, _ in options if one.lower() == value.lower()), "")


def _row(one: Exemption, tree: list[Scope], known: Mapping[str, Assignment], by: Principal) -> Row:
    above, _, _ = scopes.breadcrumb(one.scope, tree).rpartition(" / ")
    change, delete = permits(one, by)
    came_from = origin(one.assignment_arm_id, known)
    return Row(one, above, came_from, badge(one), ways(one), change, delete)


def _assignment_ids(rows: QuerySet[Exemption], chosen: str) -> list[str]:
    """The assignments that any of them is from, and the chosen one; the first of a great many."""
    told = rows.order_by("assignment_key").values_list("assignment_key", "assignment_arm_id")
    found = dict(told.distinct()[:_MOST_CHOICES])
    if chosen:
        found.setdefault(chosen.lower(), chosen)
    return list(found.values())


def _origins(ids: list[str], known: Mapping[str, Assignment]) -> list[tuple[str, str]]:
    """The ids with the names of their assignments, by name."""
    return sorted(((one, origin(one, known).name) for one in ids), key=lambda one: one[1].lower())
