"""Assignments: a definition put to work at a scope, with parameters."""

from __future__ import annotations

import uuid

from django.db import models
from simple_history.models import HistoricalRecords

from policy_app.models.definitions import Definition
from policy_app.models.resources import PolicyResource
from policy_app.models.scopes import Scope


class Assignment(PolicyResource):
    """Every field of ARM's policyAssignment; unique by scope and name, in any letter case.

    JSON fields keep ARM's own shapes: ``parameters`` is ``{"effect": {"value": "Deny"}}``,
    ``not_scopes`` a list of ids, ``non_compliance_messages``, ``overrides`` and
    ``resource_selectors`` lists of objects.
    """

    class EnforcementMode(models.TextChoices):
        """ARM's value, and the portal's word for it."""

        DEFAULT = "Default", "Enabled"
        DO_NOT_ENFORCE = "DoNotEnforce", "Disabled"

    arm_type = "policyAssignments"

    scope = models.ForeignKey(Scope, on_delete=models.PROTECT, related_name="assignments")
    definition = models.ForeignKey(Definition, on_delete=models.PROTECT, related_name="assignments")
    definition_version = models.CharField(max_length=40, blank=True)
    parameters = models.JSONField(default=dict, blank=True)
    not_scopes = models.JSONField(default=list, blank=True)
    enforcement_mode = models.CharField(
        max_length=20, choices=EnforcementMode.choices, default=EnforcementMode.DEFAULT
    )
    non_compliance_messages = models.JSONField(default=list, blank=True)
    overrides = models.JSONField(default=list, blank=True)
    identity = models.JSONField(null=True, blank=True)
    location = models.CharField(max_length=60, blank=True)
    assignment_type = models.CharField(max_length=20, blank=True)
    self_serve_exemptions = models.JSONField(null=True, blank=True)
    instance_id = models.UUIDField(default=uuid.uuid4, editable=False)
    history = HistoricalRecords()

    class Meta(PolicyResource.Meta):
        constraints = [
            models.UniqueConstraint("scope", "key", name="assignment_once_a_scope"),
        ]

    @property
    def enforced(self) -> bool:
        """True where the effect is enforced, and not only evaluated."""
        return self.enforcement_mode == self.EnforcementMode.DEFAULT
