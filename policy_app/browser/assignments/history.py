"""Who changed what of an assignment, and when: the stored history as field-level changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from policy_app.browser.assign.parameter_fields import in_words
from policy_app.browser.assign.subject import STAMPED
from policy_app.models import Assignment, Definition

SHOWN = 50
_WHAT = {"+": "Created", "~": "Changed", "-": "Deleted"}
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


@dataclass(frozen=True, slots=True)
class Change:
    """One field; a text is empty where there was, or is, nothing."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Event:
    """One time that the assignment was stored."""

    when: datetime
    who: str
    what: str
    changes: list[Change]


def events(row: Assignment) -> list[Event]:
    """The latest events, newest first; each change is against the state before it."""
    people = ("history_user", "created_by", "updated_by")
    rows = row.history.select_related(*people).order_by("-history_date", "-history_id")
    stored = list(rows)
    names = _definitions({one.definition_id for one in stored})
    older: list[Any] = [*stored[1:], None]
    found = [_event(new, old, names) for new, old in zip(stored, older, strict=True)]
    return found[:SHOWN]


def _event(new: Any, old: Any, names: Mapping[int, str]) -> Event:
    changes = list(_changes(old, new, names)) if old is not None else []
    return Event(new.history_date, _who(new), _WHAT.get(new.history_type, "Changed"), changes)


def _who(stored: Any) -> str:
    """Who the request was signed in as; else whom the assignment itself names for it."""
    named = stored.created_by if stored.history_type == "+" else stored.updated_by
    user = stored.history_user or named
    return user.get_username() if user else "the system"


def _changes(old: Any, new: Any, names: Mapping[int, str]) -> Iterator[Change]:
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
