"""Exemptions through the services that the other doors use, and templates that were fetched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminTextareaWidget
from django.db.models import JSONField, QuerySet
from django.http import HttpRequest

from policy_app.admin.base import NoEditing, WithHistory, show_refusal
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
class ExemptionAdmin(WithHistory):
    """Exemptions in ARM's own terms."""

    form = ExemptionForm
    list_display = ("__str__", "scope", "category", "expires_on", "assignment_arm_id")
    list_filter = ("category", "scope__kind", "expires_on")
    list_select_related = ("scope",)
    search_fields = ("display_name", "name", "assignment_arm_id", "scope__arm_id")
    raw_id_fields = ("scope",)
    formfield_overrides = {JSONField: {"widget": AdminTextareaWidget(attrs={"rows": 4})}}

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Scope and name are an exemption's identity."""
        return ("scope", "name") if obj else ()

    def save_model(self, request: Any, obj: Exemption, form: ExemptionForm, change: bool) -> None:
        """Let the service store what it has checked."""
        row, _ = exemptions.put(*form.place, form.body, request.user)
        # The admin goes on with its own object: the log and the redirect need the key.
        obj.pk = row.pk
        obj.refresh_from_db()

    def delete_model(self, request: Any, obj: Exemption) -> None:
        """Delete through the service."""
        exemptions.delete(obj, request.user)

    def delete_queryset(self, request: Any, queryset: QuerySet[Exemption]) -> None:
        """Each through the service, so that each keeps who deleted it."""
        for row in queryset:
            exemptions.delete(row, request.user)


@admin.register(FetchedTemplate)
class FetchedTemplateAdmin(NoEditing):
    """What was fetched from where; a row that is deleted is fetched again when it is needed."""

    list_display = ("url", "sha256", "fetched_at")
    search_fields = ("url", "sha256")
    readonly_fields = ("url", "text", "sha256", "fetched_at")
