"""The headers that ARM puts on every answer: ids to trace it by, and "do not keep this"."""

from __future__ import annotations

import re
import uuid

import structlog
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework.request import Request

_GIVEN = re.compile(r"[A-Za-z0-9._-]{1,64}")


def request_id() -> str:
    """The id under which the log knows the request at hand, or a fresh one outside of any."""
    return str(structlog.contextvars.get_contextvars().get("request_id") or uuid.uuid4())


def stamp(request: HttpRequest | Request, response: HttpResponseBase) -> None:
    """Add ARM's headers; what the caller sent as correlation or client id is echoed."""
    own = request_id()
    response["x-ms-request-id"] = own
    response["x-ms-correlation-request-id"] = _given(request, "x-ms-correlation-request-id") or own
    client = _given(request, "x-ms-client-request-id")
    if client and request.headers.get("x-ms-return-client-request-id", "").lower() == "true":
        response["x-ms-client-request-id"] = client
    response["Cache-Control"] = "no-store, no-cache" if response.status_code == 404 else "no-cache"
    response["Pragma"] = "no-cache"
    response["Expires"] = "-1"


def _given(request: HttpRequest | Request, name: str) -> str:
    """A header's value if it is an id and nothing else; it goes into logs and back out."""
    value = request.headers.get(name, "")
    return value if _GIVEN.fullmatch(value) else ""
