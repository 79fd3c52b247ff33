"""The assignment as ARM keeps it: a definition put to work at a scope, with every field.

Source: the ``policyAssignments`` resource of Microsoft.Authorization.  What an assignment comes
to, policy by policy, is in ``assignments``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from policy_app.evaluation.language.effects import ENFORCED, ENFORCEMENT_MODES
from policy_app.evaluation.language.errors import AssignmentError
from policy_app.evaluation.language.parameters import parse_values, to_values
from policy_app.evaluation.language.reading import Reader, refuse_deep
from policy_app.evaluation.language.selectors import (
    Override,
    Resource,
    ResourceSelector,
    Subject,
)
from policy_app.evaluation.language.versions import VersionPattern

MAX_OVERRIDES = 10
MAX_RESOURCE_SELECTORS = 10
_PROVIDER = "/providers/microsoft.authorization/policyassignments/"


@dataclass(frozen=True, slots=True)
class NonComplianceMessage:
    """The assigner's own words; for one policy of a set, or for all where no id is given."""

    message: str
    reference_id: str = ""

    @classmethod
    def parse(cls, reader: Reader) -> NonComplianceMessage:
        """Read one entry of ``properties.nonComplianceMessages``."""
        return cls(reader.required_text("message"), reader.text("policyDefinitionReferenceId"))

    def to_object(self) -> dict[str, Any]:
        """The entry in ARM's form."""
        entry = {"message": self.message}
        if self.reference_id:
            entry["policyDefinitionReferenceId"] = self.reference_id
        return entry


@dataclass(frozen=True, slots=True)
class Assignment:
    """One assignment.  ``parameters`` holds plain values: ``{"effect": "deny"}``."""

    id: str
    policy_definition_id: str
    """The definition or policy set that is assigned."""
    name: str = ""
    scope: str = ""
    display_name: str = ""
    description: str = ""
    definition_version: str = ""
    """``6.*.*``; empty where the newest is taken."""
    not_scopes: tuple[str, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    enforcement_mode: str = ENFORCED
    """``Default``, ``DoNotEnforce`` or ``Enroll``."""
    non_compliance_messages: tuple[NonComplianceMessage, ...] = ()
    overrides: tuple[Override, ...] = ()
    resource_selectors: tuple[ResourceSelector, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    location: str = ""
    identity: Mapping[str, Any] | None = None
    assignment_type: str = "NotSpecified"
    instance_id: str = ""
    self_serve_exemption_settings: Mapping[str, Any] | None = None

    @classmethod
    def parse(cls, value: Any) -> Assignment:
        """Read the ARM resource ``{id, name, location, identity, properties}``.

        Raises ``AssignmentError`` with the JSON path at fault.
        """
        refuse_deep(value, AssignmentError)
        whole = Reader(value, "", AssignmentError)
        if "properties" not in whole.fields:
            whole.refuse("properties", "is required")
        identity = whole.text("id")
        properties = whole.child("properties")
        return cls(
            id=identity,
            name=whole.text("name") or identity.rpartition("/")[2],
            location=whole.text("location"),
            identity=whole.fields.get("identity") and whole.object("identity"),
            scope=properties.text("scope") or scope_of(identity),
            **_target(properties),
            **_description(properties),
            **_adjustments(properties),
        )

    def to_object(self) -> dict[str, Any]:
        """The ARM resource that ``parse`` reads, with the service's defaults filled in."""
        resource: dict[str, Any] = {
            "id": self.id,
            "name": self.name,
            "type": "Microsoft.Authorization/policyAssignments",
            "properties": _to_properties(self),
        }
        if self.location:
            resource["location"] = self.location
        if self.identity is not None:
            resource["identity"] = dict(self.identity)
        return resource

    def selects(self, resource: Resource) -> bool:
        """Whether the resource selectors let the assignment apply to a resource.

        One selector that fits is enough; without selectors, every resource is selected.
        """
        subject = Subject(resource=resource)
        return not self.resource_selectors or any(
            selector.matches(subject) for selector in self.resource_selectors
        )

    def message_for(self, reference_id: str) -> str:
        """The non-compliance message for a policy: its own, else the general one, else nothing."""
        by_id = {item.reference_id.lower(): item.message for item in self.non_compliance_messages}
        return by_id.get(reference_id.lower()) or by_id.get("", "")

    def override(self, kind: str, subject: Subject) -> str:
        """The value of the first override of a kind that is meant for a policy; empty if none."""
        for override in self.overrides:
            if override.kind == kind and override.matches(subject):
                return override.value
        return ""


def scope_of(assignment_id: str) -> str:
    """The scope in an assignment's id: all that stands before the provider; empty if none."""
    at = assignment_id.lower().rfind(_PROVIDER)
    return assignment_id[:at] if at > 0 else ""


def _target(properties: Reader) -> dict[str, Any]:
    version = properties.text("definitionVersion")
    if version:
        VersionPattern.parse(version, path=properties.where("definitionVersion"))
    return {
        "policy_definition_id": properties.required_text("policyDefinitionId"),
        "definition_version": version,
        "not_scopes": properties.texts("notScopes"),
        "parameters": parse_values(
            properties.fields.get("parameters"), properties.where("parameters")
        ),
    }


def _description(properties: Reader) -> dict[str, Any]:
    settings = properties.object("selfServeExemptionSettings")
    return {
        "display_name": properties.text("displayName"),
        "description": properties.text("description"),
        "metadata": properties.object("metadata"),
        "assignment_type": properties.text("assignmentType", "NotSpecified"),
        "instance_id": properties.text("instanceId"),
        "self_serve_exemption_settings": settings or None,
    }


def _adjustments(properties: Reader) -> dict[str, Any]:
    overrides = properties.objects("overrides")
    if len(overrides) > MAX_OVERRIDES:
        properties.refuse("overrides", f"may have {MAX_OVERRIDES} entries at most")
    selectors = properties.objects("resourceSelectors")
    if len(selectors) > MAX_RESOURCE_SELECTORS:
        properties.refuse("resourceSelectors", f"may have {MAX_RESOURCE_SELECTORS} entries at most")
    messages = properties.objects("nonComplianceMessages")
    return {
        "enforcement_mode": _enforcement_mode(properties),
        "non_compliance_messages": tuple(map(NonComplianceMessage.parse, messages)),
        "overrides": tuple(map(Override.parse, overrides)),
        "resource_selectors": tuple(map(ResourceSelector.parse, selectors)),
    }


def _enforcement_mode(properties: Reader) -> str:
    modes = {mode.lower(): mode for mode in ENFORCEMENT_MODES}
    mode = modes.get(properties.text("enforcementMode", ENFORCED).lower())
    if mode is None:
        properties.refuse("enforcementMode", f"must be one of {', '.join(ENFORCEMENT_MODES)}")
    return mode


def _to_properties(assignment: Assignment) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "displayName": assignment.display_name,
        "description": assignment.description,
        "policyDefinitionId": assignment.policy_definition_id,
        "scope": assignment.scope,
        "notScopes": list(assignment.not_scopes),
        "parameters": to_values(assignment.parameters),
        "metadata": dict(assignment.metadata),
        "enforcementMode": assignment.enforcement_mode,
        "nonComplianceMessages": [item.to_object() for item in assignment.non_compliance_messages],
        "overrides": [override.to_object() for override in assignment.overrides],
        "resourceSelectors": [item.to_object() for item in assignment.resource_selectors],
        "assignmentType": assignment.assignment_type,
    }
    optional = {
        "definitionVersion": assignment.definition_version,
        "instanceId": assignment.instance_id,
        "selfServeExemptionSettings": assignment.self_serve_exemption_settings,
    }
    return properties | {name: value for name, value in optional.items() if value}
