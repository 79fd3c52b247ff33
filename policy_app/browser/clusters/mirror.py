"""What the last snapshot of a mirror did, and how to take the next one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from policy_app.models import Cluster
from policy_app.services.snapshots import notes

_MOST_EXAMPLES = 5
_COUNTS = ("added", "changed", "removed", "unchanged")


@dataclass(frozen=True, slots=True)
class LeftRow:
    """Things that were left out, or added, for one reason."""

    what: str
    number: int
    examples: list[str]
    more: int
    """How many more there are than are shown."""


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason with all that it holds for."""

    told: str
    rows: list[LeftRow]


@dataclass(frozen=True, slots=True)
class Mirror:
    """A mirror as its overview shows it."""

    cluster: Cluster
    again: str
    """The command that brings it up to date; empty where it came by another way."""
    objects: int
    counts: str
    left: list[Reason]
    added: list[Reason]


def of(cluster: Cluster) -> Mirror | None:
    """What to show of a mirror; None for a simulated cluster."""
    if not cluster.is_mirror:
        return None
    told: Mapping[str, Any] = cluster.mirror_notes
    counts = told.get("counts") or {}
    return Mirror(
        cluster=cluster,
        again=str(told.get("again", "")),
        objects=int(counts.get("objects", 0)),
        counts=", ".join(f"{counts.get(name, 0):,} {name}" for name in _COUNTS),
        left=_reasons(told, added=False),
        added=_reasons(told, added=True),
    )


def _reasons(told: Mapping[str, Any], *, added: bool) -> list[Reason]:
    found: dict[str, list[LeftRow]] = {}
    for one in told.get("left_out") or ():
        if (one["reason"] in notes.ADDED) == added:
            shown = one["examples"][:_MOST_EXAMPLES]
            more = max(one["count"], len(one["examples"])) - len(shown) if shown else 0
            row = LeftRow(one["what"], one["count"], shown, more)
            found.setdefault(one["reason"], []).append(row)
    return [Reason(notes.REASONS.get(reason, reason), rows) for reason, rows in found.items()]
