"""Exemptions: an assignment, or some of its policies, left out for what is below a scope."""

from __future__ import annotations

from typing import Any

from django.db import models
from simple_history.models import HistoricalRecords

from policy_app.models.resources import PolicyResource
from policy_app.models.scopes import Scope


class Exemption(PolicyResource):
    """Every field of ARM's policyExemption; unique by scope and name, in any letter case.

    The assignment is kept by its id, as ARM does: an exemption outlives it, and counts again for
    one that is made anew.  JSON fields keep ARM's own shapes.
    """

    class Category(models.TextChoices):
        """Why it is exempt."""

        WAIVER = "Waiver", "Waiver: non-compliance is accepted for now"
        MITIGATED = "Mitigated", "Mitigated: the policy's intent is met in another way"

    class ScopeValidation(models.TextChoices):
        """Must its scope be at or below that of the assignment?"""

        DEFAULT = "Default", "Checked"
        DO_NOT_VALIDATE = "DoNotValidate", "Not checked"

    class ManagementMode(models.TextChoices):
        """Who looks after it."""

        ADMIN = "Admin", "Administrator"
        SELF_SERVE = "UserSelfServe", "Self-service"

    arm_type = "policyExemptions"

    scope = models.ForeignKey(Scope, on_delete=models.PROTECT, related_name="exemptions")
    assignment_arm_id = models.CharField("assignment's ARM id", max_length=800)
    assignment_key = models.CharField(max_length=800, editable=False, db_index=True)
    category = models.CharField(max_length=20, choices=Category.choices)
    reference_ids = models.JSONField(
        default=list, blank=True, help_text="Policies of the initiative; none for all of them."
    )
    expires_on = models.DateTimeField(null=True, blank=True)
    scope_validation = models.CharField(
        max_length=20, choices=ScopeValidation.choices, default=ScopeValidation.DEFAULT
    )
    management_mode = models.CharField(
        max_length=20, choices=ManagementMode.choices, default=ManagementMode.ADMIN
    )
    history = HistoricalRecords()

    class Meta(PolicyResource.Meta):
        constraints = [
            models.UniqueConstraint("scope", "key", name="exemption_once_a_scope"),
        ]

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep the assignment's key true to its id, too."""
        self.assignment_key = self.assignment_arm_id.lower()
        super().save(*args, **kwargs)
