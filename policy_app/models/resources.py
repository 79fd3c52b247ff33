"""What ARM's policy resources have in common: a name at a scope, texts, who changed them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.db import models

from policy_app.models.stamps import Stamp

if TYPE_CHECKING:
    from policy_app.models.scopes import Scope


def person() -> Any:
    """Who did something; the user may be gone since."""
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )


class ArmResource(models.Model):
    """A named thing at a scope; ``key`` is its name as ARM compares names.

    A concrete one has a ``scope``, and is unique by that and ``key``.
    """

    provider: ClassVar[str]
    """``Microsoft.Authorization``: the namespace of its ARM type."""
    arm_type: ClassVar[str]
    """``policyAssignments``, ``policyExemptions``: the last word of its ARM type."""

    if TYPE_CHECKING:
        scope: models.ForeignKey[Scope, Scope]

    name = models.CharField(max_length=128)
    key = models.CharField(max_length=128, editable=False)
    created_at = Stamp(auto_now_add=True)
    created_by = person()
    updated_at = Stamp(auto_now=True)
    updated_by = person()

    class Meta:
        abstract = True
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep ``key`` true to the name."""
        self.key = self.name.lower()
        super().save(*args, **kwargs)

    @property
    def arm_id(self) -> str:
        """The id that ARM shows: the scope's, the provider, the name."""
        return f"{self.scope.arm_id}/providers/{self.provider}/{self.arm_type}/{self.name}"


class PolicyResource(ArmResource):
    """A resource of ``Microsoft.Authorization``, with the texts that people give it."""

    provider = "Microsoft.Authorization"

    display_name = models.CharField(max_length=500, blank=True)
    description = models.TextField(blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    resource_selectors = models.JSONField(default=list, blank=True)

    class Meta:
        abstract = True
        ordering = ["display_name", "pk"]

    def __str__(self) -> str:
        return self.display_name or self.name
