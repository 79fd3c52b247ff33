"""The form that asks for a remediation task."""

from __future__ import annotations

import secrets
from typing import Any

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse

from policy_app.browser.inputs import asked, typed
from policy_app.browser.pages import Crumb, PortalRequest, portal_page, render_page
from policy_app.browser.remediation import looks
from policy_app.models import Assignment, Remediation
from policy_app.services import remediations
from policy_app.services.authorization import Principal
from policy_app.services.errors import PolicyError
from policy_app.services.remediations import Candidate, Candidates

_COUNT = "properties.resourceCount"
_PARALLEL = "properties.parallelDeployments"
_THRESHOLD = "properties.failureThreshold.percentage"
_FIELDS = {_COUNT: "count", _PARALLEL: "parallel", _THRESHOLD: "threshold"}
_TYPED = ("policy", "count", "parallel", "threshold", "evaluate", "find")
_SHOWN = 15
"""Assignments that can be chosen among at a time."""


@portal_page("GET", "POST")
def new(request: PortalRequest) -> HttpResponse:
    """``?assignment=``: the form, then the task; ``found=`` looks for policies and asks nothing."""
    offered = remediations.candidates(request.principal)
    if request.method != "POST":
        known = offered.find(asked(request, "assignment"))
        start = {"policy": _key(known) if known else "", "count": "500", "parallel": "10"}
        return _form(request, offered, start, None)
    given = typed(request)
    values = {name: given.get(name, "") for name in _TYPED}
    if "found" in given:
        return _form(request, offered, {**values, "found": given.get("found", "")}, None)
    try:
        chosen = _chosen(offered, values["policy"])
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
    if parallel := given.get("parallel", ""):
        properties["parallelDeployments"] = _number(
            parallel, _PARALLEL, 1, remediations.MOST_AT_ONCE
        )
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


def _key(one: Candidate) -> str:
    return f"{one.assignment.arm_id}#{one.reference_id}"


def _chosen(offered: Candidates, key: str) -> Candidate | None:
    assignment_id, _, reference_id = key.partition("#")
    return offered.find(assignment_id, reference_id)


def _choices(
    offered: Candidates, values: dict[str, str]
) -> tuple[Page[Assignment], list[tuple[str, Candidate]]]:
    """A page of what can be chosen, after what is chosen already where that is on none of it."""
    rows = offered.matching(values.get("find", "")).rows
    page = Paginator(rows, _SHOWN).get_page(values.get("found") or 1)
    shown = {_key(one): one for one in offered.of(page.object_list)}
    chosen = _chosen(offered, values["policy"])
    if chosen is not None and _key(chosen) not in shown:
        shown = {_key(chosen): chosen, **shown}
    if len(shown) == 1 and not values.get("find"):
        values["policy"] = next(iter(shown))
    return page, list(shown.items())


def _form(
    request: PortalRequest,
    offered: Candidates,
    values: dict[str, str],
    refusal: PolicyError | None,
) -> HttpResponse:
    target = refusal.target if refusal else ""
    page, choices = _choices(offered, values)
    context = {
        "title": "Create remediation task",
        "crumbs": [
            Crumb("Policy", "/"),
            Crumb("Remediation", reverse("remediations")),
            Crumb("Create"),
        ],
        "choices": choices,
        "page": page,
        "values": values,
        "refusal": refusal,
        "wrong": _FIELDS.get(target, "policy") if refusal else "",
        "back": reverse("remediations"),
    }
    status = refusal.status if refusal else 200
    return render_page(request, "remediation/new.html", context, status=status)
