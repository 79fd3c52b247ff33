"""What an API server fills in (to be completed)."""

from __future__ import annotations

from policy_app.apimachinery.kinds import Kind
from policy_app.apimachinery.objects import Object
from policy_app.apimachinery.schemas import Schemas


def with_defaults(kind: Kind, thing: Object, schemas: Schemas) -> Object:
    return thing
