"""Patches: JSON Patch, JSON merge patch, and Kubernetes' strategic merge patch.

Server-side apply is no patch of these: it asks who owns what, and lives in ``ownership``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from policy_app.apimachinery import errors
from policy_app.apimachinery.kinds import Kind
from policy_app.apimachinery.objects import Object
from policy_app.apimachinery.patches import json_patch, merge, strategic
from policy_app.apimachinery.schemas import Schemas

__all__ = ["apply"]


def apply(
    kind: Kind, current: Mapping[str, Any], form: str, content: Any, schemas: Schemas
) -> Object:
    """What a patch makes of an object; ``form`` is ``json``, ``merge`` or ``strategic``.

    Raises ``ApiError`` 400 for a patch that is none, 415 for a strategic one of a custom kind, and
    422 for one that cannot be applied to this object.
    """
    if form == "json":
        return json_patch.apply(kind, current, content)
    if not isinstance(content, Mapping):
        raise errors.bad_request(f"a {form} patch must be an object, not {_named(content)}")
    if form == "merge":
        merged = merge.apply(current, content)
        assert isinstance(merged, dict)
        return merged
    node = schemas.of(kind)
    if kind.custom or node is None:
        raise errors.unsupported_media_type(
            "the body of the request was in an unknown format - accepted media types include:"
            " application/json-patch+json, application/merge-patch+json,"
            " application/apply-patch+yaml"
        )
    return strategic.apply(current, content, node)


def _named(value: Any) -> str:
    return "a list" if isinstance(value, list) else f"{value!r}"
