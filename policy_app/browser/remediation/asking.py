"""The form that asks for a remediation task."""

from __future__ import annotations

import secrets
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse

from policy_app.browser.inputs import asked, typed
from policy_app.browser.pages import Crumb, PortalRequest, portal_page, render_page
from policy_app.browser.remediation import looks
from policy_app.services import remediations
from policy_app.services.authorization import Principal
from policy_app.services.errors import PolicyError
from policy_app.services.remediations import Candidate

_FIELDS = {
    "properties.resourceCount": "count",
    "properties.failureThreshold.percentage": "threshold",
}
_NOT_CHOSEN = PolicyError("InvalidRequestContent", "Choose a policy of the list.", target="policy")


@portal_page("GET", "POST")
def new(request: PortalRequest) -> HttpResponse:
    """``?assignment=``: the form, then the task."""
    offered = remediations.candidates(request.principal)
    if request.method != "POST":
        start = {"policy": _first_of(offered, asked(request, "assignment")), "count": "500"}
        return _form(request, offered, start, None)
    given = typed(request)
    values = {name: given.get(name, "") for name in ("policy", "count", "threshold", "evaluate")}
    chosen = next((one for one in offered if _key(one) == values["policy"]), None)
    try:
        if chosen is None:
            raise _NOT_CHOSEN
        row = _ask(chosen, given, request.principal)
    except PolicyError as refusal:
        return _form(request, offered, values, refusal)
    messages.success(request, f"“{row.name}” is asked for. A worker begins in a few seconds.")
    return redirect(looks.url(row))


def _ask(chosen: Candidate, given: QueryDict, by: Principal) -> Any:
    properties: dict[str, Any] = {
        "policyAssignmentId": chosen.assignment.arm_id,
        "policyDefinitionReferenceId": chosen.reference_id,
        "resourceCount": _number(given.get("count", ""), "properties.resourceCount"),
    }
    if threshold := given.get("threshold", "").strip():
        target = "properties.failureThreshold.percentage"
        properties["failureThreshold"] = {"percentage": _number(threshold, target) / 100}
    if given.get("evaluate"):
        properties["resourceDiscoveryMode"] = "ReEvaluateCompliance"
    name = f"remediation-{secrets.token_hex(4)}"
    row, _ = remediations.put(chosen.assignment.scope, name, {"properties": properties}, by)
    return row


def _number(text: str, target: str) -> int:
    if not (text.strip().isascii() and text.strip().isdecimal() and len(text) < 9):
        raise PolicyError("InvalidRequestContent", "Write a whole number.", target=target)
    return int(text)


def _first_of(offered: list[Candidate], assignment_id: str) -> str:
    wanted = assignment_id.lower()
    return next((_key(one) for one in offered if one.assignment.arm_id.lower() == wanted), "")


def _key(one: Candidate) -> str:
    return f"{one.assignment.arm_id}#{one.reference_id}"


def _form(
    request: PortalRequest,
    offered: list[Candidate],
    values: dict[str, str],
    refusal: PolicyError | None,
) -> HttpResponse:
    target = refusal.target if refusal else ""
    context = {
        "title": "Create remediation task",
        "crumbs": [
            Crumb("Policy", "/"),
            Crumb("Remediation", reverse("remediations")),
            Crumb("Create"),
        ],
        "offered": [(_key(one), one) for one in offered],
        "values": values,
        "refusal": refusal,
        "wrong": _FIELDS.get(target, "policy") if refusal else "",
        "back": reverse("remediations"),
    }
    status = refusal.status if refusal else 200
    return render_page(request, "remediation/new.html", context, status=status)
