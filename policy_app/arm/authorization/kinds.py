"""The two definition types, and what their otherwise equal operations differ in."""

from __future__ import annotations

from dataclasses import dataclass

from policy_app.arm.authorization import serializers
from policy_app.arm.serializers import Shape
from policy_app.models import Definition
from policy_app.services.errors import NotFound


@dataclass(frozen=True, slots=True)
class Kind:
    """``folder`` and ``parameter`` make the address; ``group`` names the operations."""

    stored: Definition.Kind
    folder: str
    parameter: str
    group: str
    label: str
    serializer: type[Shape]
    list_serializer: type[Shape]

    @property
    def has_members(self) -> bool:
        """True for policy set definitions, whose members ``$expand`` is about."""
        return self.stored == Definition.Kind.INITIATIVE

    @property
    def type(self) -> str:
        """The ARM type."""
        return f"Microsoft.Authorization/{self.folder}"

    def put_status(self, *, created: bool) -> int:
        """The Azure SDKs take 201 alone for a policy definition, overwritten or not."""
        return 201 if created or not self.has_members else 200

    def missing(self, name: str) -> NotFound:
        """The refusal for a definition that is not there."""
        text = f"The {self.label} '{name}' could not be found."
        return NotFound(f"{self.group.removesuffix('s')}NotFound", text)

    def missing_version(self, name: str, version: str, known: list[str]) -> NotFound:
        """The refusal for a version that is not there; ``known`` are those that are."""
        text = f"The {self.label} '{name}' has no version '{version}'; it has {', '.join(known)}."
        return NotFound(f"{self.group.removesuffix('s')}VersionNotFound", text)


POLICIES = Kind(
    Definition.Kind.POLICY,
    "policyDefinitions",
    "policyDefinitionName",
    "PolicyDefinitions",
    "policy definition",
    serializers.PolicyDefinitionSerializer,
    serializers.PolicyDefinitionListResultSerializer,
)
INITIATIVES = Kind(
    Definition.Kind.INITIATIVE,
    "policySetDefinitions",
    "policySetDefinitionName",
    "PolicySetDefinitions",
    "policy set definition",
    serializers.PolicySetDefinitionSerializer,
    serializers.PolicySetDefinitionListResultSerializer,
)
