"""Delete an exemption, after saying what is held to the policies again."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from policy_app.browser.exemptions import impact
from policy_app.browser.exemptions.facts import ways
from policy_app.browser.inputs import address, asked, typed
from policy_app.browser.pages import Crumb, PortalRequest, portal_page, render_page
from policy_app.services import authorization, exemptions
from policy_app.services.errors import PolicyError
from policy_app.services.exemptions import State


@portal_page("GET", "POST")
def delete(request: PortalRequest) -> HttpResponse:
    """Ask (a page, or a dialog's content for htmx), then delete (``id=``).

    With ``cluster=`` it is told what becomes of that one: in the page, or to htmx alone.
    """
    row = exemptions.with_id(asked(request, "id"), request.principal)
    authorization.require(request.principal, exemptions.DELETE, row.scope)
    about, given = impact.question(row, request.principal), address(request)
    if request.method != "POST" and impact.asks_for_part(request, given):
        return impact.part(request, about, given, "exemptions/_gone_cluster.html")
    changed, status = "", 200
    if request.method == "POST":
        try:
            exemptions.delete_as_seen(row, request.principal, typed(request).get("as_of", ""))
        except PolicyError as refusal:
            changed, status = refusal.message, refusal.status
        else:
            messages.success(request, f"“{row}” is deleted. What it covered is judged again.")
            return redirect("exemptions")
    context = {
        "title": "Delete exemption",
        "crumbs": [
            Crumb("Policy", "/"),
            Crumb("Exemptions", reverse("exemptions")),
            Crumb(str(row), ways(row).view),
            Crumb("Delete"),
        ],
        "exemption": row,
        "changed": changed,
        "as_of": exemptions.stamp(row),
        "expired": exemptions.state_of(row) == State.EXPIRED,
        "clusters": about.clusters(given) if about else None,
        "action": ways(row).delete,
        "back": ways(row).view,
    }
    part = "exemptions/_delete.html"
    return render_page(request, "exemptions/delete.html", context, part=part, status=status)
