"""Definitions for tests that need more, or other, than what the portal ships."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from policy_app.models import Definition, DefinitionVersion, InitiativeMember, Scope

_PROVIDER = "providers/Microsoft.Authorization"


def make_policy(name: str, scope: Scope | None = None, **columns: Any) -> Definition:
    """A policy definition about Azure resources, at the tenant or custom at ``scope``."""
    custom = Definition.PolicyType.CUSTOM if scope else Definition.PolicyType.BUILT_IN
    above = scope.arm_id if scope else ""
    given: dict[str, Any] = {
        "kind": Definition.Kind.POLICY,
        "arm_id": f"{above}/{_PROVIDER}/policyDefinitions/{name}",
        "display_name": f"Policy {name}",
        "policy_type": custom,
        "latest_version": "1.0.0",
        "category": "Tests",
    }
    return Definition.objects.create(name=name, scope=scope, **given | columns)


def add_version(definition: Definition, version: str, **properties: Any) -> DefinitionVersion:
    """A version of it; ``properties`` go into the body as they are."""
    body = _rule() if definition.kind == Definition.Kind.POLICY else {"policyDefinitions": []}
    body |= {
        "displayName": definition.display_name,
        "policyType": definition.policy_type,
        "version": version,
        **properties,
    }
    major, minor, patch = (int(part) for part in version.split("."))
    return DefinitionVersion.objects.create(
        definition=definition,
        version=version,
        major=major,
        minor=minor,
        patch=patch,
        body=body,
        fingerprint=hashlib.sha256(json.dumps(body).encode()).hexdigest(),
    )


def make_initiative(name: str, members: Sequence[tuple[str, str]]) -> Definition:
    """An initiative of version 1.0.0 with members as (definition id, pinned version)."""
    initiative = make_policy(
        name,
        kind=Definition.Kind.INITIATIVE,
        arm_id=f"/{_PROVIDER}/policySetDefinitions/{name}",
        display_name=f"Initiative {name}",
        policy_count=len(members),
    )
    references = [
        {
            "policyDefinitionReferenceId": f"member{number}",
            "policyDefinitionId": arm_id,
            "definitionVersion": pinned,
        }
        for number, (arm_id, pinned) in enumerate(members, 1)
    ]
    row = add_version(initiative, "1.0.0", policyDefinitions=references)
    InitiativeMember.objects.bulk_create(
        InitiativeMember(
            initiative=row, definition_key=arm_id.lower(), pinned=pinned, position=position
        )
        for position, (arm_id, pinned) in enumerate(members)
    )
    return initiative


def make_many_policies(count: int) -> None:
    """``count`` policies with a version each, in ten categories, by two statements."""
    definitions = Definition.objects.bulk_create(_numbered(number) for number in range(count))
    DefinitionVersion.objects.bulk_create(
        DefinitionVersion(
            definition=definition,
            version="1.0.0",
            major=1,
            minor=0,
            patch=0,
            body=_rule() | {"displayName": definition.display_name, "version": "1.0.0"},
            fingerprint=hashlib.sha256(definition.key.encode()).hexdigest(),
        )
        for definition in definitions
    )


def _numbered(number: int) -> Definition:
    name = f"many-{number:05}"
    arm_id = f"/{_PROVIDER}/policyDefinitions/{name}"
    return Definition(
        kind=Definition.Kind.POLICY,
        name=name,
        arm_id=arm_id,
        key=arm_id.lower(),
        display_name=f"One of many policies {number:05}",
        category=f"Category {number % 10}",
        latest_version="1.0.0",
        evaluation_gap="It judges Azure resources.",
    )


def _rule() -> dict[str, Any]:
    return {
        "mode": "All",
        "parameters": {},
        "policyRule": {
            "if": {"field": "type", "equals": "Microsoft.Storage/storageAccounts"},
            "then": {"effect": "audit"},
        },
    }
