"""Access control of a scope: who has which role there, and from where it is inherited."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.urls import reverse

from policy_app.browser import scope_tree
from policy_app.browser.grids import page_of
from policy_app.browser.inputs import asked
from policy_app.browser.pages import Crumb, PortalRequest, known_tree, portal_page, render_page
from policy_app.browser.scope_tree import HIDDEN_ABOVE
from policy_app.models import RoleAssignment, Scope
from policy_app.services import authorization
from policy_app.services.authorization import assigning


@dataclass(frozen=True, slots=True)
class Row:
    """One role of one principal."""

    one: RoleAssignment
    inherited: str
    """From which scope; empty where it was given at this very one."""
    remove_url: str
    """Empty where the person may not take it away, or it was given elsewhere."""


@portal_page()
def access(request: PortalRequest) -> HttpResponse:
    """``?scope=&page=``; the topmost scope that one may know of where none is named."""
    tree = known_tree(request)
    scope = wanted_scope(request, tree)
    context: dict[str, Any] = {
        "title": "Access control (IAM)",
        "subtitle": str(scope) if scope else "",
        "crumbs": [Crumb("Policy", "/"), Crumb("Access control (IAM)")],
        "scope": scope,
        "scopes": scope_tree.choices(tree, scope),
    }
    if scope is not None:
        context |= _of_scope(request, scope)
    return render_page(request, "access/list.html", context, part="access/_grid.html")


def wanted_scope(request: PortalRequest, tree: list[Scope]) -> Scope | None:
    """The scope of the address, else the first that is known.  Raises ``PolicyError``."""
    named = asked(request, "scope")
    if named:
        return authorization.scope_for(request.principal, named)
    return tree[0] if tree else None


def url(scope: Scope) -> str:
    """The page of a scope."""
    return f"{reverse('access')}?{urlencode({'scope': scope.arm_id})}"


def _of_scope(request: PortalRequest, scope: Scope) -> dict[str, Any]:
    by = request.principal
    authorization.require(by, assigning.READ, scope)
    found = assigning.rows().filter(scope_id__in=scope.lineage).order_by("role__role_name", "pk")
    page = page_of(request, found)
    may_remove = authorization.may(by, assigning.DELETE, scope)
    query = urlencode({"scope": scope.arm_id})
    return {
        "page": page,
        "rows": [_row(request, one, scope, may_remove) for one in page.object_list],
        "may_give": authorization.permit(by, assigning.WRITE, scope),
        "add_url": f"{reverse('access-add')}?{query}",
    }


def _row(request: PortalRequest, one: RoleAssignment, scope: Scope, may_remove: bool) -> Row:
    here = one.scope_id == scope.pk
    known = authorization.knows(request.principal, one.scope)
    above = "" if here else str(one.scope) if known else HIDDEN_ABOVE
    query = urlencode({"scope": scope.arm_id, "name": str(one.name)})
    remove = f"{reverse('access-remove')}?{query}" if here and may_remove else ""
    return Row(one, above, remove)
