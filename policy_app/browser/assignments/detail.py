"""The page of one assignment: what it is, what it does where, who changed it."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import reverse

from policy_app.browser.assign.subject import find_assignment
from policy_app.browser.assignments import tabs
from policy_app.browser.assignments.facts import effect_of, permits, ways
from policy_app.browser.inputs import asked
from policy_app.browser.pages import (
    Crumb,
    Fact,
    PortalRequest,
    known_tree,
    portal_page,
    render_page,
)
from policy_app.models import Assignment, Scope
from policy_app.services import authorization, definitions, exemptions, scopes
from policy_app.services.authorization import actions
from policy_app.services.errors import PolicyError


@portal_page()
def assignment(request: PortalRequest) -> HttpResponse:
    """``?id=&tab=&cluster=``; a tab that is not there is the first one."""
    row = find_assignment(asked(request, "id"), request.principal)
    change, delete = permits(row, request.principal)
    tree = known_tree(request)
    shown = tabs.shown(request, row)
    context: dict[str, Any] = {
        "title": str(row),
        "crumbs": [
            Crumb("Policy", "/"),
            Crumb("Assignments", reverse("assignments")),
            Crumb(str(row)),
        ],
        "assignment": row,
        "facts": _facts(row, tree),
        "ways": ways(row),
        "may_change": change,
        "may_delete": delete,
        "may_assign": authorization.permit_somewhere(request.principal, actions.ASSIGN),
        "may_exempt": exemptions.permit(request.principal, row),
        "tabs": shown.tabs,
        "panel": shown.template,
        **shown.context,
    }
    return render_page(request, "assignments/detail.html", context, part="assignments/_tabs.html")


def _facts(row: Assignment, tree: list[Scope]) -> list[Fact]:
    by_name = ways(row)
    return [
        Fact("Scope", scopes.breadcrumb(row.scope, tree)),
        Fact(
            f"{row.definition.get_kind_display()} definition",
            row.definition.display_name,
            url=by_name.definition,
        ),
        Fact("Effect", effect_of(row).label),
        Fact("Version", _version(row)),
        Fact("Policy enforcement", row.get_enforcement_mode_display()),
        Fact("Exclusions", _exclusions(row, tree)),
        Fact("Created", _when(row.created_at, row.created_by)),
        Fact("Changed", _when(row.updated_at, row.updated_by) if row.updated_by else "Never"),
        *([Fact("Description", row.description, wide=True)] if row.description else []),
        Fact("Assignment ID", row.arm_id, code=True, copy=True, wide=True),
    ]


def _version(row: Assignment) -> str:
    asked = row.definition_version or "latest"
    try:
        today = definitions.version(row.definition, row.definition_version).version
    except PolicyError:
        return f"{asked}: no such version is stored"
    return asked if asked == today else f"{asked} (today {today})"


def _exclusions(row: Assignment, tree: list[Scope]) -> str:
    names = {one.key: scopes.breadcrumb(one, tree) for one in tree}
    return "; ".join(names.get(str(one).lower(), str(one)) for one in row.not_scopes) or "None"


def _when(moment: Any, who: Any) -> str:
    stamp = f"{moment:%Y-%m-%d %H:%M} UTC"
    return f"{stamp} by {who}" if who else stamp
