"""Writing an exemption: new, or a change of one; first the fields, then what it comes to."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse

from policy_app.browser import links, scope_tree
from policy_app.browser.exemptions import impact
from policy_app.browser.exemptions import subject as subjects
from policy_app.browser.exemptions.checks import GENERAL, Checked, Fault, check, refused
from policy_app.browser.exemptions.facts import moment, ways
from policy_app.browser.exemptions.form import BASICS, REVIEW, fresh, posted, stored
from policy_app.browser.exemptions.subject import Subject
from policy_app.browser.inputs import asked, typed
from policy_app.browser.pages import Crumb, PortalRequest, known_tree, portal_page, render_page
from policy_app.models import Scope
from policy_app.services import authorization, exemptions, scopes
from policy_app.services.authorization import Permit
from policy_app.services.errors import NotFound, PolicyError

_REVIEW_FIELDS = frozenset({"review", impact.CLUSTER, impact.PAGE})
"""The button that leads to the review, and what the review has itself."""
_OUTSIDE = Permit(False, "Outside of the assignment's scope.")


@portal_page("GET", "POST")
def new(request: PortalRequest) -> HttpResponse:
    """A new exemption (``assignment=``), with what is known filled in (``scope=&reference=``)."""
    assignment_id = asked(request, "assignment")
    if not assignment_id:
        messages.info(request, "Choose the assignment to be exempt from, then Create exemption.")
        return redirect("assignments")
    subject = subjects.new(assignment_id, request.principal)
    if request.method == "POST":
        return _answer(request, subject, typed(request))
    scope = authorization.find_scope(request.principal, asked(request, "scope"))
    return _page(request, Checked(fresh(subject, scope, asked(request, "reference"))))


@portal_page("GET", "POST")
def edit(request: PortalRequest) -> HttpResponse:
    """Change an exemption (``id=``)."""
    data = typed(request)
    try:
        row = exemptions.with_id(asked(request, "id"), request.principal)
    except NotFound as refusal:
        can_be_kept = refusal.code == exemptions.NOT_FOUND and data.get("assignment")
        if not can_be_kept or impact.asks_for_part(request, data):
            raise
        return _again(request, data)
    subject = subjects.edit(row, request.principal)
    if request.method == "POST":
        return _answer(request, subject, data)
    return _page(request, Checked(stored(subject, row)))


def _again(request: PortalRequest, data: QueryDict) -> HttpResponse:
    """What was typed about an exemption that somebody deleted meanwhile, as a new one."""
    subject = subjects.new(data.get("assignment", ""), request.principal)
    text = "It was deleted after this page was opened. Creating it makes it anew, as it is here."
    gone = Fault(GENERAL, "Exemption", text)
    return _page(request, Checked(posted(subject, data), (gone,)), status=409)


def _answer(request: PortalRequest, subject: Subject, data: QueryDict) -> HttpResponse:
    """Check what was typed, and store it where that was asked for."""
    form = posted(subject, data)
    if "look" in data:
        # Another scope, or another range of them, was chosen: nobody is told off while typing.
        return _page(request, Checked(form))
    checked = check(form)
    if impact.asks_for_part(request, data):
        return impact.part(request, _question(checked), data, "exemptions/_cluster.html")
    if checked.value is None or form.scope is None:
        return _page(request, checked, status=400)
    if "save" not in data:
        back = "check" in data or _REVIEW_FIELDS.isdisjoint(data)
        form.step = BASICS if back else REVIEW
        return _page(request, checked)
    try:
        row = exemptions.put_as_seen(
            form.scope, form.name, form.body(), request.principal, form.as_of
        )
    except PolicyError as refusal:
        return _page(request, refused(checked, refusal), status=refusal.status)
    did = "saved" if subject.row else "created"
    messages.success(request, f"“{row}” is {did}.")
    return redirect(links.exemption(row.arm_id))


def _page(request: PortalRequest, checked: Checked, status: int = 200) -> HttpResponse:
    form, subject = checked.form, checked.form.subject
    title = "Edit exemption" if subject.row else "Create exemption"
    tree = known_tree(request)
    context: dict[str, Any] = {
        "title": title,
        "subtitle": str(subject.row or subject.origin),
        "crumbs": _crumbs(subject, title),
        "checked": checked,
        "form": form,
        "errors": checked.messages,
        "subject": subject,
        "assignment_url": links.assignment_by_id(subject.assignment.arm_id),
        "action": ways(subject.row).edit
        if subject.row
        else links.exempt(subject.assignment.arm_id),
        "scope_path": scopes.breadcrumb(form.scope, tree) if form.scope else "",
        "nodes": _nodes(checked, tree),
        "back": links.exemption(subject.row.arm_id) if subject.row else reverse("exemptions"),
    }
    if form.step == REVIEW and (about := _question(checked)) is not None:
        context["ends"] = moment(about.value.expires_on)
        context["clusters"] = about.clusters(typed(request))
    return render_page(request, "exemptions/edit.html", context, status=status)


def _question(checked: Checked) -> impact.Question | None:
    """What the exemption in the form would cover; None where it has faults."""
    form = checked.form
    if checked.value is None or form.scope is None:
        return None
    return impact.Question(checked.value, form.subject.assignment, form.scope, form.subject.by)


def _nodes(checked: Checked, tree: list[Scope]) -> list[scope_tree.Node]:
    """The scopes; those where no exemption may be written say why."""
    form, subject = checked.form, checked.form.subject
    if subject.row is not None:
        return []

    def allowed(scope: Scope) -> Permit:
        if not form.anywhere and not scope.is_at_or_below(subject.assignment.scope):
            return _OUTSIDE
        return authorization.permit(subject.by, exemptions.WRITE, scope)

    return scope_tree.nested(tree, [form.scope_id], allowed=allowed)


def _crumbs(subject: Subject, title: str) -> list[Crumb]:
    home = [Crumb("Policy", "/"), Crumb("Exemptions", reverse("exemptions"))]
    if subject.row is not None:
        home.append(Crumb(str(subject.row), links.exemption(subject.row.arm_id)))
    return [*home, Crumb(title)]
