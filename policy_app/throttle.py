"""The throttle of sign-ins: by name and address, as axes counts, and by the address alone."""

from __future__ import annotations

from typing import Any

from axes.attempts import get_cool_off_threshold
from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import Sum
from django.http import HttpRequest

from policy_app import callers


class ByAddressToo(AxesDatabaseHandler):  # type: ignore[misc]  # the library has no types
    """Axes' own handler; an address that fails with many names is locked out as a whole."""

    def is_locked(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> bool:
        """Has this name failed too often from here, or has anybody?"""
        if super().is_locked(request, credentials):
            return True
        if not _is_spraying(request):
            return False
        # Axes' middleware answers by this; axes itself notes it only where a name is locked out.
        request.axes_locked_out = True  # type: ignore[attr-defined]
        return True


def _is_spraying(request: HttpRequest) -> bool:
    most = settings.ADDRESS_FAILURES
    if not most:
        return False
    since = get_cool_off_threshold(request)
    rows = AccessAttempt.objects.filter(
        ip_address=callers.address_of(request), attempt_time__gte=since
    )
    failed = rows.aggregate(n=Sum("failures_since_start", default=0))["n"]
    return int(failed) >= most
