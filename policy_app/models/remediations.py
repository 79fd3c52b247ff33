"""Remediations: tasks that bring what is in clusters already to what a mutation makes of it.

A remediation is found out and carried out by workers, object by object; each object is one
deployment, as Azure calls them.  These rows are the truth of what is still to be done.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models

from policy_app.models.objects import JsonText
from policy_app.models.resources import ArmResource
from policy_app.models.scopes import Cluster, Scope
from policy_app.models.stamps import Stamp


class Remediation(ArmResource):
    """Every field of ARM's remediation; unique by scope and name, in any letter case.

    The assignment is kept by its id, as exemptions do: a task outlives it.
    """

    class State(models.TextChoices):
        """ARM's ``provisioningState``."""

        ACCEPTED = "Accepted", "Accepted"
        EVALUATING = "Evaluating", "Evaluating"
        RUNNING = "Running", "In progress"
        SUCCEEDED = "Succeeded", "Complete"
        FAILED = "Failed", "Failed"
        CANCELED = "Canceled", "Canceled"

    class Discovery(models.TextChoices):
        """ARM's ``resourceDiscoveryMode``."""

        EXISTING = "ExistingNonCompliant", "What the cluster's mutators would change"
        EVALUATE = "ReEvaluateCompliance", "The same, after the add-on has looked for assignments"

    OPEN = (State.ACCEPTED, State.EVALUATING, State.RUNNING)

    provider = "Microsoft.PolicyInsights"
    arm_type = "remediations"

    scope = models.ForeignKey(Scope, on_delete=models.PROTECT, related_name="remediations")
    assignment_arm_id = models.CharField("assignment's ARM id", max_length=800)
    assignment_key = models.CharField(max_length=800, editable=False, db_index=True)
    reference_id = models.CharField(max_length=200, blank=True)
    """Which member of the initiative it is; empty outside of initiatives."""
    discovery = models.CharField(
        max_length=30, choices=Discovery.choices, default=Discovery.EXISTING
    )
    locations = JsonText(default=list)
    """Only clusters in these; all of them where there is none."""
    resource_ids = JsonText(default=list)
    """Only these clusters, or objects in them; everything where there is none."""
    resource_count = models.PositiveIntegerField(default=500)
    """The most objects that it changes."""
    parallel_deployments = models.PositiveSmallIntegerField(default=10)
    failure_threshold = models.FloatField(null=True, blank=True)
    """From 0 to 1: it ends as failed once more than this part of it has failed."""
    state = models.CharField(max_length=20, choices=State.choices, default=State.ACCEPTED)
    status_message = models.TextField(blank=True)
    correlation_id = models.UUIDField(default=uuid.uuid4, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    """How often going on with it failed unexpectedly."""
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta(ArmResource.Meta):
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint("scope", "key", name="remediation_once_a_scope"),
        ]
        indexes = [models.Index(fields=["state", "created_at"], name="remediations_to_do")]

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep the assignment's key true to its id, too."""
        self.assignment_key = self.assignment_arm_id.lower()
        super().save(*args, **kwargs)

    @property
    def is_open(self) -> bool:
        """Whether something of it is still to be done."""
        return self.state in self.OPEN


class RemediationDeployment(models.Model):
    """One object of a cluster that a remediation changes."""

    class State(models.TextChoices):
        """Where it stands."""

        ACCEPTED = "Accepted", "Waiting"
        SUCCEEDED = "Succeeded", "Succeeded"
        FAILED = "Failed", "Failed"
        CANCELED = "Canceled", "Canceled"

    remediation = models.ForeignKey(
        Remediation, on_delete=models.CASCADE, related_name="deployments"
    )
    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="+")
    group = models.CharField(max_length=253, blank=True)
    plural = models.CharField(max_length=253)
    kind = models.CharField(max_length=253)
    namespace = models.CharField(max_length=253, blank=True)
    name = models.CharField(max_length=253)
    state = models.CharField(max_length=20, choices=State.choices, default=State.ACCEPTED)
    error_code = models.CharField(max_length=60, blank=True)
    """The reason of the API server's refusal; empty where it did not refuse."""
    message = models.TextField(blank=True)
    """Why it failed, or what was done."""
    created_at = Stamp(auto_now_add=True)
    updated_at = Stamp(auto_now=True)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["remediation", "state"], name="deployments_by_state")]

    def __str__(self) -> str:
        return f"{self.kind}/{self.name} in {self.cluster}: {self.state}"

    @property
    def resource_id(self) -> str:
        """The cluster's id with the object behind it; Azure publishes no form of it."""
        return "/".join(
            filter(None, (self.cluster.scope.arm_id, self.kind, self.namespace, self.name))
        )
