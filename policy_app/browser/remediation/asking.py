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
from policy_app.models import Remediation
from policy_app.services import remediations
from policy_app.services.authorization import Principal
from policy_app.services.errors import PolicyError
from policy_app.services.remediations import Candidate

_COUNT = "properties.resourceCount"
_THRESHOLD = "properties.failureThreshold.percentage"
_FIELDS = {_COUNT: "count", _THRESHOLD: "threshold"}


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
            raise _wrong("policy", "Choose a policy of the list.")
        row = _ask(chosen, given, request.principal)
    except PolicyError as refusal:
        return _form(request, offered, values, refusal)
    messages.success(request, f"“{row.name}” is asked for. A worker begins in a few seconds.")
    return redirect(looks.url(row))


def _ask(chosen: Candidate, given: QueryDict, by: Principal) -> Remediation:
    properties: dict[str, Any] = {
        "policyAssignmentId": chosen.assignment.arm_id,
        "policyDefinitionReferenceId": chosen.reference_id,
        "resourceCount": _number(given.get("count", ""), _COUNT, 1, remediations.MOST_RESOURCES),
    }
    if threshold := given.get("threshold", "").strip():
        # People write percents, and ARM a part of one.
        part = _number(threshold, _THRESHOLD, 0, 100) / 100
        properties["failureThreshold"] = {"percentage": part}
    if given.get("evaluate"):
        properties["resourceDiscoveryMode"] = "ReEvaluateCompliance"
    name = f"remediation-{secrets.token_hex(4)}"
    row, _ = remediations.put(chosen.assignment.scope, name, {"properties": properties}, by)
    return row


def _number(text: str, target: str, least: int, most: int) -> int:
    digits = text.strip()
    is_number = digits.isascii() and digits.isdecimal() and len(digits) < 9
    if not is_number or not least <= int(digits) <= most:
        raise _wrong(target, f"Write a whole number from {least} to {most:,}.")
    return int(digits)


def _wrong(target: str, what: str) -> PolicyError:
    return PolicyError("InvalidRequestContent", what, target=target)


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
