"""The form for a policy around a constraint template: the template, its kinds, its effect."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpResponse
from django.urls import reverse

from policy_app.browser.authoring import form, pages, starter, subject
from policy_app.browser.authoring.uploads import sent
from policy_app.browser.inputs import typed
from policy_app.browser.pages import Crumb, PortalRequest, portal_page, render_page
from policy_app.services.authoring import Kind, TextError, templated
from policy_app.services.errors import PolicyError

_AT = ("kinds", "effect")
"""The refusals' targets that have a field; any other is about the template."""


@dataclass(frozen=True, slots=True)
class TemplateForm:
    """What stands in the fields; lists are typed one a line."""

    text: str
    kinds: str
    effect: str
    excluded: str

    def use(self) -> templated.TemplateUse:
        """What the service makes a definition of."""
        return templated.TemplateUse(
            self.text, self.kinds.split(), self.effect, self.excluded.split()
        )


@portal_page("GET", "POST")
def from_template(request: PortalRequest) -> HttpResponse:
    """Take a template, and go on with the page of a new definition."""
    subject.require_somewhere(Kind.POLICY, request.principal)
    if request.method != "POST":
        excluded = "\n".join(templated.EXCLUDED)
        start = TemplateForm(starter.TEMPLATE, "apps/Deployment", templated.EFFECTS[0], excluded)
        return _page(request, start)
    given = _posted(request, "")
    try:
        given = _posted(request, templated.decoded(sent(request)))
        properties = templated.properties_of(given.use())
    except PolicyError as refusal:
        return _page(request, given, refusal)
    place = pages.only_place(request, Kind.POLICY)
    return pages.show(request, form.imported(Kind.POLICY, place, "", properties))


def _posted(request: PortalRequest, text: str) -> TemplateForm:
    data = typed(request)
    return TemplateForm(
        text or data.get("text", "").replace("\r\n", "\n"),
        data.get("kinds", ""),
        data.get("effect", ""),
        data.get("excluded", ""),
    )


def _page(
    request: PortalRequest, given: TemplateForm, refusal: PolicyError | None = None
) -> HttpResponse:
    line = refusal.fault.line if isinstance(refusal, TextError) else 0
    at = "" if refusal is None else refusal.target if refusal.target in _AT else "text"
    context = {
        "title": "Policy from a constraint template",
        "crumbs": [
            Crumb("Policy", "/"),
            Crumb("Definitions", reverse("definitions")),
            Crumb("From a template"),
        ],
        "given": given,
        "effects": templated.EFFECTS,
        "fault": refusal,
        "fault_at": at,
        "fault_line": line,
        "back": reverse("definitions"),
    }
    status = refusal.status if refusal else 200
    return render_page(request, "authoring/template.html", context, status=status)
