"""What the bodies of roles and role assignments say, and the shapes that go back."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from policy_app.models import RoleAssignment, RoleDefinition, Scope
from policy_app.services.authorization import (
    Principal,
    assigning,
    directory,
    object_id,
    roles,
)
from policy_app.services.errors import PolicyError

PROVIDER = "Microsoft.Authorization"


def number(text: str, what: str) -> uuid.UUID:
    """The GUID that a name has to be.  Raises ``PolicyError``."""
    try:
        return uuid.UUID(text)
    except ValueError:
        code = f"Invalid{what.title().replace(' ', '')}Id"
        raise PolicyError(code, f"The name '{text}' of the {what} must be a GUID.") from None


def role_draft(body: Mapping[str, Any]) -> roles.RoleDraft:
    """The custom role that a body describes.  Raises ``PolicyError`` with the field."""
    properties = _object(body.get("properties"), "properties")
    kind = properties.get("type")
    if kind not in (None, "", "CustomRole"):
        raise _wrong("properties.type", "must be CustomRole: nobody makes built-in roles.")
    permissions = properties.get("permissions")
    if not isinstance(permissions, list) or len(permissions) != 1:
        raise _wrong("properties.permissions", "must be an array of exactly one object.")
    one = _object(permissions[0], "properties.permissions[0]")
    for name in ("dataActions", "notDataActions"):
        if _texts(one, name, "properties.permissions[0]."):
            where = f"properties.permissions[0].{name}"
            raise _wrong(where, "must be empty: nothing here is asked about data actions.")
    return roles.RoleDraft(
        role_name=_text(properties, "roleName"),
        description=_text(properties, "description"),
        actions=_texts(one, "actions", "properties.permissions[0]."),
        not_actions=_texts(one, "notActions", "properties.permissions[0]."),
        scopes=_texts(properties, "assignableScopes", "properties."),
    )


def role_gift(
    scope: Scope, name: str, body: Mapping[str, Any], by: Principal
) -> assigning.RoleGift:
    """The role assignment that a body describes.  Raises ``PolicyError`` with the field."""
    properties = _object(body.get("properties"), "properties")
    role_id = _text(properties, "roleDefinitionId")
    principal_id = _text(properties, "principalId")
    if not role_id:
        raise _wrong("properties.roleDefinitionId", "is required: a role's id.")
    if not principal_id:
        raise _wrong("properties.principalId", "is required: an object id.")
    try:
        role = roles.get(role_id, by)
    except PolicyError as error:
        target = "properties.roleDefinitionId"
        raise PolicyError(error.code, error.message, target=target) from None
    kind = _text(properties, "principalType")
    return assigning.RoleGift(
        scope=scope,
        name=number(name, "role assignment"),
        role=role,
        principal=directory.get(principal_id, kind),
        description=_text(properties, "description"),
    )


def role_shape(row: RoleDefinition, scope_id: str, by: Principal) -> dict[str, Any]:
    """A role, as ``by`` sees it from a scope; ``scope_id`` is empty for the tenant."""
    return {
        "id": f"{scope_id}{row.arm_id}",
        "name": str(row.name),
        "type": f"{PROVIDER}/roleDefinitions",
        "properties": roles.to_object(row, by),
    }


def assignment_shape(row: RoleAssignment) -> dict[str, Any]:
    """A role assignment."""
    properties = assigning.to_object(row)
    named = {key: properties[key] for key in properties if not key.endswith("Name")}
    created = row.created_at.isoformat().replace("+00:00", "Z")
    by = object_id(row.created_by) if row.created_by else None
    return {
        "id": row.arm_id,
        "name": str(row.name),
        "type": f"{PROVIDER}/roleAssignments",
        "properties": {
            **named,
            "createdOn": created,
            "createdBy": by,
            "updatedOn": created,
            "updatedBy": by,
        },
    }


def _object(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise _wrong(where, "must be an object.")
    return value


def _text(properties: Mapping[str, Any], name: str) -> str:
    value = properties.get(name)
    if value is not None and not isinstance(value, str):
        raise _wrong(f"properties.{name}", "must be a string.")
    return value or ""


def _texts(values: Mapping[str, Any], name: str, place: str) -> list[str]:
    given = values.get(name)
    found = [] if given is None else given
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise _wrong(f"{place}{name}", "must be an array of strings.")
    return found


def _wrong(target: str, what: str) -> PolicyError:
    return PolicyError("InvalidRequestContent", f"'{target}' {what}", target=target)
