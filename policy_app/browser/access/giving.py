"""Give somebody a role at a scope, and take it away again."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from policy_app.browser.access.listing import url
from policy_app.browser.inputs import asked, typed
from policy_app.browser.pages import Crumb, PortalRequest, portal_page, render_page
from policy_app.models import Scope
from policy_app.services import authorization
from policy_app.services.authorization import assigning, directory, roles
from policy_app.services.errors import PolicyError


@portal_page("GET", "POST")
def add(request: PortalRequest) -> HttpResponse:
    """The form (``scope=``), then the role assignment."""
    scope = authorization.scope_for(request.principal, asked(request, "scope"), assigning.WRITE)
    if request.method != "POST":
        return _form(request, scope, {}, None)
    given = typed(request)
    values = {name: given.get(name, "") for name in ("role", "principal", "description")}
    try:
        gift = assigning.RoleGift(
            scope=scope,
            name=uuid.uuid4(),
            role=roles.get(values["role"], request.principal),
            principal=directory.named(values["principal"]),
            description=values["description"].strip(),
        )
        row, _ = assigning.put(gift, request.principal)
    except PolicyError as refusal:
        return _form(request, scope, values, refusal)
    messages.success(request, f"{row.principal} has the role {row.role} at {scope} now.")
    return redirect(url(scope))


@portal_page("GET", "POST")
def remove(request: PortalRequest) -> HttpResponse:
    """Ask (a page, or a dialog's content for htmx), then take the role away."""
    scope = authorization.scope_for(request.principal, asked(request, "scope"), assigning.DELETE)
    row = assigning.get(scope, asked(request, "name"))
    if request.method == "POST":
        assigning.delete(row, request.principal)
        messages.success(request, f"{row.principal} no longer has the role {row.role} at {scope}.")
        return redirect(url(scope))
    context = {
        "title": "Remove role assignment",
        "crumbs": [
            Crumb("Policy", "/"),
            Crumb("Access control (IAM)", url(scope)),
            Crumb("Remove"),
        ],
        "heading": f"Remove the role {row.role} from {row.principal}?",
        "text": f"It was given at {scope}. What comes with a role at a scope above, or with a"
        " group, stays.",
        "verb": "Remove",
        "action": request.get_full_path(),
        "back": url(scope),
    }
    return render_page(request, "access/ask.html", context, part="access/_ask.html")


def _form(
    request: PortalRequest, scope: Scope, values: dict[str, str], refusal: PolicyError | None
) -> HttpResponse:
    offered = roles.assignable_at(roles.visible(request.principal), scope)
    context = {
        "title": "Add role assignment",
        "subtitle": str(scope),
        "crumbs": _crumbs(scope, "Add"),
        "scope": scope,
        "roles": offered,
        "principals": directory.suggestions(),
        "values": values,
        "refusal": refusal,
        "wrong_principal": refusal is not None and refusal.target == "principal",
        "back": url(scope),
    }
    status = refusal.status if refusal else 200
    return render_page(request, "access/add.html", context, status=status)


def _crumbs(scope: Scope, last: str) -> list[Crumb]:
    return [Crumb("Policy", "/"), Crumb("Access control (IAM)", url(scope)), Crumb(last)]
