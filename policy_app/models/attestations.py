"""Attestations: somebody's word about what no machine can judge, with the evidence for it."""

from __future__ import annotations

from typing import Any

from django.db import models
from simple_history.models import HistoricalRecords

from policy_app.models.resources import ArmResource
from policy_app.models.scopes import Scope


class Attestation(ArmResource):
    """Every field of ARM's attestation; unique by scope and name, in any letter case.

    It is about its scope as a resource, under one policy with the effect ``manual``.  The
    assignment is kept by its id, as exemptions do.  JSON fields keep ARM's own shapes.
    """

    class State(models.TextChoices):
        """What somebody says."""

        COMPLIANT = "Compliant", "Compliant"
        NON_COMPLIANT = "NonCompliant", "Non-compliant"
        UNKNOWN = "Unknown", "Unknown"

    provider = "Microsoft.PolicyInsights"
    arm_type = "attestations"

    scope = models.ForeignKey(Scope, on_delete=models.PROTECT, related_name="attestations")
    assignment_arm_id = models.CharField("assignment's ARM id", max_length=800)
    assignment_key = models.CharField(max_length=800, editable=False, db_index=True)
    reference_id = models.CharField(max_length=200, blank=True)
    """Which member of the initiative it is; empty outside of initiatives."""
    state = models.CharField(max_length=20, choices=State.choices)
    state_since = models.DateTimeField()
    """When somebody last said something else."""
    expires_on = models.DateTimeField(null=True, blank=True)
    """From then on it says nothing; it is never deleted for that."""
    owner = models.CharField(max_length=254, blank=True)
    """Who looks after it, in the words of whoever wrote it."""
    comments = models.TextField(blank=True)
    evidence = models.JSONField(default=list, blank=True)
    assessment_date = models.DateTimeField(null=True, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    history = HistoricalRecords()

    class Meta(ArmResource.Meta):
        constraints = [
            models.UniqueConstraint("scope", "key", name="attestation_once_a_scope"),
        ]

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep the assignment's key true to its id, too."""
        self.assignment_key = self.assignment_arm_id.lower()
        super().save(*args, **kwargs)
