"""The Remediation page: every task, the newest first, and how far it is."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpResponse

from policy_app.browser import links
from policy_app.browser.grids import Column, Sorting, page_of
from policy_app.browser.looks import Look
from policy_app.browser.pages import Crumb, PortalRequest, portal_page, render_page
from policy_app.browser.remediation import looks
from policy_app.models import Remediation
from policy_app.services import authorization, remediations
from policy_app.services.authorization import actions
from policy_app.services.remediations import Counts

COLUMNS = (
    Column("created", "Created", ("created_at",)),
    Column("name", "Task", ("name",), "col-name"),
    Column("scope", "Scope", ("scope__display_name", "name")),
    Column("assignment", "Assignment", ("assignment_key", "reference_id")),
    Column("state", "State", ("state", "name")),
    Column("objects", "Objects", css="number"),
)
_WRITE = actions.of(actions.REMEDIATIONS, actions.WRITE)
_READ = actions.of(actions.REMEDIATIONS, actions.READ)


@dataclass(frozen=True, slots=True)
class Row:
    """A task as the grid shows it."""

    task: Remediation
    url: str
    assignment: str
    assignment_url: str
    look: Look
    counts: Counts


@portal_page()
def tasks(request: PortalRequest) -> HttpResponse:
    """``?sort=&page=``; the newest first where no order is asked for."""
    seen = authorization.visible(remediations.everywhere(), request.principal, _READ)
    sorting = Sorting.of(request, COLUMNS, descending=True)
    page = page_of(request, sorting.apply(seen))
    counts = remediations.counts_of(page.object_list)
    context = {
        "title": "Policy",
        "subtitle": "Remediation",
        "crumbs": [Crumb("Policy", "/"), Crumb("Remediation")],
        "headers": sorting.headers(request),
        "page": page,
        "rows": [_row(one, counts[one.pk]) for one in page.object_list],
        "may_ask": authorization.permit_somewhere(request.principal, _WRITE),
    }
    return render_page(request, "remediation/list.html", context, part="remediation/_grid.html")


def _row(one: Remediation, counts: Counts) -> Row:
    return Row(
        task=one,
        url=looks.url(one),
        assignment=one.assignment_arm_id.rpartition("/")[2],
        assignment_url=links.assignment_by_id(one.assignment_arm_id),
        look=looks.of_task(one),
        counts=counts,
    )
