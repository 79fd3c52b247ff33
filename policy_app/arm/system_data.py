"""``systemData``: who made a stored resource and who changed it last, as ARM shows it."""

from __future__ import annotations

from datetime import UTC, datetime

from django.contrib.auth.models import User

from policy_app.models.resources import ArmResource


def system_data(row: ArmResource) -> dict[str, str]:
    """The people and moments of a row."""
    changed_by = row.updated_by or row.created_by
    return {
        **_who("createdBy", row.created_by),
        "createdAt": instant(row.created_at),
        **_who("lastModifiedBy", changed_by),
        "lastModifiedAt": instant(row.updated_at),
    }


def instant(moment: datetime) -> str:
    """``2026-12-31T23:59:00.123456Z``, in UTC."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _who(field: str, user: User | None) -> dict[str, str]:
    return {field: user.get_username(), f"{field}Type": "User"} if user else {}
