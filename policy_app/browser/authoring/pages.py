"""Writing a definition: new, a copy, or a change; and the check while one types."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from policy_app.browser import links, scope_tree
from policy_app.browser.authoring import checks, form, keywords, subject
from policy_app.browser.authoring.checks import Checked
from policy_app.browser.authoring.form import AuthorForm
from policy_app.browser.inputs import asked, typed
from policy_app.browser.pages import Crumb, PortalRequest, known_tree, portal_page, render_page
from policy_app.models import Definition, Scope
from policy_app.services import authoring, authorization, definitions
from policy_app.services.authoring import Kind
from policy_app.services.errors import PolicyError

_TITLES = {Kind.POLICY: "policy definition", Kind.INITIATIVE: "initiative definition"}
_PLACES = (Scope.Kind.MANAGEMENT_GROUP, Scope.Kind.SUBSCRIPTION)


@portal_page("GET", "POST")
def new(request: PortalRequest) -> HttpResponse:
    """A new definition (``kind=``), or a copy of one (``duplicate=&version=``)."""
    source = asked(request, "duplicate")
    original = subject.readable(source, request.principal) if source else None
    kind = Kind(original.kind) if original else subject.kind_of(asked(request, "kind"))
    subject.require_somewhere(kind, request.principal)
    if request.method == "POST":
        return _answer(request, posted(request, kind, None))
    place = only_place(request, kind)
    if original is None:
        return _page(request, Checked(form.fresh(kind, place)))
    version = definitions.version(original, asked(request, "version"))
    copy = form.copied(version, place)
    if copy.scope and not authorization.may(request.principal, subject.write(kind), copy.scope):
        copy.scope = place
    return _page(request, Checked(copy))


@portal_page("GET", "POST")
def edit(request: PortalRequest) -> HttpResponse:
    """Change a custom definition (``id=``)."""
    row = subject.changeable(asked(request, "id"), request.principal)
    if request.method == "POST":
        return _answer(request, posted(request, Kind(row.kind), row))
    return _page(request, Checked(form.edited(row)))


@portal_page("POST")
def check(request: PortalRequest) -> HttpResponse:
    """What saving would say (``kind=`` or ``id=``); a part only."""
    checked = checks.check(from_editor(request), request.principal)
    return render_page(request, "authoring/_status.html", {"checked": checked})


def from_editor(request: PortalRequest) -> AuthorForm:
    """What the editor of a definition (``id=``), or of a new one (``kind=``), has sent."""
    arm_id = asked(request, "id")
    row = subject.changeable(arm_id, request.principal) if arm_id else None
    kind = Kind(row.kind) if row else subject.kind_of(asked(request, "kind"))
    return posted(request, kind, row)


def show(request: PortalRequest, written: AuthorForm) -> HttpResponse:
    """The page of a new definition, filled in already and checked."""
    return _page(request, checks.check(written, request.principal))


def _answer(request: PortalRequest, written: AuthorForm) -> HttpResponse:
    checked = checks.check(written, request.principal)
    if "save" not in request.POST:
        return _page(request, checked)
    if checked.faults or written.scope is None:
        return _page(request, checked, status=400)
    before = checked.stored
    try:
        row, created = authoring.put(
            written.scope, written.name, checked.body, request.principal, written.kind
        )
    except PolicyError as refusal:
        faults = checks.of_refusal(written, refusal)
        return _page(request, replace(checked, faults=faults), status=refusal.status)
    messages.success(request, stored(row, created, before))
    return redirect(links.definition(row))


def stored(row: Definition, created: bool, before: str) -> str:
    """What a save came to; ``before`` is the newest version before it."""
    if created:
        return f"The definition {row.display_name} is created as version {row.latest_version}."
    if row.latest_version == before:
        return f"Nothing was changed: {row.display_name} stays at version {before}."
    return f"The definition {row.display_name} is saved as version {row.latest_version}."


def posted(request: PortalRequest, kind: Kind, row: Definition | None) -> AuthorForm:
    """What a browser sends, with a scope that the person may know of."""
    data = typed(request)
    scope = authorization.find_scope(request.principal, data.get("scope", ""))
    return form.posted(kind, row, scope, data)


def only_place(request: PortalRequest, kind: Kind) -> Scope | None:
    """The subscription where there is one to choose; else it is to be chosen."""
    may = [
        one
        for one in known_tree(request)
        if one.kind == Scope.Kind.SUBSCRIPTION
        and authorization.may(request.principal, subject.write(kind), one)
    ]
    return may[0] if len(may) == 1 else None


def editor(checked: Checked) -> dict[str, Any]:
    """What the editor's template takes, with the addresses of what can be done with its text."""
    row, kind = checked.form.row, checked.form.kind
    query = urlencode({"id": row.arm_id} if row else {"kind": kind})
    return {
        "checked": checked,
        "form": checked.form,
        "kind": kind,
        "keywords_url": keywords.address(kind),
        "action": f"{reverse('definition-edit' if row else 'definition-new')}?{query}",
        "check_url": f"{reverse('definition-check')}?{query}",
        "try_url": f"{reverse('definition-try')}?{query}",
    }


def _page(request: PortalRequest, checked: Checked, status: int = 200) -> HttpResponse:
    written, row = checked.form, checked.form.row
    noun = _TITLES[Kind(written.kind)]
    title = f"Edit {noun}" if row else f"New {noun}"
    back = links.definition(row) if row else reverse("definitions")
    own = [Crumb(row.display_name, back)] if row else []
    context = {
        "title": title,
        "subtitle": row.display_name if row else "",
        "crumbs": [
            Crumb("Policy", "/"),
            Crumb("Definitions", reverse("definitions")),
            *own,
            Crumb("Edit" if row else "New"),
        ],
        "back": back,
        "categories": definitions.categories(request.principal),
        "nodes": [] if row else nodes(request, written),
        "form_url": initiative_form(written) if written.kind == Kind.INITIATIVE else "",
        **editor(checked),
    }
    return render_page(request, "authoring/edit.html", context, status=status)


def initiative_form(written: AuthorForm) -> str:
    """Where an initiative is edited tab by tab."""
    return links.edit(written.row) if written.row else links.new_definition(written.kind)


def nodes(request: PortalRequest, written: AuthorForm) -> list[scope_tree.Node]:
    """The management groups and subscriptions; those where one may not write say so."""
    places = [one for one in known_tree(request) if one.kind in _PLACES]
    action = subject.write(Kind(written.kind))
    return scope_tree.nested(
        places,
        [written.scope.arm_id] if written.scope else [],
        allowed=lambda scope: authorization.permit(request.principal, action, scope),
    )
