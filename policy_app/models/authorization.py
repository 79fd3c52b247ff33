"""Who may do what: principals, roles made of actions, and roles assigned at scopes."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from policy_app.models.resources import person
from policy_app.models.scopes import Scope

_PROVIDER = "providers/Microsoft.Authorization"


class SecurityPrincipal(models.Model):
    """A user, a group or a service principal under the object id by which ARM names it.

    A service principal has a technical user of its own, who can neither sign in nor have a
    password; so that whatever names users, such as the history, can name programs as well.
    """

    class Kind(models.TextChoices):
        """ARM's ``principalType``."""

        USER = "User", "User"
        GROUP = "Group", "Group"
        SERVICE = "ServicePrincipal", "Service principal"

    object_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="security_principal",
    )
    group = models.OneToOneField(
        "auth.Group",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="security_principal",
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(user=None, group__isnull=False) | Q(user__isnull=False, group=None),
                name="principal_is_user_or_group",
            ),
        ]

    def __str__(self) -> str:
        if self.group is not None:
            return self.group.name
        if self.user is None:
            return str(self.object_id)
        full = self.user.get_full_name() if self.kind == self.Kind.SERVICE else ""
        return full or self.user.get_username()


class ServicePrincipal(models.Model):
    """A program that signs in with its client id and a secret."""

    client_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    display_name = models.CharField(max_length=120, unique=True)
    description = models.TextField(blank=True)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="service_principal",
        editable=False,
    )
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = person()
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["display_name", "pk"]

    def __str__(self) -> str:
        return self.display_name


class ServicePrincipalSecret(models.Model):
    """A secret of a service principal; shown once, when it is made, and stored as its hash."""

    service_principal = models.ForeignKey(
        ServicePrincipal, on_delete=models.CASCADE, related_name="secrets"
    )
    label = models.CharField(max_length=100, blank=True)
    hint = models.CharField(max_length=8, editable=False)
    """The first characters after the prefix, by which people recognise it."""
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.label or f"secret {self.hint}…"

    def is_good(self, now: datetime) -> bool:
        """Can it still be used?"""
        return self.revoked_at is None and self.expires_at > now


class ExternalIdentity(models.Model):
    """Whom an OpenID Connect provider means by a subject; names there may change, subjects not."""

    issuer = models.CharField(max_length=300)
    subject = models.CharField(max_length=255)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="external_identities"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("issuer", "subject", name="subject_once_an_issuer"),
        ]

    def __str__(self) -> str:
        return f"{self.subject} of {self.issuer}"


class RoleDefinition(models.Model):
    """A role: what its actions allow, without what its notActions take away again.

    ``name`` is the GUID that ARM knows it by.  A role without assignable scopes can be assigned
    anywhere, as the built-in ones can.
    """

    name = models.UUIDField("GUID", unique=True, default=uuid.uuid4)
    role_name = models.CharField(max_length=128)
    key = models.CharField(max_length=128, unique=True, editable=False)
    """The role's name in lower case: no two roles share one."""
    description = models.TextField(blank=True)
    actions = models.JSONField(default=list)
    not_actions = models.JSONField(default=list, blank=True)
    assignable_scopes = models.ManyToManyField(Scope, blank=True, related_name="custom_roles")
    is_built_in = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = person()
    updated_at = models.DateTimeField(auto_now=True)
    updated_by = person()

    class Meta:
        ordering = ["-is_built_in", "role_name", "pk"]

    def __str__(self) -> str:
        return self.role_name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep ``key`` true to the name."""
        self.key = self.role_name.lower()
        super().save(*args, **kwargs)

    @property
    def arm_id(self) -> str:
        """The id without a scope before it, as ARM shows it at the tenant."""
        return f"/{_PROVIDER}/roleDefinitions/{self.name}"


class RoleAssignment(models.Model):
    """A role that a principal has at a scope, and with it at everything below."""

    name = models.UUIDField("GUID", unique=True, default=uuid.uuid4)
    scope = models.ForeignKey(Scope, on_delete=models.CASCADE, related_name="role_assignments")
    role = models.ForeignKey(
        RoleDefinition, on_delete=models.PROTECT, related_name="role_assignments"
    )
    principal = models.ForeignKey(
        SecurityPrincipal, on_delete=models.CASCADE, related_name="role_assignments"
    )
    description = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = person()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint("scope", "role", "principal", name="role_once_a_scope"),
        ]

    def __str__(self) -> str:
        return f"{self.role} for {self.principal} at {self.scope}"

    @property
    def arm_id(self) -> str:
        """The id that ARM shows: the scope's, the provider, the name."""
        return f"{self.scope.arm_id}/{_PROVIDER}/roleAssignments/{self.name}"
