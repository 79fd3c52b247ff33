"""``/metrics``, for Prometheus: with an API token as a bearer token, or as the settings say."""

from __future__ import annotations

from django.conf import settings
from django.db import Error as DatabaseFailure
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from policy_app.services import access, monitoring

_PLAIN = "text/plain; charset=utf-8"


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """What the processes of this machine counted, and what the portal holds."""
    if settings.METRICS == "off":
        return _plain(404, "There are no metrics: POLICY_PORTAL_METRICS is off.")
    if settings.METRICS == "token" and not _has_token(request):
        refused = _plain(
            401,
            "Send an API token as a bearer token (policy-portal token --user NAME makes one), or"
            " set POLICY_PORTAL_METRICS=open.",
        )
        refused["WWW-Authenticate"] = 'Bearer realm="Policy Portal"'
        return refused
    try:
        text = monitoring.of_the_portal()
    except DatabaseFailure:
        text = monitoring.of_this_machine()
    return HttpResponse(text, content_type=monitoring.CONTENT_TYPE)


def _has_token(request: HttpRequest) -> bool:
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    return scheme.lower() == "bearer" and access.user_of_token(secret.strip()) is not None


def _plain(status: int, text: str) -> HttpResponse:
    return HttpResponse(text + "\n", status=status, content_type=_PLAIN)


urlpatterns = [path("metrics", metrics, name="metrics")]
