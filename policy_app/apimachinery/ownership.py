"""Server-side apply: who owns which field (to be completed)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from policy_app.apimachinery.kinds import Kind
from policy_app.apimachinery.objects import Object
from policy_app.apimachinery.patches import merge
from policy_app.apimachinery.schemas import Schemas

UPDATE = "Update"
APPLY = "Apply"


def apply(
    kind: Kind,
    live: Mapping[str, Any] | None,
    applied: Mapping[str, Any],
    *,
    manager: str,
    force: bool,
    schemas: Schemas,
    now: datetime,
    subresource: str,
) -> Object:
    merged: Object = merge.apply(live or {}, applied)
    return merged


def noted(
    kind: Kind,
    old: Mapping[str, Any] | None,
    thing: Object,
    *,
    manager: str,
    operation: str,
    schemas: Schemas,
    now: datetime,
    subresource: str,
) -> Object:
    return thing
