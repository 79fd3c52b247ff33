"""What is kept of the simulated clusters, to be looked at: kubectl and the add-on change it.

The objects themselves are not shown here, since Secrets are among them; the clusters' pages and
kubectl show them to whoever may see them.
"""

from __future__ import annotations

from django.contrib import admin

from policy_app.admin.base import ReadOnly
from policy_app.models import (
    AddonProgress,
    AddonState,
    ClusterState,
    KubeChange,
    KubeObject,
    KubeOwner,
    Refusal,
)


@admin.register(KubeObject)
class KubeObjectAdmin(ReadOnly):
    """Which objects a cluster has."""

    list_display = ("name", "namespace", "plural", "group", "cluster", "revision", "due_at")
    list_filter = ("cluster", "group", "plural")
    list_select_related = ("cluster__scope",)
    search_fields = ("name", "namespace", "uid")
    fields = ("cluster", "group", "plural", "namespace", "name", "uid", "revision", "due_at")


@admin.register(KubeChange)
class KubeChangeAdmin(ReadOnly):
    """What changed lately, as watches see it."""

    list_display = ("revision", "type", "name", "namespace", "plural", "group", "cluster", "at")
    list_filter = ("cluster", "type", "plural")
    list_select_related = ("cluster__scope",)
    search_fields = ("name", "namespace")
    fields = ("cluster", "revision", "type", "group", "plural", "namespace", "name", "at")


@admin.register(KubeOwner)
class KubeOwnerAdmin(ReadOnly):
    """Which object names which owner."""

    list_display = ("thing", "uid")
    list_select_related = ("thing",)
    search_fields = ("uid", "thing__name")


@admin.register(ClusterState)
class ClusterStateAdmin(ReadOnly):
    """How far each cluster has come."""

    list_display = ("cluster", "revision", "settled", "compacted", "filled")
    list_select_related = ("cluster__scope",)
    search_fields = ("cluster__scope__name",)


@admin.register(AddonState)
class AddonStateAdmin(ReadOnly):
    """When the add-on of each cluster worked last."""

    list_display = ("cluster", "timing", "enabled", "synced_at", "due_at", "audited_at")
    list_filter = ("timing", "enabled")
    list_select_related = ("cluster__scope",)
    search_fields = ("cluster__scope__name",)


@admin.register(AddonProgress)
class AddonProgressAdmin(ReadOnly):
    """How far each assignment has come in each cluster."""

    list_display = ("assignment_arm_id", "cluster", "assigned_at", "enforcing_at", "code")
    list_filter = ("cluster", "code")
    list_select_related = ("cluster__scope",)
    search_fields = ("assignment_arm_id",)


@admin.register(Refusal)
class RefusalAdmin(ReadOnly):
    """What policies refused."""

    list_display = ("at", "cluster", "door", "operation", "kind", "namespace", "name", "username")
    list_filter = ("cluster", "door", "operation", "dry_run")
    list_select_related = ("cluster__scope",)
    search_fields = ("name", "namespace", "username", "message")
