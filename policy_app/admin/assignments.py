"""Assignments: stored and deleted by the same service as through the other doors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin

from policy_app.admin.base import PolicyResourceAdmin, show_refusal
from policy_app.models import Assignment
from policy_app.services import assignments, drafts
from policy_app.services.errors import PolicyError

if TYPE_CHECKING:
    AssignmentModelForm = forms.ModelForm[Assignment]
else:
    AssignmentModelForm = forms.ModelForm

# ARM's names of the fields, to put the service's refusals beside the right ones.
_ARM_NAMES = {
    "displayName": "display_name",
    "description": "description",
    "policyDefinitionId": "definition",
    "definitionVersion": "definition_version",
    "parameters": "parameters",
    "notScopes": "not_scopes",
    "enforcementMode": "enforcement_mode",
    "nonComplianceMessages": "non_compliance_messages",
    "overrides": "overrides",
    "resourceSelectors": "resource_selectors",
    "metadata": "metadata",
}


class AssignmentForm(AssignmentModelForm):
    """The fields in ARM's shapes; what the service refuses stands beside its field."""

    class Meta:
        model = Assignment
        fields = ("scope", "name", *_ARM_NAMES.values(), "identity", "location")

    def clean(self) -> dict[str, Any]:
        """Ask the service what it would say to a PUT of these values."""
        given = super().clean() or {}
        if self.errors:
            return given
        try:
            self.draft = self._draft(given)
            drafts.validate(self.draft)
        except PolicyError as refusal:
            show_refusal(self, refusal, _ARM_NAMES)
        return given

    def _draft(self, given: dict[str, Any]) -> drafts.AssignmentDraft:
        # On a stored assignment scope and name are shown, not asked for.
        scope = given.get("scope") or self.instance.scope
        name = given.get("name") or self.instance.name
        if self.instance.pk is None and assignments.find(scope, name):
            raise PolicyError("Conflict", f"{scope} already has '{name}'.", target="name")
        properties = {arm: given[field] for arm, field in _ARM_NAMES.items() if given.get(field)}
        properties["policyDefinitionId"] = given["definition"].arm_id
        body = {"properties": properties, "identity": given.get("identity")}
        return drafts.from_arm(scope, name, body | {"location": given.get("location")})


@admin.register(Assignment)
class AssignmentAdmin(PolicyResourceAdmin):
    """Assignments in ARM's own terms."""

    form = AssignmentForm
    list_display = ("__str__", "scope", "definition", "enforcement_mode", "updated_at")
    list_filter = ("enforcement_mode", "definition__kind", "scope__kind")
    list_select_related = ("scope", "definition")
    search_fields = ("display_name", "name", "definition__display_name", "scope__arm_id")
    raw_id_fields = ("scope", "definition")

    def store(self, form: AssignmentForm, by: Any) -> Assignment:
        """What the form has checked."""
        return assignments.put(form.draft, by)[0]

    def remove(self, row: Assignment, by: Any) -> None:
        """Its history stays, with who deleted it."""
        assignments.delete(row, by)
