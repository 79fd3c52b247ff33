"""The Definitions page: filters, search, order and page, all of them in the URL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.urls import reverse

from policy_app.browser import links, scope_tree
from policy_app.browser.authoring import subject
from policy_app.browser.definitions.filters import DefinitionFilter
from policy_app.browser.filter_bars import FilterBar, Select
from policy_app.browser.grids import Column, Sorting, page_of
from policy_app.browser.inputs import address
from policy_app.browser.pages import (
    Crumb,
    PortalRequest,
    known_tree,
    portal_page,
    render_page,
)
from policy_app.models import Definition, Scope
from policy_app.services import authorization
from policy_app.services import definitions as service
from policy_app.services.authorization import Permit, actions

COLUMNS = (
    Column("name", "Name", ("display_name",), "col-name"),
    Column("version", "Latest version"),
    Column("location", "Definition location", css="col-optional"),
    Column("policies", "Policies", ("policy_count", "display_name"), "number"),
    Column("type", "Type", ("policy_type", "display_name")),
    Column("kind", "Definition type", ("kind", "display_name")),
    Column("category", "Category", ("category", "display_name")),
    Column("evaluated", "Evaluated here", css="col-optional"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """A definition with the addresses of what can be done with it."""

    definition: Definition
    location: str
    url: str
    assign_url: str
    json_url: str


@dataclass(frozen=True, slots=True)
class Command:
    """A page to go to, and whether one may."""

    label: str
    url: str
    icon: str
    permit: Permit


@portal_page()
def definitions(request: PortalRequest) -> HttpResponse:
    """``?scope=&kind=&type=&category=&category=&search=&sort=&page=``; anything else is ignored."""
    seen = service.visible(service.listing(), request.principal)
    filters = DefinitionFilter(address(request), queryset=seen, request=request)
    chosen = filters.chosen
    sorting = Sorting.of(request, COLUMNS)
    page = page_of(request, sorting.apply(filters.qs.select_related("scope")))
    context = {
        "title": "Policy",
        "subtitle": "Definitions",
        "crumbs": [Crumb("Policy", "/"), Crumb("Definitions")],
        "chosen": chosen,
        "headers": sorting.headers(request),
        "sort": sorting.value,
        "page": page,
        "rows": [_row(one) for one in page.object_list],
        "may_assign": authorization.permit_somewhere(request.principal, actions.ASSIGN),
        "commands": [*_commands(request)],
        "bar": _bar(chosen, known_tree(request)),
        "categories": service.categories(request.principal),
        "category_label": _category_label(chosen.get("category", [])),
        "grid": "definitions/_grid.html",
        "thing": "definition",
    }
    return render_page(request, "definitions/list.html", context, part="definitions/_part.html")


def _commands(request: PortalRequest) -> Iterator[Command]:
    """To write a definition of each kind, from a template, or from what another tool prints."""
    by = request.principal
    may = {
        kind: authorization.permit_somewhere(by, subject.write(kind)) for kind in Definition.Kind
    }
    for kind in Definition.Kind:
        url = links.new_definition(kind)
        yield Command(f"{kind.label} definition", url, "plus", may[kind])
    from_template = reverse("definition-template")
    yield Command("From a template", from_template, "file-code", may[Definition.Kind.POLICY])
    yield Command("Import", reverse("definition-import"), "file-input", subject.may_anywhere(by))


def _bar(chosen: dict[str, Any], tree: list[Scope]) -> FilterBar:
    """The bar without the categories, of which several can be chosen."""
    offered = (
        ("kind", "Definition type", Definition.Kind.choices),
        ("type", "Type", Definition.PolicyType.choices),
    )
    selects = [
        Select(name, label, "All", options, chosen.get(name, ""))
        for name, label, options in offered
    ]
    return FilterBar(
        placeholder="Search by name or id",
        search=chosen.get("search", ""),
        selects=(scope_tree.select(tree, chosen.get("scope")), *selects),
    )


def _category_label(chosen: list[str]) -> str:
    if not chosen:
        return "All"
    return chosen[0] if len(chosen) == 1 else f"{len(chosen)} categories"


def _row(one: Definition) -> Row:
    return Row(
        definition=one,
        location=str(one.scope) if one.scope else "Tenant",
        url=links.definition(one),
        assign_url=links.assign(one),
        json_url=links.definition_json(one),
    )
