"""Remedies: what to change in an object so that a policy of ours finds nothing wrong with it.

Pure: a suggestion is worked out from the violation, the object and the constraint's parameters,
and is given only where the caller's own judge says that the violation is gone with it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from policy_app.evaluation.remedies.cases import Case, pod_spec_of
from policy_app.evaluation.remedies.edits import Edit, Path, applied, json_patch, value_at
from policy_app.evaluation.remedies.table import REMEDIES, Remedy

__all__ = [
    "REMEDIES",
    "Case",
    "Edit",
    "Path",
    "Remedy",
    "Suggestion",
    "applied",
    "fixes",
    "json_patch",
    "pod_spec_of",
    "suggest",
    "value_at",
    "wanted",
]

Gone = Callable[[Mapping[str, Any]], bool]
"""Whether the violation is gone from the object, and no other one of the policy has come."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A change that makes a violation go away, and the object with it made."""

    edits: Sequence[Edit]
    object: Mapping[str, Any]


class _Values(dict[str, Any]):
    """The constraint's parameters as a sentence tells them."""

    def __missing__(self, name: str) -> str:
        return "(none)"


def wanted(kind: str, parameters: Mapping[str, Any]) -> str:
    """What the policy wants, in words; empty for a template that is not ours."""
    remedy = REMEDIES.get(kind)
    if remedy is None:
        return ""
    told = _Values({name: _told(value) for name, value in parameters.items()})
    return remedy.wanted.format_map(told)


def suggest(kind: str, case: Case, gone: Gone) -> Suggestion | None:
    """The first change that makes the violation go away; None where none can be worked out."""
    remedy = REMEDIES.get(kind)
    for way in remedy.ways if remedy else ():
        edits = list(way(case))
        if not edits:
            continue
        changed = applied(case.object, edits)
        if gone(changed):
            return Suggestion(edits, changed)
    return None


def _told(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_told, value)) or "(none)"
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def fixes(message: str, before: Sequence[str], after: Sequence[str]) -> bool:
    """Whether of a policy's messages this one is gone, and none has come in its place."""
    return message not in after and len(after) < len(before) and set(after) <= set(before)
