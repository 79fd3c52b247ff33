"""Who may do what, and what was done: to be read here; the pages about access change it."""

from __future__ import annotations

from django.contrib import admin

from policy_app.admin.base import NoEditing, ReadOnly, Recorded
from policy_app.models import (
    ActivityEntry,
    ExternalIdentity,
    RoleAssignment,
    RoleDefinition,
    SecurityPrincipal,
    ServicePrincipal,
    ServicePrincipalSecret,
)


@admin.register(ActivityEntry)
class ActivityEntryAdmin(ReadOnly):
    """The activity log, which no door can edit."""

    list_display = ("at", "operation", "caller", "resource_id", "outcome", "door", "address")
    list_filter = ("outcome", "door", "at")
    search_fields = ("operation", "resource_id", "caller", "request_id")


@admin.register(RoleDefinition)
class RoleDefinitionAdmin(ReadOnly):
    """The roles."""

    list_display = ("role_name", "is_built_in", "description", "updated_at")
    list_filter = ("is_built_in",)
    search_fields = ("role_name", "name")


@admin.register(RoleAssignment)
class RoleAssignmentAdmin(ReadOnly):
    """Who has which role where."""

    list_display = ("principal", "role", "scope", "created_at", "created_by")
    list_filter = ("role", "scope__kind")
    list_select_related = ("principal__user", "principal__group", "role", "scope", "created_by")
    search_fields = ("principal__user__username", "principal__group__name", "role__role_name")


@admin.register(SecurityPrincipal)
class SecurityPrincipalAdmin(ReadOnly):
    """Users and groups under their object ids."""

    list_display = ("__str__", "kind", "object_id")
    list_filter = ("kind",)
    list_select_related = ("user", "group")
    search_fields = ("user__username", "group__name", "object_id")


@admin.register(ServicePrincipal)
class ServicePrincipalAdmin(ReadOnly):
    """Programs that sign in."""

    list_display = ("display_name", "client_id", "created_at", "revoked_at")
    list_filter = ("revoked_at",)
    search_fields = ("display_name", "client_id")


@admin.register(ServicePrincipalSecret)
class ServicePrincipalSecretAdmin(ReadOnly):
    """Their secrets, of which only hashes are stored."""

    list_display = ("service_principal", "label", "hint", "expires_at", "last_used_at")
    list_filter = ("revoked_at", "expires_at")
    list_select_related = ("service_principal",)
    search_fields = ("service_principal__display_name", "label")
    exclude = ("digest",)


@admin.register(ExternalIdentity)
class ExternalIdentityAdmin(Recorded, NoEditing):
    """Whom a provider knows; without the row, the next sign-in makes another user."""

    list_display = ("subject", "issuer", "user", "created_at")
    list_filter = ("issuer",)
    list_select_related = ("user",)
    search_fields = ("subject", "user__username")
