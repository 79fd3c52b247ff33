"""Sign in with OpenID Connect: to the provider and back, where the settings name one.

authlib finds the provider's addresses and keys by its issuer, sends state, nonce and PKCE along,
and checks the id token.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import structlog
from authlib.integrations.base_client.errors import MismatchingStateError, OAuthError
from authlib.integrations.django_client import OAuth
from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET
from requests import ConnectionError as RequestsConnectionError
from requests import Timeout

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
    back = request.build_absolute_uri(reverse("oidc-callback"))
    try:
        provider = _provider()
        with _told_in_words():
            answer: HttpResponse = provider.authorize_redirect(request, back)
    except PolicyError as refusal:
        return _refused(request, refusal)
    request.session[_NEXT] = asked if safe else settings.LOGIN_REDIRECT_URL
    return answer


@never_cache
@require_GET
def callback(request: HttpRequest) -> HttpResponse:
    """Back from the provider: whoever its id token names is signed in."""
    wanted = request.session.pop(_NEXT, settings.LOGIN_REDIRECT_URL)
    try:
        user = oidc.user_of(_claims(request))
    except PolicyError as refusal:
        return _refused(request, refusal)
    login(request, user, backend=_BACKEND)
    return redirect(wanted)


def _claims(request: HttpRequest) -> dict[str, Any]:
    """What the provider says of the person, once all of it is checked.

    The id token decides who it is.  OpenID Connect Core 1.0, 5.4: names, addresses and groups may
    be told at the userinfo endpoint alone.
    """
    provider = _provider()
    with _told_in_words():
        try:
            token = provider.authorize_access_token(request, claims_options=_only_this_issuer())
        finally:
            # A refusal of the provider's would leave it in the session.
            provider.framework.clear_state_data(request.session, request.GET.get("state"))
        claims = token.get("userinfo")
        if not claims:
            raise ValueError("the provider sent no id token")
        if "userinfo_endpoint" not in provider.load_server_metadata():
            return dict(claims)
        told = provider.userinfo(token=token)
        if told.get("sub") != claims["sub"]:
            raise ValueError("the userinfo endpoint speaks of somebody else")
        return {**told, **claims}


def _only_this_issuer() -> dict[str, Any]:
    """OpenID Connect Discovery 1.0, 4.3: the token is from the issuer that the settings name."""
    issuer = settings.OIDC_ISSUER.rstrip("/")
    return {"iss": {"essential": True, "values": [issuer, f"{issuer}/"]}}


@contextmanager
def _told_in_words() -> Iterator[None]:
    """Turn whatever goes wrong between authlib and the provider into a refusal.

    The reason may hold what the provider sent: it is for the log, not for whoever tries.
    """
    try:
        yield
    except Exception as error:  # what a provider sends may trip authlib up anywhere
        _log.warning("sign-in failed", reason=type(error).__name__, detail=str(error)[:300])
        raise _in_words(error) from error


def _in_words(error: Exception) -> PolicyError:
    if isinstance(error, (RequestsConnectionError, Timeout)):
        text = "The provider does not answer. Try again later, or sign in another way."
        return PolicyError("ProviderUnavailable", text, status=502)
    if isinstance(error, MismatchingStateError):
        text = "This sign-in was begun in another browser, or too long ago. Begin it again."
        return PolicyError("UnknownSignIn", text, status=403)
    if isinstance(error, OAuthError) and error.error == "access_denied":
        text = "The provider did not let you in, or the sign-in was cancelled there."
        return PolicyError("AccessDenied", text, status=403)
    text = "The sign-in at the provider did not succeed. Try again."
    return PolicyError("SignInFailed", text, status=403)


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


def _refused(request: HttpRequest, refusal: PolicyError) -> HttpResponse:
    from policy_app.browser import signin

    text = refusal.message
    if settings.OIDC_ISSUER:
        who = callers.stranger(request, "an OpenID Connect user", callers.BROWSER)
        activity.record(who, activity.SIGN_IN, outcome=activity.Outcome.FAILED, message=text)
    if request.session.modified:
        # Django leaves it out where the status is 500 or more, and the state could be used again.
        request.session.save()
    return signin.page(request, text, refusal.status)


urlpatterns = [
    path("sign-in/oidc", start, name="oidc"),
    path("sign-in/oidc/callback", callback, name="oidc-callback"),
]
