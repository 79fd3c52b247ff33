"""Every request below ``/clusters/<name>/``: find the cluster, the caller, then the view."""

from __future__ import annotations

import structlog
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.csrf import csrf_exempt

from policy_app.apimachinery import errors
from policy_app.cluster import answers, authentication, discovery, resources, reviews
from policy_app.cluster import requests as asked
from policy_app.services.cluster import clock, kinds

_log = structlog.get_logger("cluster")


@csrf_exempt
def api(request: HttpRequest, cluster: str, path: str = "") -> HttpResponseBase:
    """Answer as an API server does: what is refused is a Status, whatever goes wrong."""
    try:
        return _answered(request, cluster, [part for part in path.split("/") if part])
    except errors.ApiError as error:
        return answers.refusal(error)
    except DatabaseError:
        _log.exception("database", cluster=cluster)
        return answers.refusal(errors.internal("the database did not answer"))
    except Exception:
        # The trace goes to the log; a client gets a Status that it can show.
        _log.exception("request failed", cluster=cluster)
        return answers.refusal(errors.internal("the request could not be handled"))


@csrf_exempt
def root(request: HttpRequest, cluster: str) -> HttpResponseBase:
    """The paths that there are; people with a browser mean the page, which has no slash."""
    if request.method in ("GET", "HEAD") and "text/html" in request.headers.get("Accept", ""):
        return redirect("cluster", cluster)
    return api(request, cluster)


def _answered(request: HttpRequest, name: str, parts: list[str]) -> HttpResponseBase:
    if parts in (["healthz"], ["livez"], ["readyz"]):
        # The same for every name: who has not signed in does not learn which clusters there are.
        return HttpResponse("ok", content_type="text/plain")
    cluster, caller = authentication.enter(request, name)
    clock.catch_up(cluster)
    found = discovery.view(request, cluster, parts)
    if found is not None:
        return found
    found = reviews.view(request, cluster, caller, parts)
    if found is not None:
        return found
    target = asked.target_of(kinds.kinds_of(cluster), parts)
    return resources.serve(request, cluster, caller, target)
