"""Every refusal in ARM's envelope: ``{"error": {"code", "message", "target", "details"}}``.

Codes and statuses are Azure Resource Manager's own; see docs/differences.md for the few that the
portal adds.
"""

from __future__ import annotations

from typing import Any

import structlog
from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.core.exceptions import SuspiciousOperation
from django.db import DataError
from django.http import Http404, HttpRequest
from django.urls import reverse
from rest_framework import exceptions
from rest_framework.response import Response

from policy_app.arm.headers import request_id
from policy_app.evaluation.language.errors import LanguageError
from policy_app.services import activity
from policy_app.services.errors import PolicyError

_log = structlog.get_logger("arm")


def handle(error: Exception, context: dict[str, Any]) -> Response:
    """DRF's exception handler: never None, so that no stack trace leaves the portal."""
    activity.note_refusal(error)
    refusal = _refusal(error, context)
    shape = body(refusal)
    if refusal.status == 501:
        _lead_to_differences(shape, context["request"])
    return Response({"error": shape}, status=refusal.status, headers=_headers(error))


def body(refusal: PolicyError) -> dict[str, Any]:
    """ARM's ErrorDetail; ``target`` and ``details`` only where there are any."""
    shape: dict[str, Any] = {"code": refusal.code, "message": refusal.message}
    if refusal.target:
        shape["target"] = refusal.target
    if refusal.details:
        shape["details"] = [body(one) for one in refusal.details]
    return shape


def _lead_to_differences(shape: dict[str, Any], request: HttpRequest) -> None:
    """Say where to read what Azure has and the portal has not, as an address that opens."""
    url = request.build_absolute_uri(reverse("document", args=["differences"]))
    shape["message"] += f" See {url}."
    shape["additionalInfo"] = [{"type": "Documentation", "info": {"url": url}}]


def not_yet(what: str) -> PolicyError:
    """What Azure has and the portal has not; an empty success would be a lie."""
    return PolicyError(
        "NotImplemented",
        f"{what} is part of Azure's API and not of this portal's.",
        status=501,
    )


def _refusal(error: Exception, context: dict[str, Any]) -> PolicyError:
    if isinstance(error, PolicyError):
        return error
    if isinstance(error, LanguageError):
        return PolicyError(error.code, error.message, target=error.path)
    if isinstance(error, Http404):
        return PolicyError("NotFound", "There is nothing at this address.", status=404)
    if isinstance(error, DjangoPermissionDenied):
        return PolicyError("AuthorizationFailed", "This is not allowed.", status=403)
    if isinstance(error, SuspiciousOperation):
        return PolicyError("InvalidRequestContent", f"The request is refused: {error}")
    if isinstance(error, DataError):
        # PostgreSQL holds texts to their columns; SQLite stores whatever comes.
        return PolicyError("InvalidRequestContent", "A value is too long to be stored.")
    if isinstance(error, exceptions.APIException):
        return _of_framework(error, context)
    _log.exception("unexpected error", exc_info=error)
    return PolicyError(
        "InternalServerError",
        f"The portal failed unexpectedly; its log says why, under request id {request_id()}.",
        status=500,
    )


def _of_framework(error: exceptions.APIException, context: dict[str, Any]) -> PolicyError:
    """What DRF itself refuses, with ARM's code for it."""
    code, message = _words(error, context)
    return PolicyError(code, message, status=error.status_code)


def _words(error: exceptions.APIException, context: dict[str, Any]) -> tuple[str, str]:
    if isinstance(error, exceptions.NotAuthenticated):
        return "AuthenticationFailed", (
            "Authentication failed. The 'Authorization' header is missing; send"
            " 'Authorization: Bearer <token>'."
        )
    if isinstance(error, exceptions.AuthenticationFailed):
        return str(error.get_codes()), str(error.detail)
    if isinstance(error, exceptions.PermissionDenied):
        return "AuthorizationFailed", str(error.detail)
    if isinstance(error, exceptions.MethodNotAllowed):
        allowed = ", ".join(context["view"].allowed_methods)
        method = context["request"].method
        return "HttpMethodNotSupported", (
            f"The HTTP method '{method}' is not supported here; use {allowed}."
        )
    if isinstance(error, exceptions.UnsupportedMediaType):
        return "UnsupportedMediaType", "Send the body with 'Content-Type: application/json'."
    return "BadRequest", str(error.detail)


def _headers(error: Exception) -> dict[str, str]:
    challenge = getattr(error, "auth_header", None)
    return {"WWW-Authenticate": challenge} if challenge else {}
