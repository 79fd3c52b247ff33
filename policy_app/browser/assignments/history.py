"""Who changed what of an assignment, and when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from policy_app.browser import history
from policy_app.browser.assign.parameter_fields import in_words
from policy_app.browser.assign.subject import STAMPED
from policy_app.browser.history import Change, Event
from policy_app.models import Assignment, Definition

_LABELS = {
    "definition_id": "Definition",
    "definition_version": "Version",
    "display_name": "Assignment name",
    "description": "Description",
    "enforcement_mode": "Policy enforcement",
    "not_scopes": "Exclusions",
    "overrides": "Overrides",
    "resource_selectors": "Resource selectors",
    "identity": "Identity",
    "location": "Location",
}


def events(row: Assignment) -> list[Event]:
    """The latest events, newest first; each change is against the state before it."""
    states = history.stored(row)
    names = _definitions({one.definition_id for one in states})
    return history.events(states, partial(_changes, names))


def _changes(names: Mapping[int, str], old: Any, new: Any) -> Iterator[Change]:
    for field, label in _LABELS.items():
        before, after = getattr(old, field), getattr(new, field)
        if before != after:
            yield Change(label, _text(field, before, names), _text(field, after, names))
    yield from _keys("Parameter", _plain(old.parameters), _plain(new.parameters), "its default")
    yield from _keys("Message for", _messages(old), _messages(new))
    yield from _keys("Metadata", _kept(old.metadata), _kept(new.metadata))


def _keys(
    prefix: str, old: Mapping[str, Any], new: Mapping[str, Any], missing: str = ""
) -> Iterator[Change]:
    for name in dict.fromkeys([*old, *new]):
        before = in_words(old[name]) if name in old else missing
        after = in_words(new[name]) if name in new else missing
        if before != after:
            yield Change(f"{prefix} {name}", before, after)


def _plain(parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {name: wrapped.get("value") for name, wrapped in parameters.items()}


def _messages(stored: Any) -> dict[str, Any]:
    return {
        one.get("policyDefinitionReferenceId") or "all policies": one.get("message", "")
        for one in stored.non_compliance_messages
    }


def _kept(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Without the stamps: the event itself says who and when."""
    return {name: value for name, value in metadata.items() if name not in STAMPED}


def _text(field: str, value: Any, names: Mapping[int, str]) -> str:
    if field == "definition_id":
        return names.get(value, "a definition that is gone")
    if field == "enforcement_mode":
        return Assignment.EnforcementMode(value).label
    return in_words(value) if value else ""


def _definitions(keys: set[int]) -> dict[int, str]:
    return dict(Definition.objects.filter(pk__in=keys).values_list("pk", "display_name"))
