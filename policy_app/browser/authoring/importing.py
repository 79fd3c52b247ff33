"""A definition from what ``az policy … show`` prints, or from ARM's JSON: read, then edited."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse

from policy_app.browser.authoring import form, pages, subject
from policy_app.browser.authoring.uploads import sent
from policy_app.browser.pages import Crumb, PortalRequest, portal_page, render_page
from policy_app.models import Scope
from policy_app.services import authorization
from policy_app.services.authoring import Kind, imports
from policy_app.services.authoring.imports import Imported, ImportTextError

_KINDS = {"policyDefinitions": Kind.POLICY, "policySetDefinitions": Kind.INITIATIVE}


@portal_page("GET", "POST")
def import_text(request: PortalRequest) -> HttpResponse:
    """Take a text, pasted or as a file, and go on with the page of a new definition."""
    subject.require_anywhere(request.principal)
    if request.method != "POST":
        return _page(request, "")
    text = ""
    try:
        text = sent(request)
        found = imports.read(text)
        kind = _kind(found)
    except ImportTextError as error:
        return _page(request, text, error)
    subject.require_somewhere(kind, request.principal)
    properties = found.body["properties"]
    written = form.imported(kind, _place(request, kind, found), found.name, properties)
    return pages.show(request, written)


def _kind(found: Imported) -> Kind:
    if found.thing in _KINDS:
        return _KINDS[found.thing]
    raise ImportTextError(
        "This is an assignment; a policy definition or an initiative is wanted here.",
        found.line_of("properties.policyDefinitionId"),
        1,
        "properties.policyDefinitionId",
    )


def _place(request: PortalRequest, kind: Kind, found: Imported) -> Scope | None:
    """Where it was kept, if that is a scope of this portal at which one may write."""
    arm_id = found.arm_id.lower().partition("/providers/microsoft.authorization/")[0]
    scope = authorization.find_scope(request.principal, arm_id) if arm_id else None
    if scope and authorization.may(request.principal, subject.write(kind), scope):
        return scope
    return pages.only_place(request, kind)


def _page(request: PortalRequest, text: str, error: ImportTextError | None = None) -> HttpResponse:
    context = {
        "title": "Import definition",
        "crumbs": [
            Crumb("Policy", "/"),
            Crumb("Definitions", reverse("definitions")),
            Crumb("Import"),
        ],
        "text": text,
        "fault": error,
        "back": reverse("definitions"),
    }
    return render_page(request, "authoring/import.html", context, status=400 if error else 200)
