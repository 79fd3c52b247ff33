"""Assignments: stored and deleted by the same service as through the other doors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminTextareaWidget
from django.db.models import JSONField, QuerySet
from django.http import HttpRequest

from policy_app.admin.base import WithHistory, show_refusal
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
class AssignmentAdmin(WithHistory):
    """Assignments in ARM's own terms."""

    form = AssignmentForm
    list_display = ("__str__", "scope", "definition", "enforcement_mode", "updated_at")
    list_filter = ("enforcement_mode", "definition__kind", "scope__kind")
    list_select_related = ("scope", "definition")
    search_fields = ("display_name", "name", "definition__display_name", "scope__arm_id")
    raw_id_fields = ("scope", "definition")
    formfield_overrides = {JSONField: {"widget": AdminTextareaWidget(attrs={"rows": 4})}}

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Scope and name are an assignment's identity."""
        return ("scope", "name") if obj else ()

    def save_model(self, request: Any, obj: Assignment, form: AssignmentForm, change: bool) -> None:
        """Let the service store the draft that it has checked."""
        row, _ = assignments.put(form.draft, request.user)
        # The admin goes on with its own object: the log and the redirect need the key.
        obj.pk = row.pk
        obj.refresh_from_db()

    def delete_model(self, request: Any, obj: Assignment) -> None:
        """Delete through the service."""
        assignments.delete(obj, request.user)

    def delete_queryset(self, request: Any, queryset: QuerySet[Assignment]) -> None:
        """Each through the service, so that each keeps who deleted it."""
        for row in queryset:
            assignments.delete(row, request.user)
