"""Stored rows as ARM shows them: pure functions from a row to its JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from policy_app.arm.authorization import expand
from policy_app.arm.system_data import system_data
from policy_app.models import Assignment, Definition, DefinitionVersion, Exemption
from policy_app.services import drafts, exemptions

PROVIDER = "Microsoft.Authorization"


def assignment(row: Assignment, names: frozenset[str] = frozenset()) -> dict[str, Any]:
    """A policy assignment; ``names`` is what ``$expand`` asks for."""
    sent = drafts.to_arm(drafts.from_assignment(row))
    properties = sent.pop("properties") | {
        "scope": row.scope.arm_id,
        "notScopes": row.not_scopes,
        "parameters": row.parameters,
        "metadata": row.metadata,
        "enforcementMode": row.enforcement_mode,
        "instanceId": str(row.instance_id),
        **expand.versions(row.definition, row.definition_version, names),
    }
    return {
        "id": row.arm_id,
        "name": row.name,
        "type": f"{PROVIDER}/policyAssignments",
        **sent,
        "properties": properties,
        "systemData": system_data(row),
    }


def exemption(row: Exemption) -> dict[str, Any]:
    """A policy exemption."""
    return {**exemptions.as_value(row).to_object(), "systemData": system_data(row)}


def definition(
    row: Definition,
    latest: DefinitionVersion,
    versions: Sequence[str],
    members: Mapping[str, Definition],
    names: frozenset[str] = frozenset(),
) -> dict[str, Any]:
    """A policy definition or policy set definition: its latest version, and which there are."""
    properties = {**_properties(row, latest, members, names), "versions": list(versions)}
    return {
        "id": row.arm_id,
        "name": row.name,
        "type": f"{PROVIDER}/{row.arm_type}",
        "properties": properties,
        **_of_metadata(row, latest.body),
    }


def version(
    row: DefinitionVersion,
    members: Mapping[str, Definition],
    names: frozenset[str] = frozenset(),
) -> dict[str, Any]:
    """One version, a resource of its own below the definition."""
    owner = row.definition
    return {
        "id": f"{owner.arm_id}/versions/{row.version}",
        "name": row.version,
        "type": f"{PROVIDER}/{owner.arm_type}/versions",
        "properties": _properties(owner, row, members, names),
        **_of_metadata(owner, row.body),
    }


def _of_metadata(owner: Definition, body: Mapping[str, Any]) -> dict[str, Any]:
    """``systemData`` of a custom definition; nobody made the built-ins here."""
    metadata = body.get("metadata") or {}
    created = metadata.get("createdOn")
    if owner.policy_type != Definition.PolicyType.CUSTOM or not created:
        return {}
    people = {
        "createdBy": metadata.get("createdBy"),
        "lastModifiedBy": metadata.get("updatedBy") or metadata.get("createdBy"),
    }
    data = {"createdAt": created, "lastModifiedAt": metadata.get("updatedOn") or created}
    for field, name in people.items():
        data |= {field: name, f"{field}Type": "User"} if name else {}
    return {"systemData": data}


def _properties(
    owner: Definition,
    row: DefinitionVersion,
    members: Mapping[str, Definition],
    names: frozenset[str],
) -> dict[str, Any]:
    properties: dict[str, Any] = {"policyType": owner.policy_type, **row.body}
    properties["version"] = row.version
    if not owner.is_initiative:
        return {"mode": owner.mode, **properties}
    if names:
        properties["policyDefinitions"] = [
            _expanded(reference, members, names) for reference in properties["policyDefinitions"]
        ]
    return properties


def _expanded(
    reference: Mapping[str, Any], members: Mapping[str, Definition], names: frozenset[str]
) -> dict[str, Any]:
    member = members.get(str(reference["policyDefinitionId"]).lower())
    pattern = str(reference.get("definitionVersion") or "")
    return {**reference, **expand.versions(member, pattern, names)}
