"""JSON merge patch, RFC 7386: null removes, objects merge, everything else replaces."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def apply(current: Any, patch: Any) -> Any:
    """What the patch makes of a value; neither is changed."""
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(current) if isinstance(current, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = apply(merged.get(key), value)
    return merged
