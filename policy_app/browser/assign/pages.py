"""The wizard's pages: assign anew, edit, copy, and the live check of a JSON value."""

from __future__ import annotations

import math
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from policy_app.browser import links, words
from policy_app.browser.assign import impact
from policy_app.browser.assign import subject as subjects
from policy_app.browser.assign.checks import Checked, check, outdated, refused
from policy_app.browser.assign.commands import obey
from policy_app.browser.assign.form import IMPACT, TABS, AssignForm, initial, posted
from policy_app.browser.assign.subject import Subject
from policy_app.browser.assign.view import WizardView, about, cautions, headline
from policy_app.browser.inputs import asked, typed
from policy_app.browser.pages import Crumb, PortalRequest, portal_page, render_page, wants_part
from policy_app.browser.steps import REVIEW
from policy_app.models import Assignment
from policy_app.services import assignments, authorization, drafts
from policy_app.services.authorization import actions
from policy_app.services.errors import NotFound, PolicyError


@portal_page("GET", "POST")
def assign(request: PortalRequest) -> HttpResponse:
    """Assign a definition (``definition=``), or a copy of an assignment (``duplicate=``)."""
    source = asked(request, "duplicate")
    definition_id = asked(request, "definition")
    if not source and not definition_id:
        messages.info(request, "Choose the policy or initiative to assign, then Assign.")
        return redirect("definitions")
    subject = _new(request, source, definition_id)
    return _wizard(request, subject)


@portal_page("GET", "POST")
def edit(request: PortalRequest) -> HttpResponse:
    """Change an assignment (``id=``)."""
    return _wizard(request, subjects.edit(asked(request, "id"), request.principal))


@portal_page("POST")
def check_value(request: PortalRequest) -> HttpResponse:
    """What is wrong with the JSON typed for ``parameter=`` of ``definition=``; a part only."""
    subject = subjects.new(asked(request, "definition"), request.principal)
    data = typed(request)
    form = posted(subject, data)
    one = form.parameters.get(asked(request, "parameter"))
    if one is None:
        raise NotFound("UndefinedPolicyParameter", "The definition has no such parameter.")
    one = one.with_texts(data.getlist(one.name), explicit=True, as_json=True)
    context = {"faults": one.faults(), "field": one}
    return render_page(request, "assign/_json_status.html", context)


def _new(request: PortalRequest, source: str, definition_id: str) -> Subject:
    """A copy, or something new, for who may assign anywhere.  Raises ``PolicyError``."""
    by = request.principal
    if not (permit := authorization.permit_somewhere(by, actions.ASSIGN)):
        raise PolicyError("AuthorizationFailed", permit.why, status=403)
    return subjects.copy(source, by) if source else subjects.new(definition_id, by)


def _wizard(request: PortalRequest, subject: Subject) -> HttpResponse:
    if request.method != "POST":
        scope = authorization.find_scope(request.principal, asked(request, "scope"))
        return _page(request, check(initial(subject, request.user, scope)))
    data = typed(request)
    form = posted(subject, data)
    if "save" in data:
        return _save(request, form)
    if "impact_count" in data:
        shown = _impact(check(form), impact.COUNT_SECONDS)
        return render_page(request, "assign/_impact_count.html", {"impact": shown})
    obey(form, data)
    return _page(request, check(form), everything="impact_all" in data)


def _save(request: PortalRequest, form: AssignForm) -> HttpResponse:
    form.left = frozenset(TABS)
    form.tab, form.focus = REVIEW, "assign-summary"
    checked = check(form)
    stored = _stored_already(request, checked)
    if stored is not None:
        return _to_page(request, stored)
    checked = outdated(checked)
    if not checked.passed or checked.draft is None:
        return _page(request, checked)
    try:
        row, created = assignments.put(checked.draft, by=request.principal)
    except PolicyError as error:
        return _page(request, refused(checked, error))
    messages.success(request, words.stored(row, created))
    return _to_page(request, row)


def _stored_already(request: PortalRequest, checked: Checked) -> Assignment | None:
    """The assignment that this very form stored a moment ago, where its button was pressed twice.

    A PUT that is sent again is the same PUT; only another assignment of that name is a collision,
    and only another change since the page was opened is somebody else's.
    """
    draft, row = checked.draft, checked.form.subject.row
    if draft is None or (row and checked.form.as_of == checked.form.subject.stored_at):
        return None
    row = row or assignments.find(draft.scope, draft.name)
    if row is None or request.user not in (row.created_by, row.updated_by):
        return None
    before = drafts.from_assignment(row)
    for stamp in subjects.STAMPED:
        before.metadata.pop(stamp, None)
    return row if drafts.to_arm(before) == drafts.to_arm(draft) else None


def _to_page(request: PortalRequest, row: Assignment) -> HttpResponse:
    url = links.assignment_by_id(row.arm_id)
    return HttpResponseClientRedirect(url) if wants_part(request) else redirect(url)


def _impact(checked: Checked, seconds: float) -> impact.ImpactView | None:
    """What would change; nothing can be told of an assignment that has errors."""
    if checked.draft is None or not checked.passed:
        return None
    return impact.view(checked.draft, seconds, checked.form.subject.by)


def _page(request: PortalRequest, checked: Checked, *, everything: bool = False) -> HttpResponse:
    view = WizardView(checked)
    seconds = math.inf if everything else impact.TAB_SECONDS
    title = headline(view)
    context: dict[str, Any] = {
        "title": title,
        "subtitle": about(view),
        "crumbs": _crumbs(view, title),
        "view": view,
        "form": view.form,
        "action": request.get_full_path(),
        "definition": view.subject.definition,
        "definition_url": links.definition(view.subject.definition),
        "cautions": list(cautions(view)),
        "outcome": _outcome(checked),
        "impact": _impact(checked, seconds) if view.form.tab == IMPACT else None,
    }
    return render_page(request, "assign/wizard.html", context, part="assign/_form.html")


def _outcome(checked: Checked) -> str:
    """What Create will do; worked out for the review alone, since it reads the whole initiative."""
    if checked.draft is None or not checked.passed or checked.form.tab != REVIEW:
        return ""
    return words.outcome(checked.draft)


def _crumbs(view: WizardView, title: str) -> list[Crumb]:
    row, definition = view.subject.row, view.subject.definition
    home = Crumb("Policy", "/")
    if row is not None:
        listing = Crumb("Assignments", reverse("assignments"))
        return [home, listing, Crumb(str(row), links.assignment_by_id(row.arm_id)), Crumb(title)]
    listing = Crumb("Definitions", reverse("definitions"))
    return [home, listing, Crumb(str(definition), links.definition(definition)), Crumb(title)]
