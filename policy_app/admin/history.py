"""Every change, by whom: also of rows that are gone."""

from __future__ import annotations

from django.contrib import admin

from policy_app.admin.base import ReadOnly
from policy_app.models import Assignment, Attestation, Definition, DefinitionVersion, Exemption


class HistoryAdmin(ReadOnly):
    """Rows of the history, newest first."""

    list_filter = ("history_type", "history_date")
    list_select_related = ("history_user",)
    ordering = ("-history_date", "-history_id")


class AssignmentHistoryAdmin(HistoryAdmin):
    """What was assigned, changed and deleted."""

    list_display = ("name", "display_name", "history_type", "history_user", "history_date")
    search_fields = ("name", "display_name", "history_user__username")


class ExemptionHistoryAdmin(HistoryAdmin):
    """What was exempted, changed and deleted."""

    list_display = ("name", "display_name", "history_type", "history_user", "history_date")
    search_fields = ("name", "display_name", "history_user__username")


class AttestationHistoryAdmin(HistoryAdmin):
    """What was attested, changed and deleted."""

    list_display = ("name", "state", "history_type", "history_user", "history_date")
    search_fields = ("name", "assignment_arm_id", "history_user__username")


class DefinitionHistoryAdmin(HistoryAdmin):
    """What imports changed in the lists."""

    list_display = ("display_name", "kind", "latest_version", "history_type", "history_date")
    search_fields = ("display_name", "name")


class VersionHistoryAdmin(HistoryAdmin):
    """What imports changed in the versions."""

    list_display = ("definition", "version", "origin", "history_type", "history_date")
    list_select_related = ("definition",)
    search_fields = ("definition__display_name", "version")


admin.site.register(Assignment.history.model, AssignmentHistoryAdmin)
admin.site.register(Exemption.history.model, ExemptionHistoryAdmin)
admin.site.register(Attestation.history.model, AttestationHistoryAdmin)
admin.site.register(Definition.history.model, DefinitionHistoryAdmin)
admin.site.register(DefinitionVersion.history.model, VersionHistoryAdmin)
