"""Exemptions: an assignment, or some of its policies, left out for what is below a scope.

Source: the ``policyExemptions`` resource of Microsoft.Authorization, and Microsoft Learn, "Azure
Policy exemption structure".  For Kubernetes the smallest thing that can be exempt is a cluster.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from policy_app.evaluation.language.assignments import EffectivePolicy, UnresolvedPolicy
from policy_app.evaluation.language.errors import LanguageError
from policy_app.evaluation.language.reading import Reader, refuse_deep
from policy_app.evaluation.language.reasons import EXEMPT, NotInstalled
from policy_app.evaluation.language.selectors import Resource, ResourceSelector, Subject

WAIVER = "Waiver"
MITIGATED = "Mitigated"
CATEGORIES = (WAIVER, MITIGATED)

VALIDATED = "Default"
NOT_VALIDATED = "DoNotValidate"
SCOPE_VALIDATIONS = (VALIDATED, NOT_VALIDATED)

BY_ADMIN = "Admin"
MANAGEMENT_MODES = (BY_ADMIN, "UserSelfServe")

MAX_RESOURCE_SELECTORS = 10
_PROVIDER = "/providers/microsoft.authorization/policyexemptions/"


class ExemptionError(LanguageError):
    """An exemption that is not shaped as ARM requires."""

    code = "InvalidRequestContent"


@dataclass(frozen=True, slots=True)
class Exemption:
    """One exemption."""

    id: str
    policy_assignment_id: str
    category: str
    """``Waiver`` (accepted for now) or ``Mitigated`` (met by other means)."""
    name: str = ""
    scope: str = ""
    reference_ids: tuple[str, ...] = ()
    """The policies of a set that are exempt; empty for all of the assignment."""
    expires_on: datetime | None = None
    """From then on it exempts nothing; it is never deleted for that."""
    display_name: str = ""
    description: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    resource_selectors: tuple[ResourceSelector, ...] = ()
    scope_validation: str = VALIDATED
    """``DoNotValidate`` lets the exemption stand outside of its assignment's scope."""
    management_mode: str = BY_ADMIN

    @classmethod
    def parse(cls, value: Any) -> Exemption:
        """Read the ARM resource ``{id, name, properties}``.

        Raises ``ExemptionError`` (or another ``LanguageError``) with the JSON path at fault.
        """
        refuse_deep(value, ExemptionError)
        whole = Reader(value, "", ExemptionError)
        if "properties" not in whole.fields:
            whole.refuse("properties", "is required")
        identity = whole.text("id")
        properties = whole.child("properties")
        selectors = properties.objects("resourceSelectors")
        if len(selectors) > MAX_RESOURCE_SELECTORS:
            most = f"may have {MAX_RESOURCE_SELECTORS} entries at most"
            properties.refuse("resourceSelectors", most)
        return cls(
            id=identity,
            name=whole.text("name") or identity.rpartition("/")[2],
            scope=scope_of(identity),
            policy_assignment_id=properties.required_text("policyAssignmentId"),
            category=properties.choice("exemptionCategory", CATEGORIES),
            reference_ids=properties.texts("policyDefinitionReferenceIds"),
            expires_on=properties.moment("expiresOn"),
            display_name=properties.text("displayName"),
            description=properties.text("description"),
            metadata=properties.object("metadata"),
            resource_selectors=tuple(map(ResourceSelector.parse, selectors)),
            scope_validation=properties.choice(
                "assignmentScopeValidation", SCOPE_VALIDATIONS, VALIDATED
            ),
            management_mode=properties.choice(
                "exemptionManagementMode", MANAGEMENT_MODES, BY_ADMIN
            ),
        )

    def to_object(self) -> dict[str, Any]:
        """The ARM resource that ``parse`` reads; what is empty is left out."""
        properties: dict[str, Any] = {
            "policyAssignmentId": self.policy_assignment_id,
            "policyDefinitionReferenceIds": list(self.reference_ids),
            "exemptionCategory": self.category,
            "expiresOn": in_arm_form(self.expires_on) if self.expires_on else "",
            "displayName": self.display_name,
            "description": self.description,
            "metadata": dict(self.metadata),
            "resourceSelectors": [item.to_object() for item in self.resource_selectors],
            "assignmentScopeValidation": self.scope_validation,
            "exemptionManagementMode": self.management_mode,
        }
        return {
            "id": self.id,
            "name": self.name,
            "type": "Microsoft.Authorization/policyExemptions",
            "properties": {name: value for name, value in properties.items() if value},
        }

    def has_expired(self, now: datetime) -> bool:
        """Whether it exempts nothing any more."""
        return self.expires_on is not None and self.expires_on <= now

    def covers(
        self, assignment_id: str, reference_id: str, resource: Resource | None, now: datetime
    ) -> bool:
        """Whether a policy of an assignment is exempt for a resource below the scope."""
        named = {one.lower() for one in self.reference_ids}
        subject = Subject(reference_id, resource)
        return (
            not self.has_expired(now)
            and self.policy_assignment_id.lower() == assignment_id.lower()
            and (not named or reference_id.lower() in named)
            and (
                not self.resource_selectors
                or any(selector.matches(subject) for selector in self.resource_selectors)
            )
        )


def why_exempt(
    policy: EffectivePolicy | UnresolvedPolicy,
    exemptions: Iterable[Exemption],
    resource: Resource | None,
    now: datetime,
) -> NotInstalled | None:
    """Which exemption leaves a policy out; None where it is not exempt.

    ``exemptions`` are those whose scope the resource is at or below.
    """
    for one in exemptions:
        if one.covers(policy.assignment.id, policy.origin.definition_reference_id, resource, now):
            until = f" until {in_arm_form(one.expires_on)}" if one.expires_on else ""
            title = policy.origin.display_name or policy.origin.definition_id
            why = f"{title} is exempt here{until}: {one.display_name or one.name} ({one.category})."
            return NotInstalled(why, EXEMPT, policy.origin)
    return None


def scope_of(exemption_id: str) -> str:
    """The scope in an exemption's id: all that stands before the provider; empty if none."""
    at = exemption_id.lower().rfind(_PROVIDER)
    return exemption_id[:at] if at > 0 else ""


def in_arm_form(moment: datetime) -> str:
    """``2026-12-31T23:59:00Z``, in UTC."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
