"""The assignment that something belongs to, as far as a person may see it.

Exemptions and remediations keep the id of their assignment, which may be deleted since.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from policy_app.browser import links
from policy_app.models import Assignment
from policy_app.services import assignments, authorization
from policy_app.services.authorization import Principal, actions


@dataclass(frozen=True, slots=True)
class Origin:
    """An assignment by name."""

    name: str
    url: str
    """Empty where there is no page of it to see."""


def seen_assignments(ids: Iterable[str], by: Principal) -> Mapping[str, Assignment]:
    """Of assignments those that the person may read, by their ids in lower case; one query."""
    keys = {one.rpartition("/")[2].lower() for one in ids}
    rows = authorization.visible(assignments.everywhere(), by, actions.SEE_ASSIGNMENTS)
    return {one.arm_id.lower(): one for one in rows.filter(key__in=keys)}


def origin(arm_id: str, seen: Mapping[str, Assignment]) -> Origin:
    """The assignment with this id; ``seen`` are those that may be read."""
    row = seen.get(arm_id.lower())
    if row is None:
        return Origin(f"{arm_id.rpartition('/')[2]} (deleted, or not shown to you)", "")
    return Origin(str(row), links.assignment_by_id(row.arm_id))
