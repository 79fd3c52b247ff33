"""Scans on the page: ask for one, see how far it is, cancel it, and read what failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from policy_app.browser.compliance import places
from policy_app.browser.compliance.places import Place
from policy_app.browser.inputs import asked, typed
from policy_app.browser.pages import PortalRequest, portal_page, wants_part
from policy_app.models import Cluster, Scan, ScanChunk
from policy_app.services import authorization
from policy_app.services.authorization import actions
from policy_app.services.compliance import pages, scanning
from policy_app.services.errors import PolicyError

_SHOWN_FAILURES = 5
_SHOWN_CLUSTERS = 3


@dataclass(frozen=True, slots=True)
class Shown:
    """How the audits of a place stand."""

    name: str
    """The cluster; empty where the place has several."""
    audited_at: datetime | None
    audited: int
    clusters: int
    scan: Scan | None
    progress: scanning.Progress | None
    """Of a scan that is not over."""
    failures: Sequence[ScanChunk]
    failed: int
    url: str
    """Where the page asks how far it is."""

    @property
    def is_first(self) -> bool:
        """Whether nothing was ever audited here."""
        return not self.audited


def shown(place: Place) -> Shown:
    """How the audits stand: of one cluster in detail, of several how many were audited."""
    cluster = place.only
    if cluster is None:
        return _several(place)
    audits = pages.audits(place.fleet).first()
    scan = scanning.latest(cluster)
    open_ = scan is not None and scan.state in Scan.OPEN
    failed = scan.chunks.filter(state=ScanChunk.State.SET_ASIDE) if scan else None
    count = failed.count() if failed is not None else 0
    name = place.names[cluster.pk]
    return Shown(
        name=name,
        audited_at=audits.audited_at if audits else None,
        audited=int(audits is not None and audits.audited_at is not None),
        clusters=1,
        scan=scan,
        progress=scanning.progress(scan) if scan is not None and open_ else None,
        failures=list(failed[:_SHOWN_FAILURES]) if failed is not None and count else [],
        failed=count,
        url=f"{reverse('compliance-progress')}?{urlencode({'cluster': name})}",
    )


@portal_page()
def progress(request: PortalRequest) -> HttpResponse:
    """``?cluster=``: the scan bar alone, which htmx asks for while a scan runs."""
    name = asked(request, "cluster")
    pages.cluster_of(request.principal, name)
    place = places.read(request)
    if not wants_part(request):
        return redirect(_back(name))
    found = shown(place)
    response = render(request, "compliance/_scan.html", {"scan": found})
    if found.progress is None:
        # What the grid shows is old now.
        response["HX-Refresh"] = "true"
    return response


@portal_page("POST")
def start(request: PortalRequest) -> HttpResponse:
    """``cluster=``: scan one cluster now; without it, all those that may be scanned."""
    name = typed(request).get("cluster", "")
    clusters = [pages.cluster_of(request.principal, name)] if name else _allowed(request)
    reach = scanning.Reach.FULL if typed(request).get("reach") == "full" else scanning.Reach.CHANGES
    for cluster in clusters:
        scanning.demand(cluster.scope, scanning.Trigger.DEMAND, request.principal, reach)
    messages.success(request, _started(clusters))
    return redirect(_back(name))


@portal_page("POST")
def cancel(request: PortalRequest) -> HttpResponse:
    """``cluster=``: end the scan that runs."""
    name = typed(request).get("cluster", "")
    cluster = pages.cluster_of(request.principal, name)
    authorization.require(request.principal, actions.EVALUATE, cluster.scope)
    scan = scanning.latest(cluster)
    if scan is None or scan.state not in Scan.OPEN:
        messages.info(request, f"No scan of {name} is going on.")
    else:
        scanning.cancel(scan, by=request.principal)
        messages.success(request, f"The scan of {name} ends after what is at hand.")
    return redirect(_back(name))


def _several(place: Place) -> Shown:
    audits = pages.audits(place.fleet)
    done = audits.filter(audited_at__isnull=False)
    oldest = done.order_by("audited_at").values_list("audited_at", flat=True).first()
    clusters = len(place.fleet.keys)
    return Shown("", oldest, done.count(), clusters, None, None, [], 0, "")


def _allowed(request: PortalRequest) -> list[Cluster]:
    rows = Cluster.objects.select_related("scope")
    found = list(authorization.visible(rows, request.principal, actions.EVALUATE))
    if not found:
        raise PolicyError(
            "NothingToScan",
            "There is no cluster that you may have scanned.",
            target="cluster",
            status=409,
        )
    return found


def _started(clusters: Sequence[Cluster]) -> str:
    names = [str(one) for one in clusters]
    if len(names) > _SHOWN_CLUSTERS:
        return f"{len(names)} clusters are being audited."
    return f"{' and '.join(names)} {'is' if len(names) == 1 else 'are'} being audited."


def _back(name: str) -> str:
    path = reverse("compliance")
    return f"{path}?{urlencode({'cluster': name})}" if name else path
