"""The rules of each kind (to be completed)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from policy_app.apimachinery.errors import Cause
from policy_app.apimachinery.kinds import Kind
from policy_app.apimachinery.objects import Object
from policy_app.apimachinery.schemas import Schemas


def faults(
    kind: Kind, thing: Object, old: Mapping[str, Any] | None, schemas: Schemas
) -> list[Cause]:
    return []
