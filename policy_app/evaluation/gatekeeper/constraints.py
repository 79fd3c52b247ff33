"""Constraints: a template put to work, with what it judges, its parameters and its action.

Source: the ``constraints.gatekeeper.sh`` resources of Gatekeeper.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from policy_app.evaluation.gatekeeper.errors import ConstraintError, ConstraintSchemaError
from policy_app.evaluation.gatekeeper.match import Match
from policy_app.evaluation.gatekeeper.scopes import split_api_version
from policy_app.evaluation.results import EnforcementAction, Origin

GROUP = "constraints.gatekeeper.sh"
VERSIONS = ("v1beta1", "v1alpha1")
ACTIONS: tuple[EnforcementAction, ...] = ("deny", "dryrun", "warn")
SCOPED = "scoped"
MAX_NAME = 63

WEBHOOK_POINT = "validation.gatekeeper.sh"
AUDIT_POINT = "audit.gatekeeper.sh"
GATOR_POINT = "gator.gatekeeper.sh"
VAP_POINT = "vap.k8s.io"
POINTS = (WEBHOOK_POINT, AUDIT_POINT, GATOR_POINT, VAP_POINT)
EVERY_POINT = "*"

_SCOPED_FIELD = "scopedEnforcementActions"
_SCOPED_PATH = f"spec.{_SCOPED_FIELD}"
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")


NO_ORIGIN = Origin()


@dataclass(frozen=True, slots=True)
class ScopedAction:
    """An action for some of the points where Gatekeeper enforces."""

    action: EnforcementAction
    points: tuple[str, ...]

    def holds_at(self, point: str) -> bool:
        """Whether the action is meant for a point."""
        return EVERY_POINT in self.points or point in self.points


@dataclass(frozen=True, slots=True)
class Constraint:
    """One constraint of the kind that its template names."""

    name: str
    kind: str
    match: Match | None = None
    """None judges every object."""
    parameters: Mapping[str, Any] | None = None
    """None where the constraint has none, which a schema tells from an empty object."""
    enforcement_action: str = "deny"
    """``deny``, ``warn``, ``dryrun`` or ``scoped``."""
    scoped_actions: tuple[ScopedAction, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    origin: Origin = NO_ORIGIN
    """The Azure objects behind it, where there are any."""

    @classmethod
    def parse(cls, value: Mapping[str, Any], origin: Origin = NO_ORIGIN) -> Constraint:
        """Read a constraint's Kubernetes object.  Raises ``ConstraintError``."""
        _check_identity(value)
        metadata = _object(value, "metadata", "metadata")
        spec = _object(value, "spec", "spec")
        match = spec.get("match")
        parameters = spec.get("parameters")
        return cls(
            name=_name(metadata),
            kind=value["kind"],
            match=None if match is None else Match.parse(match),
            parameters=None
            if parameters is None
            else _object(spec, "parameters", "spec.parameters"),
            enforcement_action=_action(spec.get("enforcementAction")),
            scoped_actions=_scoped_actions(spec),
            labels=_object(metadata, "labels", "metadata.labels"),
            annotations=_object(metadata, "annotations", "metadata.annotations"),
            origin=origin,
        )

    def to_object(self) -> dict[str, Any]:
        """The constraint's Kubernetes object, ready for ``kubectl apply``."""
        metadata: dict[str, Any] = {"name": self.name}
        if self.labels:
            metadata["labels"] = dict(self.labels)
        if self.annotations:
            metadata["annotations"] = dict(self.annotations)
        spec: dict[str, Any] = {"enforcementAction": self.enforcement_action}
        if self.scoped_actions:
            spec[_SCOPED_FIELD] = [
                {"action": one.action, "enforcementPoints": [{"name": each} for each in one.points]}
                for one in self.scoped_actions
            ]
        if self.match is not None:
            spec["match"] = self.match.to_object()
        if self.parameters is not None:
            spec["parameters"] = dict(self.parameters)
        return {
            "apiVersion": f"{GROUP}/{VERSIONS[0]}",
            "kind": self.kind,
            "metadata": metadata,
            "spec": spec,
        }

    def actions_at(self, point: str) -> tuple[EnforcementAction, ...]:
        """What happens at an enforcement point; empty where the constraint is not evaluated."""
        if self.enforcement_action != SCOPED:
            return (cast("EnforcementAction", self.enforcement_action),)
        found = dict.fromkeys(one.action for one in self.scoped_actions if one.holds_at(point))
        return tuple(found)


def is_constraint(value: Mapping[str, Any]) -> bool:
    """Whether a Kubernetes object is a constraint, of whatever template."""
    return split_api_version(value.get("apiVersion"))[0] == GROUP


def _check_identity(value: Mapping[str, Any]) -> None:
    group, version = split_api_version(value.get("apiVersion"))
    if group != GROUP:
        raise ConstraintError(
            f'wrong group for constraint: "{group}", want "{GROUP}"', path="apiVersion"
        )
    if version not in VERSIONS:
        raise ConstraintError(
            f'wrong version for constraint: "{version}", want one of {list(VERSIONS)}',
            path="apiVersion",
        )
    if not isinstance(value.get("kind"), str) or not value["kind"]:
        raise ConstraintError("a constraint must have a kind", path="kind")


def _object(value: Mapping[str, Any], name: str, path: str) -> Mapping[str, Any]:
    inner = value.get(name)
    if inner is None:
        return {}
    if not isinstance(inner, Mapping):
        raise ConstraintSchemaError(
            f"schema validation failed: {path} must be an object", path=path
        )
    return inner


def _name(metadata: Mapping[str, Any]) -> str:
    name = metadata.get("name")
    if not isinstance(name, str) or not _SUBDOMAIN.fullmatch(name):
        raise ConstraintError(
            f"invalid Constraint: {name!r} is no name: it must be a lowercase RFC 1123 subdomain",
            path="metadata.name",
        )
    if len(name) > MAX_NAME:
        raise ConstraintError(
            f"resource cannot have metadata.name larger than {MAX_NAME} char; length: {len(name)}",
            path="metadata.name",
        )
    return name


def _action(value: Any) -> str:
    # Gatekeeper counts an empty action as deny.
    if value in (None, ""):
        return "deny"
    if not isinstance(value, str):
        raise ConstraintSchemaError(
            "schema validation failed: spec.enforcementAction must be a string",
            path="spec.enforcementAction",
        )
    if value not in (*ACTIONS, SCOPED):
        raise ConstraintError(
            f'unrecognized enforcementAction: "{value}" is not within the supported list '
            f"[{' '.join((*ACTIONS, SCOPED))}]",
            path="spec.enforcementAction",
        )
    return value


def check_scopes(constraint: Constraint) -> None:
    """Refuse scoped actions that would hold nowhere, as Gatekeeper's webhook does.

    The engine itself passes over points that it does not know.  Raises ``ConstraintError``.
    """
    if constraint.enforcement_action != SCOPED:
        return
    if not constraint.scoped_actions:
        raise ConstraintError(
            f"error fetching {_SCOPED_FIELD}: {_SCOPED_FIELD} is required", path=_SCOPED_PATH
        )
    points = [point for one in constraint.scoped_actions for point in one.points or ("",)]
    unknown = [point for point in points if point not in (*POINTS, EVERY_POINT)]
    if unknown:
        raise ConstraintError(
            "unrecognized enforcement points: constraint will not be enforced for enforcement "
            f"points [{' '.join(unknown)}], supported enforcement points are [{' '.join(POINTS)}]",
            path=_SCOPED_PATH,
        )


def _scoped_actions(spec: Mapping[str, Any]) -> tuple[ScopedAction, ...]:
    if spec.get("enforcementAction") != SCOPED:
        return ()
    entries = spec.get(_SCOPED_FIELD)
    if entries is None:
        return ()
    if not isinstance(entries, list) or not all(isinstance(entry, Mapping) for entry in entries):
        raise ConstraintSchemaError(
            f"schema validation failed: {_SCOPED_PATH} must be a list of objects",
            path=_SCOPED_PATH,
        )
    found = [(entry.get("action"), entry) for entry in entries]
    unknown = [
        (str(action or ""), index)
        for index, (action, _) in enumerate(found)
        if action not in ACTIONS
    ]
    if unknown:
        names = " ".join(action for action, _ in unknown)
        raise ConstraintError(
            f"unrecognized enforcementAction: [{names}] is not within the supported list "
            f"[{' '.join(ACTIONS)}]",
            path=f"{_SCOPED_PATH}[{unknown[0][1]}].action",
        )
    return tuple(
        ScopedAction(cast("EnforcementAction", action), _points(entry, f"{_SCOPED_PATH}[{index}]"))
        for index, (action, entry) in enumerate(found)
    )


def _points(entry: Mapping[str, Any], path: str) -> tuple[str, ...]:
    points = entry.get("enforcementPoints") or []
    if not isinstance(points, list) or not all(isinstance(point, Mapping) for point in points):
        raise ConstraintSchemaError(
            f"schema validation failed: {path}.enforcementPoints must be a list of objects",
            path=f"{path}.enforcementPoints",
        )
    return tuple(str(point.get("name") or "") for point in points)
