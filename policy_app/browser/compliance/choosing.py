"""The chosen cluster: its state stands on every page, and the choice lasts as long as a session."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from policy_app import callers
from policy_app.browser.compliance import links_to, states
from policy_app.browser.inputs import asked, typed
from policy_app.browser.looks import Look
from policy_app.browser.pages import Crumb, PortalRequest, portal_page, render_page
from policy_app.services.compliance import pages, standing

_KEY = "cluster"


@dataclass(frozen=True, slots=True)
class Badge:
    """The state of the chosen cluster, and where to look and to choose another."""

    name: str
    look: Look
    note: str
    url: str


def badge(request: HttpRequest) -> Badge | None:
    """The badge of the chosen cluster, or of the first one; None where there is none. One query."""
    by = callers.principal_of(request, callers.BROWSER)
    found = standing.of(by, request.session.get(_KEY))
    if found is None:
        return None
    look = states.look(found.state)
    faulty = found.non_compliant
    return Badge(
        name=found.name,
        look=look,
        note=f"{faulty} of {found.components} components are non-compliant"
        if found.components
        else "Not audited yet",
        url=links_to.listing(cluster=found.name),
    )


@portal_page("GET", "POST")
def choose(request: PortalRequest) -> HttpResponse:
    """Choose the cluster whose state stands everywhere (``cluster=``), and go back (``next=``)."""
    if request.method == "POST":
        given = typed(request)
        found = pages.cluster_of(request.principal, given.get("cluster", ""))
        request.session[_KEY] = found.pk
        return redirect(_back(request, given.get("next", "")))
    search = asked(request, "search").strip()
    seen = pages.seen(request.principal)
    shown = [one for one in seen if search.lower() in one.name.lower()]
    context = {
        "title": "Choose a cluster",
        "crumbs": [Crumb("Policy", "/"), Crumb("Choose a cluster")],
        "clusters": shown[:_MOST],
        "total": len(shown),
        "chosen": request.session.get(_KEY),
        "search": search,
        "next": asked(request, "next"),
    }
    return render_page(request, "compliance/choose.html", context, part="compliance/_choose.html")


def _back(request: PortalRequest, wanted: str) -> str:
    safe = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if safe and wanted.startswith("/") else reverse("overview")


_MOST = 200
