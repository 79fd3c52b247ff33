"""What views share: one URL that serves the page or its part, breadcrumbs, tabs, essentials."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from policy_app import callers
from policy_app.models import Scope
from policy_app.services import activity, authorization, scopes
from policy_app.services.authorization import Principal
from policy_app.services.errors import PolicyError

P = ParamSpec("P")
_TITLES = {403: "You may not do this", 404: "Not found"}


class PortalRequest(HttpRequest):
    """A request of someone who has signed in, with htmx's headers read."""

    htmx: HtmxDetails
    user: User
    principal: Principal


View = Callable[Concatenate[PortalRequest, P], HttpResponse]
AnyView = Callable[Concatenate[HttpRequest, P], HttpResponse]


@dataclass(frozen=True, slots=True)
class Crumb:
    """A step of the breadcrumb; the last one has no address."""

    label: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """A line of the essentials panel."""

    label: str
    value: object
    url: str = ""
    code: bool = False
    copy: bool = False
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Tab:
    """A tab that is a link; ``error`` marks it, ``count`` stands beside the label."""

    label: str
    url: str
    current: bool = False
    count: int | None = None
    error: bool = False


@dataclass(frozen=True, slots=True)
class TabPage:
    """A page's tabs, and the template of the current one with its context."""

    tabs: list[Tab]
    template: str
    context: dict[str, Any]


def portal_page(*methods: str) -> Callable[[View[P]], AnyView[P]]:
    """Decorate a view: signed in, these methods only (GET by default), refusals as a page."""
    allowed = list(methods or ("GET",)) + (["HEAD"] if not methods or "GET" in methods else [])

    def decorate(view: View[P]) -> AnyView[P]:
        answer = cast(AnyView[P], require_http_methods(allowed)(view))

        @wraps(view)
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if not request.user.is_authenticated:
                return _to_sign_in(request)
            cast(PortalRequest, request).principal = callers.principal_of(request, callers.BROWSER)
            try:
                return answer(request, *args, **kwargs)
            except PolicyError as refusal:
                activity.note_refusal(refusal)
                return refused(request, refusal)

        # For whoever wants to know what can be asked of which address.
        guarded.methods = tuple(allowed)  # type: ignore[attr-defined]
        return cast(AnyView[P], guarded)

    return decorate


def known_tree(request: PortalRequest) -> list[Scope]:
    """The scopes that the person may know of, parents before their children."""
    return scopes.tree(authorization.visible_scopes(request.principal))


def render_page(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    *,
    part: str = "",
    status: int = 200,
) -> HttpResponse:
    """The page, or the template ``part`` alone where htmx asks for a part of it."""
    wanted = part if part and wants_part(request) else template
    response = render(request, wanted, context, status=status)
    # The same URL has two bodies: a browser's cache must not give one for the other.
    patch_vary_headers(response, ["HX-Request"])
    return response


def wants_part(request: HttpRequest) -> bool:
    """Did htmx ask for a part? Going back in history asks for the whole page again."""
    htmx = cast(PortalRequest, request).htmx
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    """The sign-in page, and after it the page that was open.

    htmx follows a plain redirect, and would put the whole sign-in page into a part of that page.
    """
    if not wants_part(request):
        return redirect_to_login(request.get_full_path())
    opened = cast(PortalRequest, request).htmx.current_url_abs_path
    return HttpResponseClientRedirect(redirect_to_login(opened or request.get_full_path()).url)


def refused(request: HttpRequest, refusal: PolicyError) -> HttpResponse:
    """A service's refusal as a page with the same status."""
    context = {
        "title": _TITLES.get(refusal.status, "This cannot be done"),
        "crumbs": [Crumb("Policy", "/"), Crumb("Refused")],
        "refusals": refusal.every(),
    }
    return render_page(
        request,
        "errors/refused.html",
        context,
        part="errors/_refused.html",
        status=refusal.status,
    )
