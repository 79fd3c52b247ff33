"""What was done, by whom, from where: rows that are written once and never again."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, NoReturn

from django.db import models

if TYPE_CHECKING:
    _QuerySet = models.QuerySet["ActivityEntry"]
    _Manager = models.Manager["ActivityEntry"]
else:
    _QuerySet = models.QuerySet
    _Manager = models.Manager


class WrittenOnceError(Exception):
    """Somebody tried to change or delete what must stay as it was written."""


def _refuse(*_: object, **__: object) -> NoReturn:
    raise WrittenOnceError("The activity log can be read and added to, and nothing else.")


class WrittenOnce(_QuerySet):
    """Rows to be read."""

    update = _refuse
    bulk_update = _refuse
    delete = _refuse
    update_or_create = _refuse


class WrittenOnceManager(_Manager):
    """The way to the rows."""

    def get_queryset(self) -> WrittenOnce:
        """Rows to be read."""
        return WrittenOnce(self.model, using=self._db)


class ActivityEntry(models.Model):
    """One operation.

    Who and where are texts and no references: a user or a scope that goes must not change what
    was written.  ``path`` is the scope's path (``Scope.path``), empty for what belongs to none.
    """

    class Outcome(models.TextChoices):
        """How it ended."""

        SUCCEEDED = "Succeeded", "Succeeded"
        REFUSED = "Refused", "Refused"
        FAILED = "Failed", "Failed"

    event_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    at = models.DateTimeField(db_index=True)
    operation = models.CharField(max_length=200)
    resource_id = models.CharField(max_length=900, blank=True)
    resource_key = models.CharField(max_length=900, blank=True, editable=False)
    """The resource's id in lower case."""
    path = models.CharField(max_length=200, blank=True, db_index=True)
    caller = models.CharField(max_length=254)
    caller_id = models.CharField(max_length=36, blank=True)
    """The caller's object id, or nothing for the system and for who is not known."""
    caller_kind = models.CharField(max_length=20, blank=True)
    door = models.CharField(max_length=20)
    address = models.CharField(max_length=64, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default=Outcome.SUCCEEDED)
    message = models.TextField(blank=True)
    before = models.JSONField(null=True, blank=True)
    after = models.JSONField(null=True, blank=True)

    objects = WrittenOnceManager()

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name_plural = "activity entries"
        indexes = [
            models.Index(fields=["operation", "at"], name="activity_by_operation"),
            models.Index(fields=["caller", "at"], name="activity_by_caller"),
            models.Index(fields=["outcome", "at"], name="activity_by_outcome"),
            models.Index(fields=["resource_key", "at"], name="activity_by_resource"),
        ]

    def __str__(self) -> str:
        return f"{self.operation} by {self.caller} at {self.at:%Y-%m-%d %H:%M:%S}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Once.  Raises ``WrittenOnceError`` for a row that is stored."""
        if not self._state.adding:
            _refuse()
        self.resource_key = self.resource_id.lower()
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Never."""
        _refuse()
