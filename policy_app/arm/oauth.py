"""Access tokens for programs: OAuth 2.0's client-credentials grant, at Entra's addresses.

``POST /{tenant}/oauth2/v2.0/token`` takes a client id and a secret, in the form or as Basic
credentials, and answers with a bearer token.  Fields and error codes are those of RFC 6749 (4.4,
5.1 and 5.2) and of Entra's token endpoint, so that its clients understand them.
"""

from __future__ import annotations

import base64
import binascii
from urllib.parse import unquote_plus

from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET

from policy_app import callers
from policy_app.services import activity, estate, service_principals

_GRANT = "client_credentials"


@csrf_exempt
@never_cache
@sensitive_post_parameters("client_secret")
def token(request: HttpRequest, tenant: str) -> JsonResponse:
    """A token, or what is wrong with the request in OAuth's words."""
    if request.method != "POST":
        answer = _error("invalid_request", "AADSTS900561", "Only POST asks for a token.", 405)
        answer["Allow"] = "POST"
        return answer
    if tenant.lower() != estate.TENANT_ID:
        text = f"This portal's tenant is {estate.TENANT_ID}."
        return _error("invalid_request", "AADSTS90002", text)
    grant = request.POST.get("grant_type", "")
    if grant != _GRANT:
        text = f"The grant_type must be {_GRANT}."
        return _error("unsupported_grant_type", "AADSTS70003", text)
    client_id, secret = _credentials(request)
    if not client_id or not secret:
        text = "client_id and client_secret are required."
        return _error("invalid_request", "AADSTS900144", text)
    made = service_principals.sign_in(client_id, secret)
    if made is None:
        return _refused(request, client_id)
    activity.record(callers.principal_of(request, callers.REST, made.user), activity.SIGN_IN)
    return JsonResponse(
        {
            "token_type": "Bearer",
            "expires_in": service_principals.TOKEN_SECONDS,
            "ext_expires_in": service_principals.TOKEN_SECONDS,
            "access_token": made.text,
        }
    )


@require_GET
def configuration(request: HttpRequest, tenant: str) -> JsonResponse:
    """What clients look up first: where tokens are to be had, and from whom they are."""
    if tenant.lower() != estate.TENANT_ID:
        text = f"This portal's tenant is {estate.TENANT_ID}."
        return _error("invalid_tenant", "AADSTS90002", text)
    base = f"{request.scheme}://{request.get_host()}/{estate.TENANT_ID}"
    return JsonResponse(
        {
            "issuer": f"{base}/v2.0",
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
            "response_types_supported": ["token"],
            "grant_types_supported": [_GRANT],
        }
    )


def _refused(request: HttpRequest, client_id: str) -> JsonResponse:
    """The same for an unknown client as for a wrong secret: nobody learns which clients exist."""
    who = callers.stranger(request, client_id, callers.REST)
    activity.record(
        who,
        activity.SIGN_IN,
        outcome=activity.Outcome.FAILED,
        message="A client id with a secret that is not good.",
    )
    text = "The client is unknown, or its secret is wrong, has expired or was revoked."
    answer = _error("invalid_client", "AADSTS7000215", text, 401)
    answer["WWW-Authenticate"] = 'Basic realm="policy-portal"'
    return answer


def _credentials(request: HttpRequest) -> tuple[str, str]:
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return request.POST.get("client_id", ""), request.POST.get("client_secret", "")
    try:
        name, _, secret = base64.b64decode(value.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return "", ""
    return unquote_plus(name), unquote_plus(secret)


def _error(code: str, number: str, text: str, status: int = 400) -> JsonResponse:
    body = {
        "error": code,
        "error_description": f"{number}: {text}",
        "error_codes": [int(number.removeprefix("AADSTS"))],
    }
    return JsonResponse(body, status=status)


urlpatterns = [
    path("<str:tenant>/oauth2/v2.0/token", token, name="oauth-token"),
    path(
        "<str:tenant>/v2.0/.well-known/openid-configuration",
        configuration,
        name="oauth-configuration",
    ),
]
