"""The page of one exemption: what it is, what it covers now, who changed it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.urls import reverse

from policy_app.browser import highlighting, links
from policy_app.browser.exemptions import history, impact
from policy_app.browser.exemptions.facts import (
    badge,
    moment,
    permits,
    ways,
)
from policy_app.browser.history import SHOWN
from policy_app.browser.inputs import address, asked
from policy_app.browser.origins import origin, seen_assignments
from policy_app.browser.pages import (
    Crumb,
    Fact,
    PortalRequest,
    Tab,
    TabPage,
    known_tree,
    portal_page,
    render_page,
)
from policy_app.models import Exemption
from policy_app.services import exemptions, scopes
from policy_app.services.exemptions import State


@dataclass(frozen=True, slots=True)
class _Kind:
    name: str
    label: str
    context: Callable[[PortalRequest, Exemption], dict[str, Any]]


@portal_page()
def exemption(request: PortalRequest) -> HttpResponse:
    """``?id=&tab=``; a tab that is not there is the first one.

    With ``cluster=`` it is told what is covered in that one: in the page, or to htmx alone.
    """
    row, given = exemptions.with_id(asked(request, "id"), request.principal), address(request)
    if impact.asks_for_part(request, given):
        about = impact.question(row, request.principal)
        return impact.part(request, about, given, "exemptions/_cluster.html")
    change, delete = permits(row, request.principal)
    shown = _tabs(request, row)
    context: dict[str, Any] = {
        "title": str(row),
        "crumbs": [
            Crumb("Policy", "/"),
            Crumb("Exemptions", reverse("exemptions")),
            Crumb(str(row)),
        ],
        "exemption": row,
        "badge": badge(row),
        "expired": exemptions.state_of(row) == State.EXPIRED,
        "facts": _facts(request, row),
        "ways": ways(row),
        "may_change": change,
        "may_delete": delete,
        "tabs": shown.tabs,
        "panel": shown.template,
        **shown.context,
    }
    return render_page(request, "exemptions/detail.html", context, part="exemptions/_tabs.html")


def _tabs(request: PortalRequest, row: Exemption) -> TabPage:
    wanted = asked(request, "tab")
    current = next((kind for kind in _KINDS if kind.name == wanted), _KINDS[0])
    tabs = [
        Tab(kind.label, links.exemption(row.arm_id, tab=kind.name), kind is current)
        for kind in _KINDS
    ]
    return TabPage(tabs, f"exemptions/_{current.name}.html", current.context(request, row))


def _facts(request: PortalRequest, row: Exemption) -> list[Fact]:
    came_from = origin(
        row.assignment_arm_id, seen_assignments([row.assignment_arm_id], request.principal)
    )
    return [
        Fact("Scope", scopes.breadcrumb(row.scope, known_tree(request))),
        Fact("Assignment", came_from.name, url=came_from.url),
        Fact("Category", Exemption.Category(row.category).label),
        Fact("Expires on", moment(row.expires_on)),
        Fact("Policies", ", ".join(row.reference_ids) or "All of the assignment"),
        Fact("Scope validation", Exemption.ScopeValidation(row.scope_validation).label),
        *([Fact("Resource selectors", _selectors(row))] if row.resource_selectors else []),
        Fact("Created", _when(row.created_at, row.created_by)),
        Fact("Changed", _when(row.updated_at, row.updated_by) if row.updated_by else "Never"),
        *([Fact("Description", row.description, wide=True)] if row.description else []),
        Fact("Exemption ID", row.arm_id, code=True, copy=True, wide=True),
    ]


def _selectors(row: Exemption) -> str:
    """Their names; what they choose is in the JSON."""
    return ", ".join(str(one.get("name") or "without a name") for one in row.resource_selectors)


def _when(stamp: Any, who: Any) -> str:
    return f"{moment(stamp)} by {who}" if who else moment(stamp)


def _components(request: PortalRequest, row: Exemption) -> dict[str, Any]:
    about = impact.question(row, request.principal)
    return {"clusters": about.clusters(address(request)) if about else None}


def _history(_: PortalRequest, row: Exemption) -> dict[str, Any]:
    return {"events": history.events(row), "most": SHOWN}


def _json(_: PortalRequest, row: Exemption) -> dict[str, Any]:
    return {"lines": highlighting.json_lines(exemptions.as_value(row).to_object())}


_KINDS = (
    _Kind("components", "Exempt components", _components),
    _Kind("history", "History", _history),
    _Kind("json", "JSON", _json),
)
