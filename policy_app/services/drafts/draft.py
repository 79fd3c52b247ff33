"""The draft itself, and the name that the portal suggests for one."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from typing import Any

from policy_app.models import Assignment, Definition, Scope

_WORDS = re.compile(r"[^A-Za-z0-9]+")


@dataclass(slots=True)
class AssignmentDraft:
    """Every field of an assignment; ``parameters`` maps names to plain values."""

    scope: Scope
    name: str
    definition: Definition
    definition_version: str = ""
    display_name: str = ""
    description: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    not_scopes: list[str] = field(default_factory=list)
    enforcement_mode: str = Assignment.EnforcementMode.DEFAULT
    non_compliance_messages: list[dict[str, Any]] = field(default_factory=list)
    overrides: list[dict[str, Any]] = field(default_factory=list)
    resource_selectors: list[dict[str, Any]] = field(default_factory=list)
    metadata: dict[str, Any] = field(default_factory=dict)
    identity: dict[str, Any] | None = None
    location: str = ""
    assignment_type: str = ""
    self_serve_exemptions: dict[str, Any] | None = None

    @property
    def arm_id(self) -> str:
        """The id that the assignment has, or will have."""
        provider = "providers/Microsoft.Authorization/policyAssignments"
        return f"{self.scope.arm_id}/{provider}/{self.name}"


def suggested_name(definition: Definition) -> str:
    """A resource name that people can read and that does not collide: 24 characters at most."""
    words = _WORDS.sub("-", definition.display_name.lower().removeprefix("kubernetes cluster"))
    return f"{words.strip('-')[:15].strip('-')}-{secrets.token_hex(4)}"
