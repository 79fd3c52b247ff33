"""How states of tasks and of their objects look, and where the page of a task is."""

from __future__ import annotations

from urllib.parse import urlencode

from django.urls import reverse

from policy_app.browser.looks import Look
from policy_app.models import Remediation, RemediationDeployment

_UNDER_WAY = ("info", "loader")
_LOOKS = {
    Remediation.State.ACCEPTED: ("muted", "circle-dashed"),
    Remediation.State.EVALUATING: _UNDER_WAY,
    Remediation.State.RUNNING: _UNDER_WAY,
    Remediation.State.SUCCEEDED: ("success", "circle-check"),
    Remediation.State.FAILED: ("danger", "circle-x"),
    Remediation.State.CANCELED: ("muted", "ban"),
}


def of_task(row: Remediation) -> Look:
    """How a task stands."""
    state = Remediation.State(row.state)
    return Look(str(state.label), *_LOOKS[state])


def of_object(row: RemediationDeployment) -> Look:
    """What became of an object."""
    look = _LOOKS[Remediation.State(row.state)]
    return Look(str(RemediationDeployment.State(row.state).label), *look)


def url(row: Remediation) -> str:
    """The page of a task."""
    return f"{reverse('remediation')}?{urlencode({'id': row.arm_id})}"
