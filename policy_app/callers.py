"""Who a request is from: what each door hands to the services.

One principal a request, so that roles are read once, whatever the number of questions.
"""

from __future__ import annotations

from typing import Any

import structlog
from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest

from policy_app.services.authorization import Principal

BROWSER, REST, KUBERNETES, ADMIN = "browser", "rest", "kubernetes", "admin"
_KEPT = "_portal_principal"


def principal_of(request: HttpRequest, door: str, user: User | None = None) -> Principal:
    """The principal behind a request of somebody who has signed in; the same one each time.

    ``user`` is for doors that read tokens themselves.
    """
    who: Any = user or request.user
    kept: Principal | None = getattr(request, _KEPT, None)
    if kept is None or kept.user is not who:
        here = {"address": address_of(request), "request_id": _request_id()}
        kept = Principal.of_user(who, door=door, **here)
        setattr(request, _KEPT, kept)
    return kept


def stranger(request: HttpRequest, name: str, door: str) -> Principal:
    """Somebody who has not signed in, under the name that was given."""
    return Principal.stranger(name, door=door, address=address_of(request))


def address_of(request: HttpRequest) -> str:
    """Where the request comes from; behind ``PROXIES`` proxies, what the outermost one saw.

    Each proxy writes whom it was asked by at the end of ``X-Forwarded-For``; what stands further
    to the left may be made up by the caller.
    """
    direct = str(request.META.get("REMOTE_ADDR") or "")
    given = str(request.META.get("HTTP_X_FORWARDED_FOR") or "")
    hops = [one.strip() for one in given.split(",") if one.strip()]
    if settings.PROXIES and len(hops) >= settings.PROXIES:
        return hops[-settings.PROXIES][:64]
    return direct


def _request_id() -> str:
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))
