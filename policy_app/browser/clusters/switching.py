"""What can be done with a cluster's add-on: turn it on or off, set its clock, sync now."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from policy_app.browser import words
from policy_app.browser.clusters import subject as subjects
from policy_app.browser.clusters.subject import Subject
from policy_app.browser.inputs import asked, typed
from policy_app.browser.pages import Crumb, PortalRequest, portal_page, render_page
from policy_app.services.cluster import addon as service
from policy_app.services.cluster import survey
from policy_app.services.errors import PolicyError

_ON, _OFF = "on", "off"


@portal_page("GET", "POST")
def addon(request: PortalRequest, name: str) -> HttpResponse:
    """Ask (a page, or a dialog's content for htmx), then switch (``to=on`` or ``to=off``)."""
    found = subjects.find(name, request.principal)
    to = _wanted(typed(request).get("to", "") if request.method == "POST" else asked(request, "to"))
    if request.method == "POST":
        service.switch(found.cluster, on=to == _ON, by=request.principal)
        messages.success(request, _switched(found, to))
        return redirect(found.url("addon"))
    if not (permit := found.may_change):
        raise PolicyError("AuthorizationFailed", permit.why, status=403)
    verb = "Enable" if to == _ON else "Disable"
    context = {
        "title": f"{verb} the add-on",
        "verb": verb,
        "crumbs": found.crumbs(Crumb("Add-on", found.url("addon")), Crumb(verb)),
        "cluster": found.cluster,
        "to": to,
        "policies": survey.policy_objects(found.cluster).count(),
        "action": reverse("cluster-addon", args=[found.name]),
        "back": found.url("addon"),
    }
    return render_page(request, "clusters/switch.html", context, part="clusters/_switch.html")


@portal_page("POST")
def timing(request: PortalRequest, name: str) -> HttpResponse:
    """When the add-on takes over what is assigned (``timing=``)."""
    found = subjects.find(name, request.principal)
    given = typed(request).get("timing", "")
    try:
        service.set_timing(found.cluster, given, request.principal)
    except ValueError:
        choices = " or ".join(str(value) for value in service.Timing.values)
        raise PolicyError(
            "InvalidTiming",
            f"The timing {given!r} is not known: choose {choices}.",
            target="timing",
        ) from None
    chosen = service.Timing(given).label
    messages.success(request, f"Timing of the add-on on {found.cluster}: {chosen}.")
    return redirect(found.url("addon"))


@portal_page("POST")
def gatekeeper(request: PortalRequest, name: str) -> HttpResponse:
    """In whose words the cluster refuses (``generation=``)."""
    found = subjects.find(name, request.principal)
    given = typed(request).get("generation", "")
    try:
        service.set_generation(found.cluster, given, request.principal)
    except ValueError:
        choices = " or ".join(str(value) for value in service.Generation.values)
        raise PolicyError(
            "InvalidGeneration",
            f"The generation {given!r} is not known: choose {choices}.",
            target="generation",
        ) from None
    chosen = service.Generation(given).label
    messages.success(request, f"{found.cluster} refuses as {chosen}.")
    return redirect(found.url("addon"))


@portal_page("POST")
def sync(request: PortalRequest, name: str) -> HttpResponse:
    """Sync now, whatever the clock says."""
    found = subjects.find(name, request.principal)
    if not found.cluster.addon_enabled:
        raise PolicyError(
            "AddonDisabled",
            f"The Azure Policy add-on of {found.cluster} is off, so there is nothing to sync."
            " Enable it first.",
            status=409,
        )
    service.sync(found.cluster, request.principal)
    messages.success(request, _synced(found))
    return redirect(found.url("addon"))


def _wanted(text: str) -> str:
    if text not in (_ON, _OFF):
        raise PolicyError(
            "InvalidState", "Say what to do with the add-on: to=on or to=off.", target="to"
        )
    return text


def _switched(found: Subject, to: str) -> str:
    if to == _OFF:
        return (
            f"The Azure Policy add-on of {found.cluster} is off. Its templates, constraints and"
            " mutators are gone, and nothing is refused any more."
        )
    return f"The Azure Policy add-on of {found.cluster} is on. {_synced(found)}"


def _synced(found: Subject) -> str:
    ways = service.timeline(found.cluster)
    if not ways:
        return "No assignment reaches the cluster, so it has nothing to install."
    stopped = [str(one.assignment) for one in ways if one.code and one.stopped_at]
    told = f"{len(ways)} assignment{'s' if len(ways) > 1 else ''} reach{'es' * (len(ways) == 1)} it"
    if stopped:
        return f"{told}; {words.listed(stopped)} brought nothing, for the reason below."
    return f"{told}, and everything is installed."
