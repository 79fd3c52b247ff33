"""The Overview: where things stand, and the way from a definition to a test."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import path

from policy_app.browser import links
from policy_app.browser.pages import Crumb, PortalRequest, portal_page, render_page
from policy_app.services.overview import summary


@portal_page()
def overview(request: PortalRequest) -> HttpResponse:
    """Counts, clusters, the newest assignments, the first steps."""
    state = summary()
    context = {
        "title": "Policy",
        "subtitle": "Overview",
        "crumbs": [Crumb("Policy")],
        "summary": state,
        "recent": [(one, links.assignment_by_id(one.arm_id)) for one in state.recent],
    }
    return render_page(request, "overview/page.html", context)


urlpatterns = [path("", overview, name="overview")]
