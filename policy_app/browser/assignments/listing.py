"""The Assignments page: filters, search, order and page, all of them in the URL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.urls import reverse

from policy_app.browser import scope_tree
from policy_app.browser.assignments.facts import (
    Effect,
    Ways,
    effect_of,
    permits,
    ways,
)
from policy_app.browser.assignments.filters import AssignmentFilter
from policy_app.browser.filter_bars import FilterBar, Select
from policy_app.browser.grids import PART, Column, Sorting, page_of
from policy_app.browser.inputs import address
from policy_app.browser.pages import (
    Crumb,
    PortalRequest,
    known_tree,
    portal_page,
    render_page,
)
from policy_app.models import Assignment, Definition, Scope
from policy_app.services import assignments as service
from policy_app.services import authorization, exemptions, scopes
from policy_app.services.authorization import Permit, Principal, actions

COLUMNS = (
    Column("name", "Name", ("display_name", "name"), "col-name"),
    Column("scope", "Scope", ("scope__display_name", "display_name")),
    Column("type", "Type", ("definition__kind", "display_name")),
    Column("definition", "Definition", ("definition__display_name",), "col-optional"),
    Column("effect", "Effect"),
    Column("enforcement", "Enforcement", ("enforcement_mode", "display_name")),
    Column("excluded", "Excluded scopes", css="number col-optional"),
    Column("created", "Created", ("created_at",), "col-optional"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """An assignment as the grid shows it."""

    assignment: Assignment
    scope_above: str
    """The way down to the scope, itself left out; empty at the top."""
    effect: Effect
    ways: Ways
    change: Permit
    delete: Permit
    exempt: Permit


@portal_page()
def assignments(request: PortalRequest) -> HttpResponse:
    """``?scope=&kind=&search=&sort=&page=``; anything else is ignored."""
    tree = known_tree(request)
    read = actions.of(actions.ASSIGNMENTS, actions.READ)
    seen = authorization.visible(service.everywhere(), request.principal, read)
    filters = AssignmentFilter(address(request), queryset=seen, request=request)
    chosen = filters.chosen
    sorting = Sorting.of(request, COLUMNS)
    found = filters.qs.prefetch_related("definition__versions")
    page = page_of(request, sorting.apply(found))
    context = {
        "title": "Policy",
        "subtitle": "Assignments",
        "crumbs": [Crumb("Policy", "/"), Crumb("Assignments")],
        "chosen": chosen,
        "bar": _bar(chosen, tree),
        "grid": "assignments/_grid.html",
        "thing": "assignment",
        "headers": sorting.headers(request),
        "sort": sorting.value,
        "page": page,
        "rows": [_row(one, tree, request.principal) for one in page.object_list],
        "may_assign": authorization.permit_somewhere(request.principal, actions.ASSIGN),
        "definitions_url": reverse("definitions"),
    }
    return render_page(request, "assignments/list.html", context, part=PART)


def _bar(chosen: dict[str, Any], tree: list[Scope]) -> FilterBar:
    kinds = Select("kind", "Type", "All", Definition.Kind.choices, chosen.get("kind", ""))
    return FilterBar(
        placeholder="Search by name or definition",
        search=chosen.get("search", ""),
        selects=(scope_tree.select(tree, chosen.get("scope")), kinds),
    )


def _row(one: Assignment, tree: list[Scope], by: Principal) -> Row:
    above, _, _ = scopes.breadcrumb(one.scope, tree).rpartition(" / ")
    change, delete = permits(one, by)
    exempt = exemptions.permit(by, one)
    return Row(one, above, effect_of(one), ways(one), change, delete, exempt)
