"""The Remediation page: every task, the newest first, and how far it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.http import HttpResponse

from policy_app.browser.grids import Column, Sorting, page_of
from policy_app.browser.looks import Look
from policy_app.browser.origins import Origin, origin, seen_assignments
from policy_app.browser.pages import Crumb, PortalRequest, portal_page, render_page
from policy_app.browser.remediation import looks
from policy_app.models import Assignment, Remediation
from policy_app.services import authorization, remediations
from policy_app.services.authorization import actions
from policy_app.services.remediations import Counts

COLUMNS = (
    Column("name", "Task", ("name",), "col-name"),
    Column("scope", "Scope", ("scope__display_name", "name")),
    Column("assignment", "Assignment", ("assignment_key", "reference_id")),
    Column("state", "State", ("state", "name")),
    Column("objects", "Objects", css="number"),
    Column("created", "Created", ("created_at",)),
)
_WRITE = actions.of(actions.REMEDIATIONS, actions.WRITE)
_READ = actions.of(actions.REMEDIATIONS, actions.READ)


@dataclass(frozen=True, slots=True)
class Row:
    """A task as the grid shows it."""

    task: Remediation
    url: str
    origin: Origin
    look: Look
    counts: Counts


@portal_page()
def tasks(request: PortalRequest) -> HttpResponse:
    """``?sort=&page=``; the newest first where no order is asked for."""
    seen = authorization.visible(remediations.everywhere(), request.principal, _READ)
    sorting = Sorting.of(request, COLUMNS, default="-created")
    page = page_of(request, sorting.apply(seen))
    shown = list(page.object_list)
    counts = remediations.counts_of(shown)
    known = seen_assignments([one.assignment_arm_id for one in shown], request.principal)
    context = {
        "title": "Policy",
        "subtitle": "Remediation",
        "crumbs": [Crumb("Policy", "/"), Crumb("Remediation")],
        "headers": sorting.headers(request),
        "page": page,
        "rows": [_row(one, counts[one.pk], known) for one in shown],
        "may_ask": authorization.permit_somewhere(request.principal, _WRITE),
    }
    return render_page(request, "remediation/list.html", context, part="remediation/_grid.html")


def _row(one: Remediation, counts: Counts, known: Mapping[str, Assignment]) -> Row:
    return Row(
        task=one,
        url=looks.url(one),
        origin=origin(one.assignment_arm_id, known),
        look=looks.of_task(one),
        counts=counts,
    )
