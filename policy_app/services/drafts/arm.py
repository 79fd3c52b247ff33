"""ARM's shape of an assignment, to a draft and back.

ARM wraps each parameter in ``{"value": …}``; a draft holds the plain values.
"""

from __future__ import annotations

from typing import Any

from policy_app.models import Assignment, Scope
from policy_app.services import definitions
from policy_app.services.authorization import Actor
from policy_app.services.drafts.draft import AssignmentDraft
from policy_app.services.errors import PolicyError

_MODES = {mode.value.lower(): mode.value for mode in Assignment.EnforcementMode}
# What each JSON field must be, and under which name the draft keeps it.
_FIELDS: tuple[tuple[str, str, type], ...] = (
    ("displayName", "display_name", str),
    ("description", "description", str),
    ("definitionVersion", "definition_version", str),
    ("notScopes", "not_scopes", list),
    ("nonComplianceMessages", "non_compliance_messages", list),
    ("overrides", "overrides", list),
    ("resourceSelectors", "resource_selectors", list),
    ("metadata", "metadata", dict),
    ("assignmentType", "assignment_type", str),
    ("selfServeExemptionSettings", "self_serve_exemptions", dict),
)
_SHOWN = ("latestDefinitionVersion", "effectiveDefinitionVersion")
"""What ``$expand`` shows, and a body that was read before repeats; the values are passed over."""
_KIND_NAMES: dict[type, str] = {str: "a string", list: "an array", dict: "an object"}


def from_arm(scope: Scope, name: str, body: Any, by: Actor = None) -> AssignmentDraft:
    """The draft that a PUT body describes; ``by`` is who must know of the definition's scope.

    Raises ``PolicyError`` (``InvalidRequestContent``, with a detail for each field of the wrong
    shape) or ``NotFound`` for a definition that does not exist.
    """
    body = _object(body, "body")
    properties = _object(body.get("properties", {}), "properties")
    errors: list[PolicyError] = []
    definition_id = _typed(properties.get("policyDefinitionId"), str, "policyDefinitionId", errors)
    if not definition_id:
        errors.append(_wrong("properties.policyDefinitionId", "is required: a definition's id."))
    values = {
        attribute: read
        for key, attribute, kind in _FIELDS
        if (read := _typed(properties.get(key), kind, f"properties.{key}", errors)) is not None
    }
    for key in _SHOWN:
        _typed(properties.get(key), str, f"properties.{key}", errors)
    values["enforcement_mode"] = _mode(properties.get("enforcementMode"), errors)
    values["parameters"] = _unwrapped(properties.get("parameters"), errors)
    values["location"] = _typed(body.get("location"), str, "location", errors) or ""
    values["identity"] = _typed(body.get("identity"), dict, "identity", errors)
    _raise(errors)
    definition = definitions.get(str(definition_id), by)
    return AssignmentDraft(scope=scope, name=name, definition=definition, **values)


def from_assignment(row: Assignment) -> AssignmentDraft:
    """The draft that would store this row again."""
    return AssignmentDraft(
        scope=row.scope,
        name=row.name,
        definition=row.definition,
        definition_version=row.definition_version,
        display_name=row.display_name,
        description=row.description,
        parameters={name: wrapped["value"] for name, wrapped in row.parameters.items()},
        not_scopes=list(row.not_scopes),
        enforcement_mode=row.enforcement_mode,
        non_compliance_messages=list(row.non_compliance_messages),
        overrides=list(row.overrides),
        resource_selectors=list(row.resource_selectors),
        metadata=dict(row.metadata),
        identity=row.identity,
        location=row.location,
        assignment_type=row.assignment_type,
        self_serve_exemptions=row.self_serve_exemptions,
    )


def to_arm(draft: AssignmentDraft) -> dict[str, Any]:
    """The PUT body: what is empty is left out, as the SDK and the portal do."""
    properties: dict[str, Any] = {
        "displayName": draft.display_name,
        "description": draft.description,
        "policyDefinitionId": draft.definition.arm_id,
        "definitionVersion": draft.definition_version,
        "notScopes": draft.not_scopes,
        "parameters": {name: {"value": value} for name, value in draft.parameters.items()},
        "metadata": draft.metadata,
        "enforcementMode": draft.enforcement_mode,
        "nonComplianceMessages": draft.non_compliance_messages,
        "overrides": draft.overrides,
        "resourceSelectors": draft.resource_selectors,
        "assignmentType": draft.assignment_type,
        "selfServeExemptionSettings": draft.self_serve_exemptions,
    }
    outer = {"location": draft.location, "identity": draft.identity}
    kept = {key: value for key, value in properties.items() if value}
    return {**{key: value for key, value in outer.items() if value}, "properties": kept}


def _object(value: Any, where: str) -> dict[str, Any]:
    errors: list[PolicyError] = []
    found = _typed(value, dict, where, errors)
    _raise(errors)
    return found or {}


def _typed(value: Any, kind: type, where: str, errors: list[PolicyError]) -> Any:
    if value is None or isinstance(value, kind):
        return value
    errors.append(_wrong(where, f"must be {_KIND_NAMES[kind]}, not {_named(value)}."))
    return None


def _named(value: Any) -> str:
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int | float):
        return "a number"
    return _KIND_NAMES.get(type(value), "null")


def _mode(value: Any, errors: list[PolicyError]) -> str:
    if value is None:
        return Assignment.EnforcementMode.DEFAULT
    found = _MODES.get(str(value).lower())
    if found is None:
        where = "properties.enforcementMode"
        errors.append(_wrong(where, f"is '{value}'; use Default or DoNotEnforce."))
    return found or Assignment.EnforcementMode.DEFAULT


def _unwrapped(value: Any, errors: list[PolicyError]) -> dict[str, Any]:
    where = "properties.parameters"
    wrapped = _typed(value, dict, where, errors) or {}
    plain = {}
    for name, one in wrapped.items():
        if isinstance(one, dict) and set(one) == {"value"}:
            plain[name] = one["value"]
        else:
            errors.append(_wrong(f"{where}.{name}", 'must be an object {"value": …}.'))
    return plain


def _wrong(target: str, what: str) -> PolicyError:
    return PolicyError("InvalidRequestContent", f"'{target}' {what}", target=target)


def _raise(errors: list[PolicyError]) -> None:
    if len(errors) == 1:
        raise errors[0]
    if errors:
        text = f"The request content has {len(errors)} errors; see the details."
        raise PolicyError("InvalidRequestContent", text, details=errors)
