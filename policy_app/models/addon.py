"""The Azure Policy add-on of a cluster: how far it is, and what was refused in its name."""

from __future__ import annotations

from django.db import models

from policy_app.models.scopes import Cluster


class AddonState(models.Model):
    """How the add-on of one cluster works, and when it last did."""

    class Timing(models.TextChoices):
        """When the add-on takes over what was assigned."""

        AT_ONCE = "atOnce", "At once"
        AZURE = "azure", "As in Azure: every 15 minutes"

    cluster = models.OneToOneField(Cluster, on_delete=models.CASCADE, related_name="addon")
    timing = models.CharField(max_length=10, choices=Timing.choices, default=Timing.AT_ONCE)
    enabled = models.BooleanField(default=False)
    """Whether the add-on was on at the last sync: its parts are in the cluster then."""
    estate = models.CharField(max_length=200, blank=True)
    """What stood in the portal at the last sync; it reads differently as soon as that changes."""
    synced_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    """When to sync again though nothing was changed: an exemption ends, an address is retried."""
    audited_at = models.DateTimeField(null=True, blank=True)
    audited_revision = models.BigIntegerField(default=0)
    """The cluster's revision that the last audit saw."""
    token_number = models.PositiveIntegerField(default=1)
    """Counts the tokens that real API servers call the webhooks with; the newest one is good."""

    def __str__(self) -> str:
        return f"add-on of {self.cluster}"


class AddonProgress(models.Model):
    """How far one assignment has come in one cluster; a moment is empty until it has come."""

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="addon_progress")
    assignment_arm_id = models.CharField(max_length=800)
    assignment_key = models.CharField(max_length=800)
    brings = models.CharField(max_length=64)
    """A digest of what the assignment brings: with another one, the way begins anew."""
    assigned_at = models.DateTimeField()
    synced_at = models.DateTimeField(null=True, blank=True)
    installed_at = models.DateTimeField(null=True, blank=True)
    enforcing_at = models.DateTimeField(null=True, blank=True)
    audited_at = models.DateTimeField(null=True, blank=True)
    constraints = models.JSONField(default=list)
    """The names of the constraints and mutators that it has in the cluster."""
    code = models.CharField(max_length=60, blank=True)
    """Azure's reason code where the way stopped."""
    reason = models.TextField(blank=True)

    class Meta:
        ordering = ["assigned_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["cluster", "assignment_key"], name="progress_once_an_assignment"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.assignment_arm_id} in {self.cluster}"


class Refusal(models.Model):
    """A request that a policy refused: what it was about and why, never the object itself."""

    class Door(models.TextChoices):
        """Who asked."""

        CLUSTER = "cluster", "The simulated cluster"
        WEBHOOK = "webhook", "A real API server"

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="refusals")
    at = models.DateTimeField()
    door = models.CharField(max_length=10, choices=Door.choices)
    operation = models.CharField(max_length=10)
    group = models.CharField(max_length=253, blank=True)
    kind = models.CharField(max_length=253)
    namespace = models.CharField(max_length=253, blank=True)
    name = models.CharField(max_length=253, blank=True)
    username = models.CharField(max_length=253, blank=True)
    constraints = models.JSONField(default=list)
    """The names of the constraints that denied it; none where a webhook failed."""
    message = models.TextField()
    dry_run = models.BooleanField(default=False)
    times = models.PositiveIntegerField(default=1)
    """How often the same was asked within a moment, as controllers do that try again."""

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["cluster", "-at"], name="refusals_of_a_cluster")]

    def __str__(self) -> str:
        return f"{self.operation} {self.kind} {self.namespace}/{self.name} at {self.at}"
