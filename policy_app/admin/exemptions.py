"""Exemptions through the services that the other doors use, and templates that were fetched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from policy_app.admin.base import NoEditing, PolicyResourceAdmin, Recorded, show_refusal
from policy_app.evaluation.language.exemptions import in_arm_form
from policy_app.models import Exemption, FetchedTemplate
from policy_app.services import exemptions
from policy_app.services.errors import PolicyError

if TYPE_CHECKING:
    ExemptionModelForm = forms.ModelForm[Exemption]
else:
    ExemptionModelForm = forms.ModelForm

_ARM_NAMES = {
    "policyAssignmentId": "assignment_arm_id",
    "exemptionCategory": "category",
    "policyDefinitionReferenceIds": "reference_ids",
    "expiresOn": "expires_on",
    "displayName": "display_name",
    "description": "description",
    "metadata": "metadata",
    "resourceSelectors": "resource_selectors",
    "assignmentScopeValidation": "scope_validation",
    "exemptionManagementMode": "management_mode",
}


class ExemptionForm(ExemptionModelForm):
    """The fields in ARM's shapes; what the service refuses stands beside its field."""

    class Meta:
        model = Exemption
        fields = ("scope", "name", *_ARM_NAMES.values())

    def clean(self) -> dict[str, Any]:
        """Ask the service what it would say to a PUT of these values."""
        given = super().clean() or {}
        if self.errors:
            return given
        # On a stored exemption scope and name are shown, not asked for.
        self.place = (
            given.get("scope") or self.instance.scope,
            given.get("name") or (self.instance.name),
        )
        try:
            if self.instance.pk is None and exemptions.find(*self.place):
                text = f"{self.place[0]} already has '{self.place[1]}'."
                raise PolicyError("Conflict", text, target="name")
            self.body = _body(given)
            exemptions.validate(*self.place, self.body)
        except PolicyError as refusal:
            show_refusal(self, refusal, _ARM_NAMES)
        return given


def _body(given: dict[str, Any]) -> dict[str, Any]:
    values = {arm: given[field] for arm, field in _ARM_NAMES.items() if given.get(field)}
    if "expiresOn" in values:
        values["expiresOn"] = in_arm_form(values["expiresOn"])
    return {"properties": values}


@admin.register(Exemption)
class ExemptionAdmin(PolicyResourceAdmin):
    """Exemptions in ARM's own terms."""

    form = ExemptionForm
    list_display = ("__str__", "scope", "category", "expires_on", "assignment_arm_id")
    list_filter = ("category", "scope__kind", "expires_on")
    list_select_related = ("scope",)
    search_fields = ("display_name", "name", "assignment_arm_id", "scope__arm_id")

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """What an address fills in; reference ids are separated by commas in it."""
        given: dict[str, Any] = dict(super().get_changeform_initial_data(request))
        if "reference_ids" in given:
            given["reference_ids"] = [one for one in given["reference_ids"].split(",") if one]
        return given

    def store(self, form: ExemptionForm, by: Any) -> Exemption:
        """What the form has checked."""
        return exemptions.put(*form.place, form.body, by)[0]

    def remove(self, row: Exemption, by: Any) -> None:
        """Its history stays, with who deleted it."""
        exemptions.delete(row, by)


@admin.register(FetchedTemplate)
class FetchedTemplateAdmin(Recorded, NoEditing):
    """What was fetched from where; a row that is deleted is fetched again when it is needed."""

    list_display = ("url", "sha256", "fetched_at")
    search_fields = ("url", "sha256")
    readonly_fields = ("url", "text", "sha256", "fetched_at")
