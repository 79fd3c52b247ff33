"""Which ready Pods count as available: those that have been ready for ``minReadySeconds``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from policy_app.apimachinery.objects import moment
from policy_app.models import KubeObject
from policy_app.services.cluster.controllers import making


def count(
    owner: Mapping[str, Any], ready: list[KubeObject], now: datetime
) -> tuple[int, datetime | None]:
    """How many are available, and when the next one will be; None where none is waited for."""
    seconds = int((owner.get("spec") or {}).get("minReadySeconds") or 0)
    if not seconds:
        return len(ready), None
    at = [_ready_since(one, now) + timedelta(seconds=seconds) for one in ready]
    later = [one for one in at if one > now]
    return len(at) - len(later), min(later, default=None)


def _ready_since(pod: KubeObject, now: datetime) -> datetime:
    told = making.condition_of(pod.body, "Ready") or {}
    return moment(told.get("lastTransitionTime")) or now
