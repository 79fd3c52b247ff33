"""Roles: what each allows, and custom ones made of action patterns."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from policy_app.browser import scope_tree
from policy_app.browser.grids import page_of
from policy_app.browser.inputs import typed
from policy_app.browser.pages import Crumb, PortalRequest, known_tree, portal_page, render_page
from policy_app.models import RoleDefinition
from policy_app.services import authorization
from policy_app.services.authorization import assigning
from policy_app.services.authorization import roles as service
from policy_app.services.errors import PolicyError


def _crumbs(*more: Crumb) -> list[Crumb]:
    here = Crumb("Roles", reverse("roles") if more else "")
    return [Crumb("Policy", "/"), Crumb("Access control (IAM)", reverse("access")), here, *more]


@portal_page()
def listing(request: PortalRequest) -> HttpResponse:
    """The built-in roles, and the custom ones that may be seen."""
    page = page_of(request, service.visible(request.principal))
    context = {
        "title": "Roles",
        "crumbs": _crumbs(),
        "page": page,
        "rows": list(page.object_list),
        "may_write": authorization.permit_somewhere(request.principal, service.WRITE),
    }
    return render_page(request, "access/roles.html", context)


@portal_page()
def detail(request: PortalRequest, name: uuid.UUID) -> HttpResponse:
    """What one role allows, and who has it where one may see that."""
    row = service.get(name, request.principal)
    given = assigning.rows().filter(role=row).order_by("scope__path", "pk")
    seen = authorization.visible(given, request.principal, assigning.READ)
    context = {
        "title": row.role_name,
        "subtitle": "Built-in role" if row.is_built_in else "Custom role",
        "crumbs": _crumbs(Crumb(row.role_name)),
        "role": row,
        "page": (page := page_of(request, seen)),
        "given": list(page.object_list),
        "may_change": service.may_change(request.principal, row),
        "places": _places(request, row),
    }
    return render_page(request, "access/role.html", context)


@portal_page("GET", "POST")
def edit(request: PortalRequest, name: uuid.UUID | None = None) -> HttpResponse:
    """Make a custom role, or change one."""
    row = service.get(name, request.principal) if name else None
    if not authorization.may_somewhere(request.principal, service.WRITE):
        permit = authorization.permit_somewhere(request.principal, service.WRITE)
        raise PolicyError("AuthorizationFailed", permit.why, status=403)
    if row is not None:
        service.require_all(row, service.WRITE, request.principal)
    if request.method != "POST":
        return _form(request, row, _draft_of(row), None)
    given = typed(request)
    draft = service.RoleDraft(
        role_name=given.get("role_name", ""),
        description=given.get("description", ""),
        actions=given.get("actions", "").split(),
        not_actions=given.get("not_actions", "").split(),
        scopes=given.getlist("scopes"),
    )
    try:
        saved, _ = service.put(row.name if row else uuid.uuid4(), draft, request.principal)
    except PolicyError as refusal:
        return _form(request, row, draft, refusal)
    messages.success(request, f"The role {saved} is saved.")
    return redirect("role", saved.name)


@portal_page("GET", "POST")
def delete(request: PortalRequest, name: uuid.UUID) -> HttpResponse:
    """Ask, then delete a custom role."""
    row = service.get(name, request.principal)
    service.require_all(row, service.DELETE, request.principal)
    if request.method == "POST":
        service.delete(row, request.principal)
        messages.success(request, f"The role {row} is deleted.")
        return redirect("roles")
    back = reverse("role", args=[row.name])
    context = {
        "title": "Delete role",
        "crumbs": _crumbs(Crumb(row.role_name, back), Crumb("Delete")),
        "heading": f"Delete the role {row}?",
        "text": "A role that somebody has is not deleted: remove its role assignments first.",
        "verb": "Delete",
        "action": request.get_full_path(),
        "back": back,
    }
    return render_page(request, "access/ask.html", context, part="access/_ask.html")


def _places(request: PortalRequest, row: RoleDefinition) -> list[str]:
    places = row.assignable_scopes.all()
    return [str(one) for one in places if authorization.knows(request.principal, one)]


def _draft_of(row: RoleDefinition | None) -> service.RoleDraft:
    if row is None:
        return service.RoleDraft("")
    places = [one.arm_id for one in row.assignable_scopes.all()]
    return service.RoleDraft(row.role_name, row.description, row.actions, row.not_actions, places)


def _form(
    request: PortalRequest,
    row: RoleDefinition | None,
    draft: service.RoleDraft,
    refusal: PolicyError | None,
) -> HttpResponse:
    by = request.principal
    context: dict[str, Any] = {
        "title": "Change role" if row else "Add custom role",
        "crumbs": _crumbs(Crumb("Change" if row else "Add")),
        "role": row,
        "draft": draft,
        "actions_text": "\n".join(draft.actions),
        "not_actions_text": "\n".join(draft.not_actions),
        "nodes": scope_tree.nested(
            known_tree(request),
            draft.scopes,
            allowed=lambda scope: authorization.permit(by, service.WRITE, scope),
        ),
        "refusals": refusal.every() if refusal else [],
        "back": reverse("role", args=[row.name]) if row else reverse("roles"),
    }
    status = refusal.status if refusal else 200
    return render_page(request, "access/role_form.html", context, status=status)
