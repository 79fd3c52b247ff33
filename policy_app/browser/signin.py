"""Sign in with a one-time link or a password; sign out."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import login, logout
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from policy_app.services import access
from policy_app.services.errors import PolicyError

_BACKEND = "django.contrib.auth.backends.ModelBackend"


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """The explanation and the form; ``next`` is where one wanted to go."""
    if request.method == "POST":
        form = AuthenticationForm(request, data=request.POST)
        if form.is_valid():
            login(request, form.get_user())
            return redirect(_next(request))
        return _page(request, form, 400)
    if request.user.is_authenticated:
        return redirect(_next(request))
    return _page(request, AuthenticationForm(request))


# No HEAD: a program that only looks whether the address answers must not use the link up.
@never_cache
@require_GET
def redeem(request: HttpRequest, secret: str) -> HttpResponse:
    """A one-time link: signs its user in, or says what is wrong with it."""
    try:
        user = access.redeem(secret)
    except PolicyError as refusal:
        context = {"refusal": refusal.message}
        return _page(request, AuthenticationForm(request), refusal.status, **context)
    login(request, user, backend=_BACKEND)
    return redirect(settings.LOGIN_REDIRECT_URL)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    logout(request)
    return redirect(settings.LOGOUT_REDIRECT_URL)


def page(request: HttpRequest, refusal: str, status: int) -> HttpResponse:
    """The sign-in page with what went wrong elsewhere."""
    return _page(request, AuthenticationForm(request), status, refusal=refusal)


def _page(
    request: HttpRequest, form: AuthenticationForm, status: int = 200, **extra: str
) -> HttpResponse:
    context = {
        "title": "Sign in",
        "form": form,
        "next": _next(request),
        "oidc_label": settings.OIDC_LABEL if settings.OIDC_ISSUER else "",
        **extra,
    }
    return render(request, "signin/page.html", context, status=status)


def _next(request: HttpRequest) -> str:
    """Where to go afterwards; only within the portal."""
    asked = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(
        asked, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return asked if safe else settings.LOGIN_REDIRECT_URL


urlpatterns = [
    path("sign-in", sign_in, name="sign-in"),
    path("sign-in/<str:secret>", redeem, name="sign-in-link"),
    path("sign-out", sign_out, name="sign-out"),
]
