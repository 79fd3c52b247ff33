"""How states, actions and moments look: words, tones and icons; never colour alone."""

from __future__ import annotations

from policy_app.browser.looks import Badge, Look
from policy_app.models import ComplianceState, ComponentState

_LOOKS = {
    ComplianceState.COMPLIANT: ("success", "circle-check"),
    ComplianceState.NON_COMPLIANT: ("danger", "circle-x"),
    ComplianceState.CONFLICT: ("warning", "git-compare-arrows"),
    ComplianceState.EXEMPT: ("muted", "shield-off"),
    ComplianceState.ERROR: ("warning", "triangle-alert"),
    ComplianceState.UNKNOWN: ("muted", "circle-question-mark"),
    ComplianceState.NOT_STARTED: ("muted", "circle-dashed"),
    ComplianceState.NOT_REGISTERED: ("muted", "circle-off"),
}
_ACTIONS = {"deny": "danger", "warn": "warning", "dryrun": "info", "error": "warning"}
_ACTION_WORDS = {"deny": "Deny", "warn": "Warn", "dryrun": "Audit", "error": "Error"}
ACTIONS = list(_ACTION_WORDS.items())


def look(state: str) -> Look:
    """A state of the database as a page shows it; what is not known by its own name."""
    if state not in ComplianceState.values:
        return Look(state or "None", "muted", "circle-dashed")
    known = ComplianceState(state)
    return Look(str(known.label), *_LOOKS[known])


def action(name: str) -> Badge:
    """``deny``, ``warn``, ``dryrun``…, as the badges say it."""
    return Badge(_ACTION_WORDS.get(name, name or "None"), _ACTIONS.get(name, "neutral"))


def severity(number: int) -> Badge:
    """The action that a verdict has."""
    return action(str(ComponentState.Severity(number).label))


def share(value: float | None) -> str:
    """``93.5%``, or that there is nothing to count."""
    return "Not known" if value is None else f"{value:g}%"
