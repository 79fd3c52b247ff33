"""The page of a task: what it is about, how far it is, what became of each object; its end."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from policy_app.browser.grids import page_of
from policy_app.browser.inputs import asked, typed
from policy_app.browser.origins import origin, seen_assignments
from policy_app.browser.pages import Crumb, Fact, PortalRequest, portal_page, render_page
from policy_app.browser.remediation import looks
from policy_app.models import Remediation
from policy_app.services import authorization, remediations
from policy_app.services.authorization import Principal, actions


@portal_page()
def task(request: PortalRequest) -> HttpResponse:
    """``?id=&page=``; htmx asks for the part that changes while it is carried out."""
    row = remediations.with_id(asked(request, "id"), request.principal)
    page = page_of(request, remediations.deployments(row))
    context = {
        "title": row.name,
        "subtitle": "Remediation task",
        "crumbs": [
            Crumb("Policy", "/"),
            Crumb("Remediation", reverse("remediations")),
            Crumb(row.name),
        ],
        "task": row,
        "look": looks.of_task(row),
        "counts": remediations.counts_of([row])[row.pk],
        "facts": _facts(row, request.principal),
        "page": page,
        "rows": [(one, looks.of_object(one)) for one in page.object_list],
        "may_cancel": authorization.permit(
            request.principal, actions.CANCEL_REMEDIATION, row.scope
        ),
    }
    return render_page(request, "remediation/task.html", context, part="remediation/_task.html")


@portal_page("POST")
def cancel(request: PortalRequest) -> HttpResponse:
    """``id=``: end a task early."""
    row = remediations.with_id(typed(request).get("id", ""), request.principal)
    remediations.cancel(row.scope, row.name, request.principal)
    messages.success(request, f"“{row.name}” is canceled. What was changed stays changed.")
    return redirect(looks.url(row))


def _facts(row: Remediation, by: Principal) -> list[Fact]:
    came_from = origin(row.assignment_arm_id, seen_assignments([row.assignment_arm_id], by))
    threshold = row.failure_threshold
    share = "" if threshold is None else f"Ends when more than {threshold:.0%} have failed"
    return [
        Fact("Scope", row.scope),
        Fact("Assignment", came_from.name, url=came_from.url),
        *([Fact("Policy of it", row.reference_id)] if row.reference_id else []),
        Fact("Looks for", Remediation.Discovery(row.discovery).label),
        Fact("At most", f"{row.resource_count} objects"),
        Fact("Parallel deployments", row.parallel_deployments),
        Fact("Failures", share or "Fails with one object that fails"),
        Fact("Created", _created(row)),
        *([Fact("Ended", _told(row.finished_at))] if row.finished_at else []),
        Fact("Remediation ID", row.arm_id, code=True, copy=True, wide=True),
    ]


def _created(row: Remediation) -> str:
    who = f" by {row.created_by}" if row.created_by else ""
    return f"{_told(row.created_at)}{who}"


def _told(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
