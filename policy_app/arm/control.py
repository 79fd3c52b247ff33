"""The control API for tests, which Azure does not have: reset, clock and sync at ``/_portal/``.

It is there only under ``serve --control``, and answers only who asks from the portal's own machine
and owns the root of the tenant.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import Http404
from django.urls import path
from django.utils.dateparse import parse_datetime, parse_duration
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from policy_app import callers, wall_clock
from policy_app.arm import headers
from policy_app.arm.rendering import ArmJsonRenderer, OnlyJson
from policy_app.arm.views import refuse_chunks
from policy_app.evaluation.language.exemptions import in_arm_form
from policy_app.models import Scan
from policy_app.services import authorization, control
from policy_app.services.authorization import Principal
from policy_app.services.errors import PolicyError


@extend_schema(exclude=True)
class ControlView(APIView):
    """What the three addresses share."""

    renderer_classes = [ArmJsonRenderer]
    content_negotiation_class = OnlyJson

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Nothing is here where nobody asked for it, whoever calls."""
        if not settings.CONTROL:
            raise Http404
        super().initial(request, *args, **kwargs)
        refuse_chunks(request)
        if not _is_here(callers.address_of(request._request)):
            raise PolicyError(
                "ControlNotAllowed",
                "The control API answers on the portal's own machine alone.",
                status=403,
            )
        authorization.require(self.caller, control.CONTROL, None)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """The headers of every answer of REST."""
        final = super().finalize_response(request, response, *args, **kwargs)
        headers.stamp(request, final)
        return final

    @property
    def caller(self) -> Principal:
        """Who is calling; permissions have made sure that it is a user."""
        return callers.principal_of(self.request._request, callers.REST, self.request.user)  # type: ignore[arg-type]


class Reset(ControlView):
    """The estate anew."""

    def post(self, request: Request) -> Response:
        """Empty the portal, to the demo estate or (``{"estate": "none"}``) to nothing."""
        given = _options(request, "estate").get("estate", control.Estate.DEMO)
        if given not in list(control.Estate):
            choices = " or ".join(f"'{one}'" for one in control.Estate)
            raise _wrong("estate", f"must be {choices}")
        scopes = control.reset(control.Estate(given), self.caller)
        return Response({"estate": given, "scopes": [one.arm_id for one in scopes]})


class Clock(ControlView):
    """The clock that policy goes by."""

    def get(self, request: Request) -> Response:
        """What time it is."""
        return _told(control.see_clock(self.caller))

    def post(self, request: Request) -> Response:
        """Set it (``{"now": "2027-01-01T00:00:00Z"}``), or push it (``{"advance": "PT15M"}``)."""
        options = _options(request, "now", "advance")
        if len(options) != 1:
            raise _wrong("now", "or 'advance' must be given, and not both")
        if "now" in options:
            wanted = "must be a moment with its zone, as '2027-01-01T00:00:00Z'"
            to = _parsed(parse_datetime, options, "now", wanted)
            if to.tzinfo is None:
                raise _wrong("now", wanted)
            return _told(control.set_clock(to, self.caller))
        wanted = "must be a duration of ISO 8601, as 'PT15M' or 'P30D'"
        return _told(
            control.push_clock(_parsed(parse_duration, options, "advance", wanted), self.caller)
        )


class Sync(ControlView):
    """Everything that is due, now."""

    def post(self, request: Request) -> Response:
        """Have add-ons sync, duties done and scans finished; answers with what was done."""
        _options(request)
        done = control.sync(self.caller)
        return Response(
            {
                "addons": done.addons,
                "duties": done.duties,
                "scans": [_scan(one) for one in done.scans],
            }
        )


def _is_here(address: str) -> bool:
    """Is it an address of this machine that no other machine can have?"""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    inner = getattr(found, "ipv4_mapped", None)
    return (inner or found).is_loopback


def _options(request: Request, *known: str) -> dict[str, Any]:
    """The JSON object of the body, with known options alone; empty where there is none."""
    body = request.data
    if not isinstance(body, dict):
        raise PolicyError("InvalidRequestContent", "The request content must be a JSON object.")
    for name in body:
        if name not in known:
            choices = ", ".join(f"'{one}'" for one in known) or "none"
            raise _wrong(name, f"is no option here; there are: {choices}")
    return body


def _parsed(parse: Callable[[str], Any], options: dict[str, Any], name: str, wanted: str) -> Any:
    given = options[name]
    try:
        found = parse(given) if isinstance(given, str) else None
    except (ValueError, OverflowError):  # of the right form, but no such day, or out of bounds
        found = None
    if found is None:
        raise _wrong(name, wanted)
    return found


def _told(now: datetime) -> Response:
    return Response(
        {"now": in_arm_form(now), "aheadSeconds": round(wall_clock.ahead().total_seconds(), 3)}
    )


def _scan(row: Scan) -> dict[str, Any]:
    return {
        "cluster": row.cluster.scope.arm_id,
        "trigger": row.trigger,
        "state": row.state,
        "objects": row.objects_done,
        "changed": row.summary.get("changed", 0),
        "finishedAt": in_arm_form(row.finished_at) if row.finished_at else None,
    }


def _wrong(name: str, what: str) -> PolicyError:
    return PolicyError("InvalidRequestContent", f"'{name}' {what}.", target=name)


urlpatterns = [
    path("_portal/reset", Reset.as_view(), name="control-reset"),
    path("_portal/clock", Clock.as_view(), name="control-clock"),
    path("_portal/sync", Sync.as_view(), name="control-sync"),
]
