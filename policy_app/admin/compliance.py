"""What audits found, to be read: only scans write it."""

from __future__ import annotations

from django.contrib import admin

from policy_app.admin.base import ReadOnly
from policy_app.models import (
    AppliedSet,
    ClusterAudit,
    ComplianceEvent,
    ComplianceSample,
    Component,
    ComponentState,
    PolicyState,
)


@admin.register(ClusterAudit)
class ClusterAuditAdmin(ReadOnly):
    """How far the audit of each cluster has come."""

    list_display = ["cluster", "state", "components", "non_compliant", "blocked", "audited_at"]
    list_filter = ["state"]
    search_fields = ["cluster__scope__name"]
    list_select_related = ["cluster__scope"]


@admin.register(PolicyState)
class PolicyStateAdmin(ReadOnly):
    """What each policy has come to in each cluster."""

    list_display = ["display_name", "cluster", "state", "action", "non_compliant", "evaluated_at"]
    list_filter = ["state", "action", "active"]
    search_fields = ["display_name", "assignment_key", "definition_key", "constraint_name"]
    list_select_related = ["cluster__scope"]


@admin.register(AppliedSet)
class AppliedSetAdmin(ReadOnly):
    """Policies that judge the same components together."""

    list_display = ["digest", "cluster"]
    search_fields = ["digest"]
    list_select_related = ["cluster__scope"]


@admin.register(Component)
class ComponentAdmin(ReadOnly):
    """The objects that audits looked at."""

    list_display = ["kind", "namespace", "name", "cluster", "blocking", "non_compliant", "error"]
    list_filter = ["cluster", "kind"]
    search_fields = ["name", "namespace", "workload_name", "uid"]
    list_select_related = ["cluster__scope"]


@admin.register(ComponentState)
class ComponentStateAdmin(ReadOnly):
    """What is wrong with which component."""

    list_display = ["component", "policy", "cluster", "state", "severity", "since", "message"]
    list_filter = ["cluster", "state", "severity"]
    search_fields = ["component__name", "namespace", "message"]
    list_select_related = ["component", "policy__cluster__scope", "cluster__scope"]


@admin.register(ComplianceEvent)
class ComplianceEventAdmin(ReadOnly):
    """Who became what, and when."""

    list_display = ["at", "kind", "namespace", "name", "cluster", "before", "after", "message"]
    list_filter = ["cluster", "after"]
    search_fields = ["name", "namespace", "message", "uid"]
    list_select_related = ["cluster__scope"]


@admin.register(ComplianceSample)
class ComplianceSampleAdmin(ReadOnly):
    """How it stood at the end of each day."""

    list_display = ["day", "cluster", "assignment_key", "state", "components", "non_compliant"]
    list_filter = ["cluster", "state"]
    search_fields = ["assignment_key", "cluster__scope__name"]
    list_select_related = ["cluster__scope"]
