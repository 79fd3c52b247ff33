"""Who is calling: a bearer token (programs), or the portal's own session (the browsable docs)."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request

from policy_app.services import access

INVALID_TOKEN = "InvalidAuthenticationToken"  # noqa: S105 - ARM's error code, no secret


class BearerToken(BaseAuthentication):
    """``Authorization: Bearer <secret>``, with a secret that ``policy-portal token`` printed.

    The first in the list of authenticators, so that its challenge goes out with every 401 and a
    wrong token is an error even where a session would do.
    """

    def authenticate(self, request: Request) -> tuple[User, str] | None:
        """The token's user; None without the header, ``AuthenticationFailed`` with a wrong one."""
        header = request.headers.get("Authorization", "")
        if not header:
            return None
        scheme, _, secret = header.partition(" ")
        if scheme.lower() != "bearer" or not secret.strip():
            raise AuthenticationFailed(
                "The Authorization header must read 'Bearer <token>'.", INVALID_TOKEN
            )
        user = access.user_of_token(secret.strip())
        if user is None:
            raise AuthenticationFailed(
                "The access token is unknown, expired or revoked; make one with"
                " 'policy-portal token --user NAME'.",
                INVALID_TOKEN,
            )
        return user, secret

    def authenticate_header(self, request: Request) -> str:
        """The challenge; no ``insufficient_claims``, for which the Azure SDKs would retry."""
        return 'Bearer realm="policy-portal", error="invalid_token"'


class PortalSession(SessionAuthentication):
    """The signed-in person's session; every change needs the CSRF token as well."""

    def enforce_csrf(self, request: Any) -> None:
        """Refuse a change without the token, and say what programs do instead."""
        try:
            super().enforce_csrf(request)
        except PermissionDenied as error:
            raise PermissionDenied(
                f"{error.detail} A session needs the token in the X-CSRFToken header; programs"
                " send 'Authorization: Bearer <token>' instead of a session."
            ) from error
