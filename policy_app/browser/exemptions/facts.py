"""What the list and the pages of an exemption all say about one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.urls import reverse

from policy_app.browser import links
from policy_app.browser.looks import Badge
from policy_app.models import Assignment, Exemption
from policy_app.services import assignments, authorization, exemptions
from policy_app.services.authorization import Permit, Principal, actions
from policy_app.services.exemptions import State

_BADGES = {
    State.ACTIVE: Badge("Active", "success"),
    State.EXPIRING: Badge("Expires soon", "warning"),
    State.EXPIRED: Badge("Expired", "neutral"),
}


@dataclass(frozen=True, slots=True)
class Ways:
    """The addresses of what can be done with an exemption."""

    view: str
    edit: str
    delete: str


@dataclass(frozen=True, slots=True)
class Origin:
    """The assignment that is exempt from, as far as the person may see it."""

    name: str
    url: str
    """Empty where there is no page of it to see."""


def badge(row: Exemption) -> Badge:
    """Its state today."""
    return _BADGES[exemptions.state_of(row)]


def ways(row: Exemption) -> Ways:
    """The addresses for this one."""
    query = urlencode({"id": row.arm_id})
    return Ways(
        view=links.exemption(row.arm_id),
        edit=f"{reverse('exemption-edit')}?{query}",
        delete=f"{reverse('exemption-delete')}?{query}",
    )


def permits(row: Exemption, by: Principal) -> tuple[Permit, Permit]:
    """Whether it may be changed, and whether it may be deleted."""
    return (
        authorization.permit(by, exemptions.WRITE, row.scope),
        authorization.permit(by, exemptions.DELETE, row.scope),
    )


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


def moment(when: datetime | None) -> str:
    """An end in words."""
    return f"{when:%Y-%m-%d %H:%M} UTC" if when else "Never"
