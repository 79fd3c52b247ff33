"""Delete an assignment, after saying what goes with it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from policy_app.browser import words
from policy_app.browser.assign.subject import find_assignment
from policy_app.browser.assignments.facts import ways
from policy_app.browser.inputs import asked
from policy_app.browser.pages import Crumb, PortalRequest, portal_page, render_page
from policy_app.services import assignments, authorization, lifting
from policy_app.services.authorization import actions


@portal_page("GET", "POST")
def delete(request: PortalRequest) -> HttpResponse:
    """Ask (a page, or a dialog's content for htmx), then delete (``id=``)."""
    row = find_assignment(asked(request, "id"), request.principal)
    authorization.require(request.principal, actions.UNASSIGN, row.scope)
    gone = lifting.lifted_by(row)
    if request.method == "POST":
        name = str(row)
        assignments.delete(row, by=request.principal)
        messages.success(request, words.lifted(name, gone))
        return redirect("assignments")
    context = {
        "title": "Delete assignment",
        "crumbs": [
            Crumb("Policy", "/"),
            Crumb("Assignments", reverse("assignments")),
            Crumb(str(row), ways(row).view),
            Crumb("Delete"),
        ],
        "assignment": row,
        "lifted": gone,
        "clusters": words.listed([cluster.scope.name for cluster in gone.clusters]),
        "policies": words.policies(len(gone.policies)),
        "action": request.get_full_path(),
        "back": ways(row).view,
    }
    return render_page(request, "assignments/delete.html", context, part="assignments/_delete.html")
