"""What a probe asks: is the process alive, and is it ready to answer? No sign-in, plain JSON."""

from __future__ import annotations

from dataclasses import asdict

from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from policy_app.services import setup


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 for as long as the process answers at all."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 with each check when the portal can work, 503 with the reason when it cannot."""
    checks = setup.readiness()
    ready = all(check.ok for check in checks)
    body = {"status": "ready" if ready else "not ready", "checks": [asdict(c) for c in checks]}
    return JsonResponse(body, status=200 if ready else 503)


urlpatterns = [path("healthz", healthz, name="healthz"), path("readyz", readyz, name="readyz")]
