"""Remediations and attestations, to be read: their services alone write them."""

from __future__ import annotations

from django.contrib import admin

from policy_app.admin.base import ReadOnly, WithHistory
from policy_app.models import Attestation, Remediation, RemediationDeployment


@admin.register(Remediation)
class RemediationAdmin(ReadOnly):
    """The tasks, and how far each one is."""

    list_display = ["name", "scope", "state", "assignment_arm_id", "reference_id", "created_at"]
    list_filter = ["state", "scope__kind"]
    search_fields = ["name", "assignment_arm_id", "scope__arm_id"]
    list_select_related = ["scope"]


@admin.register(RemediationDeployment)
class RemediationDeploymentAdmin(ReadOnly):
    """The objects that they change."""

    list_display = ["kind", "namespace", "name", "cluster", "remediation", "state", "message"]
    list_filter = ["state", "kind"]
    search_fields = ["name", "namespace", "remediation__name"]
    list_select_related = ["cluster__scope", "remediation"]


@admin.register(Attestation)
class AttestationAdmin(ReadOnly, WithHistory):
    """What people say, with what they said before."""

    list_display = ["name", "scope", "state", "owner", "expires_on", "assignment_arm_id"]
    list_filter = ["state", "scope__kind"]
    search_fields = ["name", "assignment_arm_id", "scope__arm_id"]
    list_select_related = ["scope"]
