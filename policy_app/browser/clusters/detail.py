"""The page of one cluster: what it is, and a tab for each thing to look at."""

from __future__ import annotations

from django.http import HttpResponse

from policy_app.browser.clusters import subject, tabs
from policy_app.browser.grids import PART
from policy_app.browser.pages import Fact, PortalRequest, portal_page, render_page
from policy_app.services import authorization, scopes
from policy_app.services.authorization import actions

_GRID = "results"


@portal_page()
def cluster(request: PortalRequest, name: str) -> HttpResponse:
    """``?tab=``, and what the tab's own filters are; a tab that is not there is the first one."""
    found = subject.find(name, request.principal)
    shown = tabs.shown(request, found)
    context = {
        "title": found.cluster.scope.name,
        "crumbs": found.crumbs(),
        "subject": found,
        "cluster": found.cluster,
        "may_assign": authorization.permit(request.principal, actions.ASSIGN, found.cluster.scope),
        "facts": _facts(found),
        "tabs": shown.tabs,
        "panel": shown.template,
        **shown.context,
    }
    part = PART if request.htmx.target == _GRID else "clusters/_tabs.html"
    return render_page(request, "clusters/detail.html", context, part=part)


def _facts(found: subject.Subject) -> list[Fact]:
    cluster, scope = found.cluster, found.cluster.scope
    group = scope.parent.display_name if scope.parent else "None"
    return [
        Fact("Resource group", group),
        Fact("Kubernetes version", cluster.kubernetes_version),
        Fact("Subscription", _subscription(found)),
        Fact("Gatekeeper", cluster.get_gatekeeper_display()),
        Fact("Location", scope.location or "None"),
        Fact("Azure Policy add-on", _addon(found), url=found.url("addon")),
        Fact("Resource ID", scope.arm_id, code=True, copy=True, wide=True),
    ]


def _subscription(found: subject.Subject) -> str:
    known = authorization.visible_scopes(found.by).filter(pk__in=found.cluster.scope.lineage)
    way = scopes.breadcrumb(found.cluster.scope, known)
    return way.rpartition(" / ")[0].rpartition(" / ")[0] or "None"


def _addon(found: subject.Subject) -> str:
    return "Enabled" if found.cluster.addon_enabled else "Disabled"
