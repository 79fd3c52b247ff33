"""The Definitions page: filters, search, order and page, all of them in the URL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse

from policy_app.browser import links
from policy_app.browser.grids import Column, Sorting, page_of
from policy_app.browser.pages import Crumb, PortalRequest, portal_page, render_page
from policy_app.models import Definition, Scope
from policy_app.services import definitions as service
from policy_app.services import scopes

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
INDENT = "\N{NO-BREAK SPACE}" * 3


@dataclass(frozen=True, slots=True)
class Option:
    """A choice of a filter."""

    value: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A definition with the addresses of what can be done with it."""

    definition: Definition
    location: str
    url: str
    assign_url: str
    json_url: str


@portal_page()
def definitions(request: PortalRequest) -> HttpResponse:
    """``?scope=&kind=&type=&category=&category=&search=&sort=&page=``; anything else is ignored."""
    tree = scopes.tree()
    filters = _filters(request, tree)
    sorting = Sorting.of(request, COLUMNS)
    page = page_of(request, sorting.apply(service.search(filters).select_related("scope")))
    context = {
        "title": "Policy",
        "subtitle": "Definitions",
        "crumbs": [Crumb("Policy", "/"), Crumb("Definitions")],
        "filters": filters,
        "filtered": filters != service.Filters(),
        "headers": sorting.headers(request),
        "sort": sorting.value,
        "page": page,
        "rows": [_row(one) for one in page.object_list],
        **_choices(filters, tree),
    }
    return render_page(request, "definitions/list.html", context, part="definitions/_part.html")


def _filters(request: HttpRequest, tree: list[Scope]) -> service.Filters:
    asked = request.GET.get("scope", "").lower()
    # "*" is the box "Select all": a category named beside it counts for more.
    categories = tuple(name for name in request.GET.getlist("category") if name not in ("", "*"))
    return service.Filters(
        kind=_one_of(request.GET.get("kind", ""), Definition.Kind.values),
        policy_type=_one_of(request.GET.get("type", ""), Definition.PolicyType.values),
        categories=categories,
        search=request.GET.get("search", "").strip(),
        scope=next((scope for scope in tree if scope.key == asked), None),
    )


def _one_of(value: str, allowed: list[str]) -> str:
    return value if value in allowed else ""


def _choices(filters: service.Filters, tree: list[Scope]) -> dict[str, Any]:
    chosen = set(filters.categories)
    return {
        "scopes": [
            Option(scope.arm_id, INDENT * scope.depth + str(scope), scope == filters.scope)
            for scope in tree
        ],
        "kinds": _options(Definition.Kind.choices, filters.kind),
        "types": _options(Definition.PolicyType.choices, filters.policy_type),
        "categories": [Option(name, name, name in chosen) for name in service.categories()],
        "category_label": _category_label(filters.categories),
    }


def _options(choices: list[tuple[str, str]], chosen: str) -> list[Option]:
    return [Option(value, label, value == chosen) for value, label in choices]


def _category_label(chosen: tuple[str, ...]) -> str:
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
