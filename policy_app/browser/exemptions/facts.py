"""What the list and the pages of an exemption all say about one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.urls import reverse

from policy_app.browser import links
from policy_app.browser.looks import Badge
from policy_app.models import Exemption
from policy_app.services import authorization, exemptions
from policy_app.services.authorization import Permit, Principal
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


def moment(when: datetime | None) -> str:
    """An end in words."""
    return f"{when:%Y-%m-%d %H:%M} UTC" if when else "Never"
