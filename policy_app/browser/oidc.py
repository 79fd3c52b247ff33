"""Sign in with OpenID Connect: to the provider and back, where the settings name one.

authlib finds the provider's addresses and keys by its issuer, sends state, nonce and PKCE along,
and checks the id token.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import structlog
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.django_client import OAuth
from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET
from requests import RequestException

from policy_app import callers
from policy_app.services import activity, oidc
from policy_app.services.errors import NotFound, PolicyError

_BACKEND = "django.contrib.auth.backends.ModelBackend"
_NEXT = "oidc_next"
_SECONDS = 10
_log = structlog.get_logger("oidc")


@never_cache
@require_GET
def start(request: HttpRequest) -> HttpResponse:
    """Off to the provider; ``next`` is where one wanted to go."""
    asked = request.GET.get("next", "")
    safe = url_has_allowed_host_and_scheme(
        asked, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    request.session[_NEXT] = asked if safe else settings.LOGIN_REDIRECT_URL
    back = request.build_absolute_uri(reverse("oidc-callback"))
    try:
        answer: HttpResponse = _provider().authorize_redirect(request, back)
    except (AuthlibBaseError, RequestException, ValueError) as error:
        return _failed(request, error)
    return answer


@never_cache
@require_GET
def callback(request: HttpRequest) -> HttpResponse:
    """Back from the provider: whoever its id token names is signed in."""
    try:
        token = _provider().authorize_access_token(request)
        claims = token.get("userinfo")
        if not claims:
            raise ValueError("the provider sent no id token")
        user = oidc.user_of(claims)
    except (AuthlibBaseError, RequestException, ValueError) as error:
        return _failed(request, error)
    except PolicyError as refusal:
        return _refused(request, refusal.message)
    wanted = request.session.pop(_NEXT, settings.LOGIN_REDIRECT_URL)
    login(request, user, backend=_BACKEND)
    return redirect(wanted)


@lru_cache(maxsize=1)
def _registry(issuer: str, client_id: str, secret: str, scope: str) -> Any:
    registry = OAuth()
    registry.register(
        "portal",
        client_id=client_id,
        client_secret=secret,
        server_metadata_url=f"{issuer.rstrip('/')}/.well-known/openid-configuration",
        client_kwargs={
            "scope": scope,
            "code_challenge_method": "S256",
            "default_timeout": _SECONDS,
        },
    )
    return registry.create_client("portal")


def _provider() -> Any:
    if not settings.OIDC_ISSUER:
        raise NotFound("NotFound", "This portal has no OpenID Connect provider.")
    return _registry(
        settings.OIDC_ISSUER,
        settings.OIDC_CLIENT_ID,
        settings.OIDC_CLIENT_SECRET,
        settings.OIDC_SCOPE,
    )


def _failed(request: HttpRequest, error: Exception) -> HttpResponse:
    # The reason may hold what the provider sent: it is for the log, not for whoever tries.
    _log.warning("sign-in failed", reason=type(error).__name__, detail=str(error)[:300])
    return _refused(request, "The sign-in at the provider did not succeed; try again.")


def _refused(request: HttpRequest, text: str) -> HttpResponse:
    from policy_app.browser import signin

    who = callers.stranger(request, "an OpenID Connect user", callers.BROWSER)
    activity.record(who, activity.SIGN_IN, outcome=activity.Outcome.FAILED, message=text)
    return signin.page(request, text, 403)


urlpatterns = [
    path("sign-in/oidc", start, name="oidc"),
    path("sign-in/oidc/callback", callback, name="oidc-callback"),
]
