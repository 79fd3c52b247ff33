"""Policy definitions and policy set definitions (initiatives), with all their versions."""

from __future__ import annotations

from typing import Any

from django.db import models
from simple_history.models import HistoricalRecords

from policy_app.models.scopes import Scope


class Definition(models.Model):
    """A policy definition or a policy set definition, as the lists and pickers show it.

    The texts are those of the latest version; the body of each version is in
    ``DefinitionVersion``.  Built-ins have no scope and live at the tenant.
    """

    class Kind(models.TextChoices):
        """Azure's two definition types, under the names the portal shows."""

        POLICY = "policy", "Policy"
        INITIATIVE = "initiative", "Initiative"

    class PolicyType(models.TextChoices):
        """Who made it."""

        BUILT_IN = "BuiltIn", "Built-in"
        CUSTOM = "Custom", "Custom"
        STATIC = "Static", "Static"

    NOTHING_EVALUATED = "None of its policies can be evaluated here."
    """The gap of an initiative without a single policy that could be evaluated."""

    kind = models.CharField(max_length=10, choices=Kind.choices)
    name = models.CharField(max_length=128)
    arm_id = models.CharField("ARM id", max_length=800)
    key = models.CharField(max_length=800, unique=True, editable=False)
    scope = models.ForeignKey(
        Scope, null=True, blank=True, on_delete=models.PROTECT, related_name="definitions"
    )
    policy_type = models.CharField(
        max_length=10, choices=PolicyType.choices, default=PolicyType.BUILT_IN
    )
    mode = models.CharField(max_length=60, blank=True)
    display_name = models.CharField(max_length=500)
    description = models.TextField(blank=True)
    category = models.CharField(max_length=120, blank=True, db_index=True)
    latest_version = models.CharField(max_length=40)
    policy_count = models.PositiveIntegerField(default=1)
    evaluation_gap = models.TextField(
        blank=True, help_text="Why the portal cannot evaluate it; empty where it can."
    )
    history = HistoricalRecords()

    class Meta:
        ordering = ["display_name", "pk"]
        indexes = [models.Index(fields=["display_name", "id"], name="definition_by_name")]

    def __str__(self) -> str:
        return self.display_name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep ``key`` true to the id."""
        self.key = self.arm_id.lower()
        super().save(*args, **kwargs)

    @property
    def is_initiative(self) -> bool:
        """True for a policy set definition."""
        return self.kind == self.Kind.INITIATIVE

    @property
    def is_partly_evaluated(self) -> bool:
        """True for an initiative with some policies that can be evaluated, and some that cannot."""
        return self.is_initiative and self.evaluation_gap not in ("", self.NOTHING_EVALUATED)

    @property
    def arm_type(self) -> str:
        """``policyDefinitions`` or ``policySetDefinitions``."""
        return "policySetDefinitions" if self.is_initiative else "policyDefinitions"


class DefinitionVersion(models.Model):
    """One version of a definition: ``body`` is ARM's ``properties``, whole."""

    class Origin(models.TextChoices):
        """Where the text came from; Azure's own text replaces ours for the same version."""

        PORTAL = "portal", "Policy Portal"
        AZURE = "azure", "Azure's published JSON"
        CUSTOM = "custom", "Custom"

    definition = models.ForeignKey(Definition, on_delete=models.CASCADE, related_name="versions")
    version = models.CharField(max_length=40)
    major = models.PositiveIntegerField()
    minor = models.PositiveIntegerField()
    patch = models.PositiveIntegerField()
    suffix = models.CharField(max_length=20, blank=True)
    body = models.JSONField()
    origin = models.CharField(max_length=10, choices=Origin.choices, default=Origin.PORTAL)
    fingerprint = models.CharField(max_length=64, editable=False)
    history = HistoricalRecords()

    class Meta:
        ordering = ["-major", "-minor", "-patch", "suffix"]
        constraints = [
            models.UniqueConstraint("definition", "version", name="version_once_a_definition"),
        ]

    def __str__(self) -> str:
        return self.version


class InitiativeMember(models.Model):
    """A member of an initiative's version: the index behind "used in".

    The body stays the truth; these rows follow it.  ``definition_key`` is the member's id in
    lower case and no foreign key, because a set may name a definition that is not stored.
    """

    initiative = models.ForeignKey(
        DefinitionVersion, on_delete=models.CASCADE, related_name="members"
    )
    definition_key = models.CharField(max_length=800, db_index=True)
    reference_id = models.CharField(max_length=200, blank=True)
    pinned = models.CharField("pinned version", max_length=40, blank=True)
    position = models.PositiveIntegerField()

    class Meta:
        ordering = ["position"]

    def __str__(self) -> str:
        return self.reference_id or self.definition_key
