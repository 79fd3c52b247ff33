"""The tabs of an assignment; only the one that is shown is worked out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from policy_app.browser.assign.parameter_fields import in_words
from policy_app.browser.assign.subject import STAMPED
from policy_app.browser.assign.view import shown_requests
from policy_app.browser.assignments import exempt, force, history
from policy_app.browser.history import SHOWN
from policy_app.browser.inputs import asked
from policy_app.browser.pages import PortalRequest, Tab, TabPage
from policy_app.models import Assignment
from policy_app.services import definitions, drafts
from policy_app.services.errors import PolicyError


@dataclass(frozen=True, slots=True)
class ParameterRow:
    """A parameter with the value that holds."""

    name: str
    label: str
    text: str
    is_default: bool


@dataclass(frozen=True, slots=True)
class _Kind:
    name: str
    label: str
    context: Callable[[PortalRequest, Assignment], dict[str, Any]]


def shown(request: PortalRequest, row: Assignment) -> TabPage:
    """The tabs for this assignment; the first one where the URL names none of them."""
    wanted = asked(request, "tab")
    current = next((kind for kind in _KINDS if kind.name == wanted), _KINDS[0])
    tabs = [Tab(kind.label, _url(row, kind.name), kind is current) for kind in _KINDS]
    return TabPage(tabs, f"assignments/_{current.name}.html", current.context(request, row))


def _url(row: Assignment, tab: str) -> str:
    return f"{reverse('assignment')}?{urlencode({'id': row.arm_id, 'tab': tab})}"


def _force(request: PortalRequest, row: Assignment) -> dict[str, Any]:
    return {"force": force.of(row, asked(request, "cluster"), request.principal)}


def _policies(_: PortalRequest, row: Assignment) -> dict[str, Any]:
    messages = {
        str(one.get("policyDefinitionReferenceId", "")): str(one.get("message", ""))
        for one in row.non_compliance_messages
    }
    return {"policies": force.policies(row), "default_message": messages.get("", "")}


def _parameters(_: PortalRequest, row: Assignment) -> dict[str, Any]:
    given = {name.lower(): wrapped.get("value") for name, wrapped in row.parameters.items()}
    try:
        version = definitions.version(row.definition, row.definition_version)
    except PolicyError as error:
        return {"problem": error.message, "parameters": []}
    specs = definitions.parse(version).parameters
    rows = [
        ParameterRow(
            name,
            spec.display_name or name,
            in_words(given.get(name.lower(), spec.default)),
            name.lower() not in given,
        )
        for name, spec in specs.items()
    ]
    return {"parameters": rows}


def _exemptions(request: PortalRequest, row: Assignment) -> dict[str, Any]:
    return {"exemptions": exempt.of(row, request.principal)}


def _history(_: PortalRequest, row: Assignment) -> dict[str, Any]:
    return {"events": history.events(row), "most": SHOWN}


def _request(_: PortalRequest, row: Assignment) -> dict[str, Any]:
    draft = drafts.from_assignment(row)
    # Who stored it when is no part of the request: the service stamps that itself.
    for stamp in STAMPED:
        draft.metadata.pop(stamp, None)
    return {"requests": shown_requests(draft)}


_KINDS = (
    _Kind("force", "In force", _force),
    _Kind("policies", "Policies", _policies),
    _Kind("parameters", "Parameters", _parameters),
    _Kind("exemptions", "Exemptions", _exemptions),
    _Kind("history", "History", _history),
    _Kind("request", "REST, CLI and JSON", _request),
)
