"""Assignments: a definition put to work at a scope, with parameters."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from simple_history.models import HistoricalRecords

from policy_app.models.definitions import Definition
from policy_app.models.scopes import Scope


class Assignment(models.Model):
    """Every field of ARM's policyAssignment; unique by scope and name, in any letter case.

    JSON fields keep ARM's own shapes: ``parameters`` is ``{"effect": {"value": "Deny"}}``,
    ``not_scopes`` a list of ids, ``non_compliance_messages``, ``overrides`` and
    ``resource_selectors`` lists of objects.
    """

    class EnforcementMode(models.TextChoices):
        """ARM's value, and the portal's word for it."""

        DEFAULT = "Default", "Enabled"
        DO_NOT_ENFORCE = "DoNotEnforce", "Disabled"

    scope = models.ForeignKey(Scope, on_delete=models.PROTECT, related_name="assignments")
    name = models.CharField(max_length=128)
    key = models.CharField(max_length=128, editable=False)
    definition = models.ForeignKey(Definition, on_delete=models.PROTECT, related_name="assignments")
    definition_version = models.CharField(max_length=40, blank=True)
    display_name = models.CharField(max_length=500, blank=True)
    description = models.TextField(blank=True)
    parameters = models.JSONField(default=dict, blank=True)
    not_scopes = models.JSONField(default=list, blank=True)
    enforcement_mode = models.CharField(
        max_length=20, choices=EnforcementMode.choices, default=EnforcementMode.DEFAULT
    )
    non_compliance_messages = models.JSONField(default=list, blank=True)
    overrides = models.JSONField(default=list, blank=True)
    resource_selectors = models.JSONField(default=list, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    identity = models.JSONField(null=True, blank=True)
    location = models.CharField(max_length=60, blank=True)
    assignment_type = models.CharField(max_length=20, blank=True)
    self_serve_exemptions = models.JSONField(null=True, blank=True)
    instance_id = models.UUIDField(default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    updated_at = models.DateTimeField(auto_now=True)
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    history = HistoricalRecords()

    class Meta:
        ordering = ["display_name", "pk"]
        constraints = [
            models.UniqueConstraint("scope", "key", name="assignment_once_a_scope"),
        ]

    def __str__(self) -> str:
        return self.display_name or self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep ``key`` true to the name."""
        self.key = self.name.lower()
        super().save(*args, **kwargs)

    @property
    def arm_id(self) -> str:
        """The id that ARM shows: the scope's, the provider, the name."""
        provider = "providers/Microsoft.Authorization/policyAssignments"
        return f"{self.scope.arm_id}/{provider}/{self.name}"

    @property
    def enforced(self) -> bool:
        """True where the effect is enforced, and not only evaluated."""
        return self.enforcement_mode == self.EnforcementMode.DEFAULT
