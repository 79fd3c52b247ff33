"""``spec.match`` of what a policy installs: from its details, or a file's own narrowed by them.

Source: Microsoft Learn, "Understand Azure Policy for Kubernetes clusters" and the effects of mode
``Microsoft.Kubernetes.Data``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from policy_app.evaluation.gatekeeper.errors import ConstraintError
from policy_app.evaluation.gatekeeper.match import ANY
from policy_app.evaluation.language.details import EXCLUDED

ALWAYS_EXCLUDED = ("kube-system", "gatekeeper-system")
"""Namespaces that the add-on leaves alone, whatever an assignment says."""


def match_from(details: Mapping[str, Any]) -> dict[str, Any]:
    """The match that resolved details ask for: what is empty restricts nothing, and is left out.

    Raises ``ConstraintError`` where they ask for every kind.
    """
    match: dict[str, Any] = {EXCLUDED: excluded_namespaces(details.get(EXCLUDED))}
    groups, kinds = details.get("apiGroups"), details.get("kinds")
    for name, given in (("apiGroups", groups), ("kinds", kinds)):
        if isinstance(given, list) and ANY in given:
            raise ConstraintError(f"{name} must name each one: '{ANY}' is not allowed", path=name)
    if groups or kinds:
        match["kinds"] = [{"apiGroups": groups or [], "kinds": kinds or []}]
    for name in ("namespaces", "labelSelector", "scope", "source"):
        if details.get(name):
            match[name] = details[name]
    return match


def narrowed(written: Mapping[str, Any] | None, details: Mapping[str, Any]) -> dict[str, Any]:
    """What a file matches by itself, narrowed by the policy's resolved details."""
    match = dict(written or {})
    own = match.get(EXCLUDED)
    match[EXCLUDED] = excluded_namespaces(_together(own, details.get(EXCLUDED)))
    for name in ("namespaces", "scope", "source"):
        if details.get(name):
            match[name] = details[name]
    if details.get("labelSelector"):
        match["labelSelector"] = _both(match.get("labelSelector"), details["labelSelector"])
    return match


def excluded_namespaces(given: Any) -> Any:
    """The assignment's exclusions and the add-on's; anything but a list is left to be refused."""
    if given is not None and not isinstance(given, list):
        return given
    excluded = given or []
    return [*excluded, *(name for name in ALWAYS_EXCLUDED if name not in excluded)]


def _together(one: Any, other: Any) -> Any:
    """Both lists without doubles; anything but lists is left to be refused."""
    if not isinstance(one, list) or not isinstance(other, list):
        return other or one
    return [*one, *(name for name in other if name not in one)]


def _both(one: Any, other: Any) -> Any:
    """A selector of what both select; anything but objects is left to be refused."""
    if not one or one == other or not isinstance(other, Mapping):
        return other
    labels = [
        {"key": key, "operator": "In", "values": [value]}
        for selector in (one, other)
        for key, value in (selector.get("matchLabels") or {}).items()
    ]
    expressions = [
        expression
        for selector in (one, other)
        for expression in selector.get("matchExpressions") or []
    ]
    return {"matchExpressions": [*labels, *expressions]}
