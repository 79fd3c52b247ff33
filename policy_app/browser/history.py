"""Who changed what of a stored resource, and when: its stored history as field-level changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

SHOWN = 50
_WHAT = {"+": "Created", "~": "Changed", "-": "Deleted"}
_PEOPLE = ("history_user", "created_by", "updated_by")


@dataclass(frozen=True, slots=True)
class Change:
    """One field; a text is empty where there was, or is, nothing."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Event:
    """One time that the resource was stored."""

    when: datetime
    who: str
    what: str
    changes: list[Change]


def stored(row: Any) -> list[Any]:
    """Every state that a resource was stored in, the newest first."""
    return list(row.history.select_related(*_PEOPLE).order_by("-history_date", "-history_id"))


def events(states: list[Any], changes: Callable[[Any, Any], Iterable[Change]]) -> list[Event]:
    """The latest events, newest first; ``changes(old, new)`` tells two states apart."""
    older: list[Any] = [*states[1:], None]
    found = [_event(new, old, changes) for new, old in zip(states, older, strict=True)]
    return found[:SHOWN]


def _event(new: Any, old: Any, changes: Callable[[Any, Any], Iterable[Change]]) -> Event:
    told = list(changes(old, new)) if old is not None else []
    return Event(new.history_date, _who(new), _WHAT.get(new.history_type, "Changed"), told)


def _who(state: Any) -> str:
    """Who the request was signed in as; else whom the resource itself names for it."""
    named = state.created_by if state.history_type == "+" else state.updated_by
    user = state.history_user or named
    return user.get_username() if user else "the system"
