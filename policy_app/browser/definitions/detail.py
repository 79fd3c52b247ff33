"""One definition or initiative: its essentials, its tabs, and its JSON to take away."""

from __future__ import annotations

import json
import re
from typing import Any

from django.http import HttpResponse
from django.urls import reverse

from policy_app.browser import links
from policy_app.browser.authoring import exporting, subject
from policy_app.browser.definitions import tabs
from policy_app.browser.definitions.facts import essentials
from policy_app.browser.pages import Crumb, PortalRequest, portal_page, render_page
from policy_app.models import Definition, DefinitionVersion
from policy_app.services import authorization
from policy_app.services import definitions as service
from policy_app.services.authoring import Kind
from policy_app.services.authorization import actions
from policy_app.services.errors import NotFound

_UNSAFE = re.compile(r"[^A-Za-z0-9]+")


@portal_page()
def definition(request: PortalRequest, kind: str, name: str) -> HttpResponse:
    """``?tab=&version=``, and ``id=`` where the definition is no built-in."""
    found = _find(request, kind, name)
    row = service.version(found, request.GET.get("version", ""))
    shown = tabs.shown(request, found, row)
    context = {
        "title": found.display_name,
        "crumbs": [
            Crumb("Policy", "/"),
            Crumb("Definitions", reverse("definitions")),
            Crumb(found.display_name),
        ],
        "definition": found,
        "version": row,
        "versions": list(found.versions.all()),
        "facts": essentials(found, row),
        "assign_url": links.assign(found),
        "may_assign": authorization.permit_somewhere(request.principal, actions.ASSIGN),
        **_authoring(request, found, row),
        "tabs": shown.tabs,
        "panel": shown.template,
        "asked_id": request.GET.get("id", ""),
        "asked_tab": request.GET.get("tab", ""),
        **shown.context,
    }
    part = "definitions/_tabs.html"
    return render_page(request, "definitions/detail.html", context, part=part)


@portal_page()
def export(request: PortalRequest, kind: str, name: str) -> HttpResponse:
    """The ARM resource as a file."""
    found = _find(request, kind, name)
    row = service.version(found, request.GET.get("version", ""))
    text = json.dumps(arm_shape(found, row), indent=2, ensure_ascii=False)
    filename = f"{_UNSAFE.sub('-', found.display_name).strip('-')[:80]}_{row.version}.json"
    disposition = {"Content-Disposition": f'attachment; filename="{filename}"'}
    return HttpResponse(text, content_type="application/json", headers=disposition)


def arm_shape(found: Definition, row: DefinitionVersion) -> dict[str, Any]:
    """What ARM shows of a version: the envelope around its properties."""
    return {
        "id": found.arm_id,
        "name": found.name,
        "type": f"Microsoft.Authorization/{found.arm_type}",
        "properties": row.body,
    }


def _authoring(request: PortalRequest, found: Definition, row: DefinitionVersion) -> dict[str, Any]:
    """Where it is copied, changed and deleted, and whether one may."""
    by = request.principal
    return {
        "may_duplicate": authorization.permit_somewhere(by, subject.write(Kind(found.kind))),
        "duplicate_url": links.duplicate(found, row.version),
        "may_change": subject.may_change(found, by),
        "edit_url": links.edit(found),
        "may_delete": subject.may_delete(found, by),
        "delete_url": links.about("definition-delete", found),
        "playground_url": links.playground(found, row.version),
        "exports": exporting.links_to(found, row),
        "compare_url": links.about("definition-compare", found),
    }


def _find(request: PortalRequest, kind: str, name: str) -> Definition:
    if kind not in Definition.Kind.values:
        known = " or ".join(Definition.Kind.values)
        raise NotFound("NotFound", f"'{kind}' is no kind of definition: the address has {known}.")
    arm_id = request.GET.get("id", "")
    if not arm_id:
        return service.built_in(kind, name)
    found = service.get(arm_id, request.principal)
    if found.scope is not None:
        authorization.require(request.principal, service.read_action(found), found.scope)
    return found
