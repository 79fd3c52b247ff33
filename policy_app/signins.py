"""Every sign-in and every failed one, whichever form or link it came through, in the log."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from policy_app import callers
from policy_app.services import activity
from policy_app.services.authorization import Principal

SIGN_OUT = "Microsoft.PolicyPortal/signOut/action"


def connect() -> None:
    """Listen to Django's own signals, so that no way in is forgotten."""
    user_logged_in.connect(_signed_in, dispatch_uid="policy_app.signed_in")
    user_logged_out.connect(_signed_out, dispatch_uid="policy_app.signed_out")
    user_login_failed.connect(_failed, dispatch_uid="policy_app.sign_in_failed")


def address_of(request: HttpRequest) -> str:
    """Where a sign-in comes from, for the throttle: as the log has it."""
    return callers.address_of(request)


def locked_out(request: HttpRequest, credentials: Any = None, *args: Any) -> HttpResponse:
    """The answer to who has failed too often: 429, on the sign-in page."""
    from django.contrib.auth.forms import AuthenticationForm

    name = str((credentials or {}).get("username") or "")[:150]
    text = "Too many sign-ins have failed. Wait a while, or use a one-time sign-in link."
    activity.record(
        callers.stranger(request, name or "unknown", _door(request)),
        activity.SIGN_IN,
        outcome=activity.Outcome.REFUSED,
        message=text,
    )
    context = {"title": "Sign in", "form": AuthenticationForm(request), "refusal": text}
    return render(request, "signin/page.html", context, status=429)


def _signed_in(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    activity.record(_principal(request, user), activity.SIGN_IN)


def _signed_out(sender: Any, request: HttpRequest, user: User | None, **kwargs: Any) -> None:
    if user is not None:
        activity.record(_principal(request, user), SIGN_OUT)


def _failed(
    sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any
) -> None:
    if request is None:
        return
    name = str(credentials.get("username") or "unknown")[:150]
    activity.record(
        callers.stranger(request, name, _door(request)),
        activity.SIGN_IN,
        outcome=activity.Outcome.FAILED,
        message="A wrong name or password.",
    )


def _principal(request: HttpRequest, user: User) -> Principal:
    return Principal.of_user(user, door=_door(request), address=callers.address_of(request))


def _door(request: HttpRequest) -> str:
    return callers.ADMIN if request.path.startswith("/admin/") else callers.BROWSER
