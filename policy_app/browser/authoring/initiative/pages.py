"""The pages of the initiative editor: new, a copy, a change; and from and to the JSON editor."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from policy_app.browser import links
from policy_app.browser.assign.json_text import JsonTextError
from policy_app.browser.authoring import pages, subject
from policy_app.browser.authoring.form import AuthorForm
from policy_app.browser.authoring.initiative import form as forms
from policy_app.browser.authoring.initiative.checks import Checked, check, refused
from policy_app.browser.authoring.initiative.commands import obey
from policy_app.browser.authoring.initiative.document import ShapeError
from policy_app.browser.authoring.initiative.form import TABS, InitiativeForm
from policy_app.browser.authoring.initiative.typed import merge
from policy_app.browser.authoring.initiative.view import EditorView
from policy_app.browser.inputs import asked, typed
from policy_app.browser.pages import Crumb, PortalRequest, portal_page, render_page, wants_part
from policy_app.browser.steps import REVIEW
from policy_app.models import Definition
from policy_app.services import authoring, authorization, definitions
from policy_app.services.authoring import Kind
from policy_app.services.errors import PolicyError


@portal_page("GET", "POST")
def new(request: PortalRequest) -> HttpResponse:
    """A new initiative, or a copy of one (``duplicate=&version=``)."""
    by = request.principal
    subject.require_somewhere(Kind.INITIATIVE, by)
    if request.method == "POST":
        return _answer(request, None)
    place = pages.only_place(request, Kind.INITIATIVE)
    source = asked(request, "duplicate")
    if not source:
        return _page(request, check(forms.fresh(place, by)))
    original = subject.readable(source, by)
    version = definitions.version(original, asked(request, "version"))
    if not original.is_initiative:
        return redirect(links.duplicate(original, version.version))
    copy = forms.copied(version, place, by)
    scope = copy.author.scope
    if scope and not authorization.may(by, subject.write(Kind.INITIATIVE), scope):
        copy.author.scope = place
    return _page(request, check(copy))


@portal_page("GET", "POST")
def edit(request: PortalRequest) -> HttpResponse:
    """Change a custom initiative (``id=``)."""
    row = subject.changeable(asked(request, "id"), request.principal)
    if not row.is_initiative:
        return redirect(links.edit(row))
    if request.method == "POST":
        return _answer(request, row)
    return _page(request, check(forms.edited(row, request.principal)))


def _answer(request: PortalRequest, row: Definition | None) -> HttpResponse:
    """What was sent, by the form itself or by the JSON editor."""
    data = typed(request)
    author = pages.posted(request, Kind.INITIATIVE, row)
    try:
        form = forms.posted(author, data, request.principal)
    except (JsonTextError, ShapeError) as error:
        messages.error(request, str(error))
        return pages.show(request, author)
    merge(form, data)
    if "as_json" in data:
        return _as_json(request, form)
    if "save" in data:
        return _save(request, form)
    obey(form, data)
    return _page(request, check(form))


def _as_json(request: PortalRequest, form: InitiativeForm) -> HttpResponse:
    form.author.text = form.document.text
    return pages.show(request, form.author)


def _save(request: PortalRequest, form: InitiativeForm) -> HttpResponse:
    form.left = frozenset(TABS)
    form.tab, form.focus = REVIEW, "assign-summary"
    checked = check(form)
    author = form.author
    if checked.faults or author.scope is None:
        return _page(request, checked)
    before = checked.whole.stored
    try:
        row, created = authoring.put(
            author.scope, author.name, checked.whole.body, form.by, Kind.INITIATIVE
        )
    except PolicyError as refusal:
        return _page(request, refused(checked, refusal))
    messages.success(request, pages.stored(row, created, before))
    url = links.definition(row)
    return HttpResponseClientRedirect(url) if wants_part(request) else redirect(url)


def _page(request: PortalRequest, checked: Checked) -> HttpResponse:
    author = checked.form.author
    context: dict[str, Any] = {
        "view": EditorView(checked),
        "form": author,
        "draft": checked.form,
        "action": pages.initiative_form(author),
        "categories": definitions.categories(request.principal),
        "nodes": [] if author.row else pages.nodes(request, author),
        **_headings(author),
    }
    template = "authoring/initiative/edit.html"
    return render_page(request, template, context, part="authoring/initiative/_form.html")


def _headings(author: AuthorForm) -> dict[str, Any]:
    row = author.row
    back = links.definition(row) if row else reverse("definitions")
    own = [Crumb(row.display_name, back)] if row else []
    return {
        "title": "Edit initiative definition" if row else "New initiative definition",
        "subtitle": row.display_name if row else "",
        "crumbs": [
            Crumb("Policy", "/"),
            Crumb("Definitions", reverse("definitions")),
            *own,
            Crumb("Edit" if row else "New"),
        ],
        "back": back,
    }
