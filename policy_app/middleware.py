"""What every request passes: a content security policy, and one log line with a request id."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from policy_app.services import counters

GetResponse = Callable[[HttpRequest], HttpResponse]

_STRICT = {
    "default-src": "'self'",
    "img-src": "'self' data:",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
# A sign-in link is a secret until it is used, and so is the token in a webhook's address: neither
# belongs in a log.
_SECRET = re.compile(r"(?<=^/sign-in/).+|pp(?:wh|at)_[^/]+")
_GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_log = structlog.get_logger("request")


class ContentSecurityPolicy:
    """Nothing inline, nothing from elsewhere; a view may widen it with ``response.csp_extra``."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Add the header to every response."""
        response = self.get_response(request)
        policy = _STRICT | getattr(response, "csp_extra", {})
        response["Content-Security-Policy"] = "; ".join(f"{k} {v}" for k, v in policy.items())
        return response


class Uploads:
    """Files are taken from who has signed in, and no more of them than any page takes.

    Django reads them before a view is asked, to find the form's token among them.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Refuse what is too large before any of it is read."""
        if request.content_type == "multipart/form-data":
            most = _most_of(request)
            if _length(request) > most:
                text = f"This form may have {most // 1024**2} MB with its files.\n"
                return HttpResponse(text, status=413, content_type="text/plain; charset=utf-8")
        return self.get_response(request)


def _most_of(request: HttpRequest) -> int:
    signed_in = request.user.is_authenticated
    return int(settings.LARGEST_UPLOAD if signed_in else settings.FILE_UPLOAD_MAX_MEMORY_SIZE)


def _length(request: HttpRequest) -> int:
    given = request.headers.get("Content-Length", "")
    return int(given) if given.isdecimal() and len(given) < 20 else 0


class RequestLog:
    """One line a request, without its body; the id goes back to the caller."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Time the request and name it in every line that is logged meanwhile."""
        given = request.headers.get("x-request-id", "")
        request_id = given if _GIVEN_ID.fullmatch(given) else str(uuid.uuid4())
        structlog.contextvars.bind_contextvars(request_id=request_id)
        started = time.perf_counter()
        try:
            response = self.get_response(request)
            response["X-Request-Id"] = request_id
            seconds = time.perf_counter() - started
            _log.info(
                "request",
                method=request.method,
                path=_SECRET.sub("…", request.path),
                status=response.status_code,
                ms=round(seconds * 1000, 1),
            )
            counters.answered(_door(request), request.method or "", response.status_code, seconds)
            return response
        finally:
            structlog.contextvars.unbind_contextvars("request_id")


def _door(request: HttpRequest) -> str:
    """Through which door it came; the webhooks are answered before any view is looked up."""
    found = request.resolver_match
    if found is None:
        return "webhook" if "/admission/" in request.path else "other"
    return counters.door_of(found.func.__module__)
