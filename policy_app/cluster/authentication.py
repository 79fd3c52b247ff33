"""Who is calling: a token as bearer or as password, the portal's session, and impersonation.

kubectl sends no bearer token over plain HTTP, but a user and a password that stand in the server's
URL, so the token may be the password.
"""

from __future__ import annotations

import base64
import binascii

from django.contrib.auth.models import User
from django.http import HttpRequest

from policy_app import callers
from policy_app.apimachinery import errors
from policy_app.models import Cluster
from policy_app.services import access
from policy_app.services.cluster import accounts, authorization, lookup
from policy_app.services.cluster.caller import Caller

_EXTRA = "Impersonate-Extra-"


def enter(request: HttpRequest, name: str) -> tuple[Cluster, Caller]:
    """The cluster of that name and its caller, or who the caller asks to be.

    Raises ``ApiError``: 401 for who has not signed in, whether there is such a cluster or not; 404
    where there is none that the caller has a role for; 403 for who may not be somebody else.
    """
    if _bearer(request).startswith(accounts.PREFIX):
        cluster, caller = _account(request, name)
    else:
        cluster, caller = _person(request, name)
    return cluster, _impersonated(request, cluster, caller)


def _impersonated(request: HttpRequest, cluster: Cluster, caller: Caller) -> Caller:
    wanted = request.headers.get("Impersonate-User")
    if wanted is None:
        if _groups(request):
            raise errors.bad_request("requested groups without impersonating a user")
        return caller
    other = authorization.impersonated(wanted, _groups(request), _extra(request))
    authorization.require_impersonation(cluster, caller, other)
    return other


def _bearer(request: HttpRequest) -> str:
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    return value.strip() if scheme.lower() == "bearer" else ""


def _account(request: HttpRequest, name: str) -> tuple[Cluster, Caller]:
    """The service account whose token was sent; it belongs to one cluster."""
    try:
        cluster = lookup.by_name(name)
    except errors.ApiError:
        raise errors.unauthorized() from None
    caller = accounts.caller_of(cluster, _bearer(request))
    if caller is None:
        raise errors.unauthorized()
    return cluster, caller


def _person(request: HttpRequest, name: str) -> tuple[Cluster, Caller]:
    user = _user(request)
    if user is None:
        raise errors.unauthorized()
    principal = callers.principal_of(request, callers.KUBERNETES, user)
    cluster = lookup.by_name(name, principal)
    return cluster, authorization.caller_of(principal, cluster)


def _user(request: HttpRequest) -> User | None:
    header = request.headers.get("Authorization", "")
    scheme, _, value = header.partition(" ")
    if scheme.lower() == "bearer":
        return access.user_of_token(value.strip())
    if scheme.lower() == "basic":
        return _user_of_basic(value.strip())
    # A session only reads: another site could make a browser write with its cookie.
    if not header and request.method in ("GET", "HEAD") and request.user.is_authenticated:
        return request.user
    return None


def _user_of_basic(value: str) -> User | None:
    try:
        name, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    user = access.user_of_token(secret)
    return user if user is not None and user.get_username() == name else None


def _groups(request: HttpRequest) -> tuple[str, ...]:
    # WSGI joins a header that comes more than once with commas.
    given = request.headers.get("Impersonate-Group", "")
    return tuple(one.strip() for one in given.split(",") if one.strip())


def _extra(request: HttpRequest) -> dict[str, list[str]]:
    return {
        name[len(_EXTRA) :].lower(): [one.strip() for one in value.split(",")]
        for name, value in request.headers.items()
        if name.startswith(_EXTRA)
    }
