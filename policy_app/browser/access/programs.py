"""Service principals: programs with a client id, and secrets that are shown once."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache

from policy_app.browser.grids import page_of
from policy_app.browser.inputs import typed
from policy_app.browser.pages import Crumb, Fact, PortalRequest, portal_page, render_page
from policy_app.models import ServicePrincipal
from policy_app.services import authorization, estate
from policy_app.services import service_principals as service
from policy_app.services.authorization import assigning
from policy_app.services.errors import PolicyError

_DAYS = (30, 90, 180, 365, 730)


def _crumbs(*more: Crumb) -> list[Crumb]:
    here = Crumb("Service principals", reverse("principals") if more else "")
    return [Crumb("Policy", "/"), Crumb("Access control (IAM)", reverse("access")), here, *more]


@portal_page()
def listing(request: PortalRequest) -> HttpResponse:
    """Every service principal, for who may read them."""
    authorization.require(request.principal, service.READ, None)
    page = page_of(request, service.everyone())
    context = {
        "title": "Service principals",
        "crumbs": _crumbs(),
        "page": page,
        "rows": list(page.object_list),
        "now": timezone.now(),
        "may_write": authorization.permit(request.principal, service.WRITE, None),
    }
    return render_page(request, "access/principals.html", context)


@portal_page("GET", "POST")
def new(request: PortalRequest) -> HttpResponse:
    """Make one."""
    authorization.require(request.principal, service.WRITE, None)
    given = typed(request)
    values = {name: given.get(name, "") for name in ("display_name", "description")}
    refusal = None
    if request.method == "POST":
        try:
            row = service.create(values["display_name"], values["description"], request.principal)
            return redirect("principal", row.client_id)
        except PolicyError as error:
            refusal = error
    context = {
        "title": "Add service principal",
        "crumbs": _crumbs(Crumb("Add")),
        "values": values,
        "refusal": refusal,
        "back": reverse("principals"),
    }
    status = refusal.status if refusal else 200
    return render_page(request, "access/principal_form.html", context, status=status)


@portal_page()
def detail(request: PortalRequest, client_id: uuid.UUID) -> HttpResponse:
    """One service principal: how it signs in, its secrets, its roles."""
    authorization.require(request.principal, service.READ, None)
    return _detail(request, service.get(str(client_id)))


@never_cache
@portal_page("POST")
def secret(request: PortalRequest, client_id: uuid.UUID) -> HttpResponse:
    """Make a secret and show it, this once; or revoke one (``revoke=``)."""
    authorization.require(request.principal, service.WRITE, None)
    row = service.get(str(client_id))
    given = typed(request)
    if revoked := given.get("revoke", ""):
        number = int(revoked) if revoked.isdecimal() and len(revoked) < 18 else 0
        service.revoke_secret(row, number, request.principal)
        messages.success(request, "The secret is revoked, and every token that was made with it.")
        return redirect("principal", row.client_id)
    days = given.get("days", "")
    made = service.add_secret(
        row, given.get("label", ""), int(days) if days.isdecimal() else 0, request.principal
    )
    return _detail(request, service.get(str(client_id)), made=made.text)


@portal_page("GET", "POST")
def end(request: PortalRequest, client_id: uuid.UUID) -> HttpResponse:
    """Ask, then revoke a service principal for good."""
    authorization.require(request.principal, service.DELETE, None)
    row = service.get(str(client_id))
    back = reverse("principal", args=[row.client_id])
    if request.method == "POST":
        service.revoke(row, request.principal)
        messages.success(request, f"{row} is revoked.")
        return redirect("principals")
    context = {
        "title": "Revoke service principal",
        "crumbs": _crumbs(Crumb(str(row), back), Crumb("Revoke")),
        "heading": f"Revoke {row}?",
        "text": "Its secrets, tokens and roles end at once, and for good. What it did stays in the"
        " activity log.",
        "verb": "Revoke",
        "action": request.get_full_path(),
        "back": back,
    }
    return render_page(request, "access/ask.html", context, part="access/_ask.html")


def _detail(request: PortalRequest, row: ServicePrincipal, made: str = "") -> HttpResponse:
    given = assigning.rows().filter(principal__user=row.user)
    context: dict[str, Any] = {
        "title": row.display_name,
        "subtitle": "Service principal",
        "crumbs": _crumbs(Crumb(row.display_name)),
        "one": row,
        "facts": _facts(request, row),
        "secrets": [(one, one.is_good(timezone.now())) for one in row.secrets.all()],
        "made": made,
        "days": _DAYS,
        "given": authorization.visible(given, request.principal, assigning.READ),
        "may_write": authorization.permit(request.principal, service.WRITE, None),
    }
    return render_page(request, "access/principal.html", context)


def _facts(request: PortalRequest, row: ServicePrincipal) -> list[Fact]:
    token = request.build_absolute_uri(reverse("oauth-token", args=[estate.TENANT_ID]))
    return [
        Fact("State", "Revoked" if row.revoked_at else "Active"),
        Fact("Created", f"{row.created_at:%Y-%m-%d %H:%M} UTC by {row.created_by or 'the portal'}"),
        Fact("Client ID", str(row.client_id), code=True, copy=True, wide=True),
        Fact("Object ID", authorization.object_id(row.user), code=True, copy=True, wide=True),
        Fact("Tokens from", token, code=True, copy=True, wide=True),
        *([Fact("Description", row.description, wide=True)] if row.description else []),
    ]
