"""The tree that policy is assigned to: management groups, subscriptions, groups, clusters."""

from __future__ import annotations

from typing import Any

from django.db import models


class ScopeKind(models.TextChoices):
    """The four levels at which Azure assigns policy for Kubernetes."""

    MANAGEMENT_GROUP = "managementGroup", "Management group"
    SUBSCRIPTION = "subscription", "Subscription"
    RESOURCE_GROUP = "resourceGroup", "Resource group"
    CLUSTER = "cluster", "Kubernetes cluster"


class Scope(models.Model):
    """One node of the tree.

    ARM compares ids without regard to case, so ``key`` (the id in lower case) is what is looked
    up, and ``arm_id`` keeps the spelling that people gave.  ``path`` lists the primary keys from
    the root down to this node (``/1/4/9/``): ancestors and descendants are one query each.
    """

    Kind = ScopeKind

    kind = models.CharField(max_length=20, choices=ScopeKind.choices)
    name = models.CharField(max_length=260)
    display_name = models.CharField(max_length=260)
    arm_id = models.CharField("ARM id", max_length=600)
    key = models.CharField(max_length=600, unique=True, editable=False)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )
    path = models.CharField(max_length=200, db_index=True, editable=False)
    location = models.CharField(max_length=60, blank=True)

    class Meta:
        ordering = ["path"]

    def __str__(self) -> str:
        return self.display_name or self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep ``key`` and ``path`` true to the id and the parent."""
        self.key = self.arm_id.lower()
        if self.pk is None:
            super().save(*args, **kwargs)
            kwargs = {"update_fields": ["path"], "using": kwargs.get("using")}
            args = ()
        above = self.parent.path if self.parent else "/"
        self.path = f"{above}{self.pk}/"
        super().save(*args, **kwargs)

    @property
    def lineage(self) -> list[int]:
        """The primary keys from the root down to this scope, itself included."""
        return [int(part) for part in self.path.split("/") if part]

    @property
    def depth(self) -> int:
        """0 for the root."""
        return len(self.lineage) - 1

    def is_at_or_below(self, other: Scope) -> bool:
        """Does an assignment at ``other`` reach this scope?"""
        return self.path.startswith(other.path)


class Cluster(models.Model):
    """What a scope of kind cluster has beside its place in the tree."""

    MANAGED = "Microsoft.ContainerService/managedClusters"
    CONNECTED = "Microsoft.Kubernetes/connectedClusters"

    class Generation(models.TextChoices):
        """Which wording of the deny message the cluster's Gatekeeper has."""

        CURRENT = "current", "Gatekeeper 3.4 or newer: [name] message"
        LEGACY = "legacy", "Gatekeeper 3.3 or older: [denied by name] message"

    class Source(models.TextChoices):
        """Where the objects of the cluster come from."""

        SIMULATED = "simulated", "Simulated: people and controllers write its objects"
        MIRROR = "mirror", "Mirror: snapshots of a real cluster, which nobody writes to"

    scope = models.OneToOneField(Scope, on_delete=models.CASCADE, related_name="cluster")
    resource_type = models.CharField(
        max_length=60, choices=[(MANAGED, MANAGED), (CONNECTED, CONNECTED)], default=MANAGED
    )
    addon_enabled = models.BooleanField("Azure Policy add-on enabled", default=True)
    gatekeeper = models.CharField(
        max_length=10, choices=Generation.choices, default=Generation.CURRENT
    )
    kubernetes_version = models.CharField(max_length=20, default="1.32.4")
    source = models.CharField(max_length=10, choices=Source.choices, default=Source.SIMULATED)
    mirrored_from = models.CharField(max_length=1000, blank=True)
    """What the last snapshot was taken of, in words: an address with its context, files."""
    mirrored_at = models.DateTimeField(null=True, blank=True)
    """When the last snapshot began to be read; what it holds is as of then."""
    mirror_notes = models.JSONField(default=dict, blank=True)
    """What the last snapshot did: ``again`` (the command), ``counts`` and ``left_out``."""

    class Meta:
        ordering = ["scope__path"]

    def __str__(self) -> str:
        return self.scope.name

    @property
    def is_mirror(self) -> bool:
        """Whether its objects are snapshots of a real cluster: no controllers, no writes."""
        return self.source == self.Source.MIRROR

    @property
    def minor_version(self) -> str:
        """``1.32`` of ``1.32.4``."""
        return ".".join(self.kubernetes_version.split(".")[:2])
