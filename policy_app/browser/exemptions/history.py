"""Who changed what of an exemption, and when."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from policy_app.browser import history
from policy_app.browser.assign.parameter_fields import in_words
from policy_app.browser.exemptions.facts import moment
from policy_app.browser.history import Change, Event
from policy_app.models import Exemption

_LABELS = {
    "assignment_arm_id": "Assignment",
    "display_name": "Exemption name",
    "description": "Description",
    "category": "Category",
    "reference_ids": "Policies",
    "expires_on": "Expires on",
    "resource_selectors": "Resource selectors",
    "scope_validation": "Scope validation",
    "management_mode": "Managed by",
    "metadata": "Metadata",
}


def events(row: Exemption) -> list[Event]:
    """The latest events, newest first; each change is against the state before it."""
    return history.events(history.stored(row), _changes)


def _changes(old: Any, new: Any) -> Iterator[Change]:
    for field, label in _LABELS.items():
        before, after = getattr(old, field), getattr(new, field)
        if before != after:
            yield Change(label, _text(field, before), _text(field, after))


def _text(field: str, value: Any) -> str:
    if field == "expires_on":
        return moment(value)
    if field == "reference_ids":
        return ", ".join(value) or "All of the assignment"
    return in_words(value) if value else ""
