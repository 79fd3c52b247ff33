"""Delete a custom definition, or say in a sentence what holds it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from policy_app.browser import links, words
from policy_app.browser.authoring import subject
from policy_app.browser.inputs import asked
from policy_app.browser.pages import Crumb, PortalRequest, portal_page, render_page
from policy_app.models import Definition
from policy_app.services import authoring, authorization, definitions
from policy_app.services.authorization import Principal, actions
from policy_app.services.errors import PolicyError


@portal_page("GET", "POST")
def delete(request: PortalRequest) -> HttpResponse:
    """Ask (a page, or a dialog's content for htmx), then delete (``id=``)."""
    row = subject.deletable(asked(request, "id"), request.principal)
    held = _held(row, request.principal)
    status = 200
    if request.method == "POST":
        name = row.display_name
        try:
            authoring.delete(row, request.principal)
        except PolicyError as refusal:
            status = refusal.status
            held = held or refusal.message
        else:
            messages.success(request, f"The definition {name} is deleted.")
            return redirect("definitions")
    back = links.definition(row)
    context = {
        "title": "Delete definition",
        "crumbs": [
            Crumb("Policy", "/"),
            Crumb("Definitions", reverse("definitions")),
            Crumb(row.display_name, back),
            Crumb("Delete"),
        ],
        "definition": row,
        "held": held,
        "version_count": row.versions.count(),
        "action": request.get_full_path(),
        "back": back,
    }
    return render_page(
        request, "authoring/delete.html", context, part="authoring/_delete.html", status=status
    )


def _held(row: Definition, by: Principal) -> str:
    """What keeps it from being deleted, as far as one may see it; empty where nothing does."""
    found = authoring.uses(row)
    if not found:
        return ""
    seen_sets = definitions.visible(
        Definition.objects.filter(pk__in=[one.pk for one in found.initiatives]), by
    )
    seen = [f"the initiative {one.display_name}" for one in seen_sets]
    read = actions.of(actions.ASSIGNMENTS, actions.READ)
    seen += [
        f"the assignment {one} at {one.scope}"
        for one in found.assignments
        if authorization.may(by, read, one.scope)
    ]
    hidden = len(found.initiatives) + len(found.assignments) - len(seen)
    if hidden:
        seen.append(f"{hidden} more that you may not see" if seen else "what you may not see")
    return f"It is used by {words.listed(seen)}. Take it out of there first."
