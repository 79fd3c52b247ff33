"""The objects of simulated clusters, and the log of their changes that watches read.

Every write of a cluster's objects holds the row lock of its ``ClusterState``, so that revisions are
given in the order in which they are committed: a watch that saw revision 7 has seen all before.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.db import models

from policy_app.models.scopes import Cluster

if TYPE_CHECKING:
    _TextField = models.TextField[Any, Any]
else:
    _TextField = models.TextField


class JsonText(_TextField):
    """JSON kept as the text it came as.

    PostgreSQL's ``jsonb`` would sort keys and refuse NUL, which Kubernetes allows in strings; and
    nothing here is looked up inside the database.
    """

    if TYPE_CHECKING:
        _pyi_private_set_type: Any
        _pyi_private_get_type: Any

    def from_db_value(self, value: str | None, *_: object) -> Any:
        """Parse what is stored."""
        return None if value is None else json.loads(value)

    def get_prep_value(self, value: Any) -> str | None:
        """Write it with ASCII alone: lone surrogates and NUL stay escapes."""
        return None if value is None else json.dumps(value, separators=(",", ":"))

    def to_python(self, value: Any) -> Any:
        """Values are kept as they are; forms give text."""
        return json.loads(value) if isinstance(value, str) else value


class ClusterState(models.Model):
    """How far a cluster has come; its row is the lock of all writes to the cluster's objects."""

    cluster = models.OneToOneField(Cluster, on_delete=models.CASCADE, related_name="state")
    revision = models.BigIntegerField(default=1)
    """The ``resourceVersion`` of the newest change."""
    settled = models.BigIntegerField(default=1)
    """The newest change that controllers have looked at."""
    compacted = models.BigIntegerField(default=0)
    """Changes up to this one are thinned; who asks for them gets 410 Gone."""
    filled = models.BooleanField(default=False)
    """Whether the cluster has the objects that every cluster begins with."""
    deciding = models.CharField(max_length=36, blank=True)
    """A mark of the policies among the objects, given anew whenever one of them changes: what was
    compiled for it may be kept, and what was undone never comes again."""

    def __str__(self) -> str:
        return f"{self.cluster} at revision {self.revision}"


class KubeObject(models.Model):
    """One object, in its kind's stored version; ``namespace`` is empty for the whole cluster's."""

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="kube_objects")
    group = models.CharField(max_length=253, blank=True)
    plural = models.CharField(max_length=253)
    namespace = models.CharField(max_length=253, blank=True)
    name = models.CharField(max_length=253)
    uid = models.CharField(max_length=36)
    revision = models.BigIntegerField()
    body = JsonText()
    due_at = models.DateTimeField(null=True, blank=True, db_index=True)
    """When time alone will change the object: a grace period, a schedule, a job's end."""

    class Meta:
        ordering = ["namespace", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["cluster", "group", "plural", "namespace", "name"],
                name="object_once_a_cluster",
            ),
            # Two clusters of the portal may mirror one real cluster.
            models.UniqueConstraint(fields=["cluster", "uid"], name="uid_once_a_cluster"),
        ]
        indexes = [models.Index(fields=["cluster", "revision"], name="objects_by_revision")]

    def __str__(self) -> str:
        return "/".join(filter(None, (self.plural, self.namespace, self.name)))


class KubeOwner(models.Model):
    """An owner reference, so that what an object owns is found without reading all objects."""

    thing = models.ForeignKey(KubeObject, on_delete=models.CASCADE, related_name="owners")
    uid = models.CharField(max_length=36, db_index=True)

    def __str__(self) -> str:
        return f"{self.thing} of {self.uid}"


class KubeChange(models.Model):
    """One change of one object, as watches and controllers see it."""

    class Type(models.TextChoices):
        """The three that watches know."""

        ADDED = "ADDED"
        MODIFIED = "MODIFIED"
        DELETED = "DELETED"

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="changes")
    revision = models.BigIntegerField()
    type = models.CharField(max_length=8, choices=Type.choices)
    group = models.CharField(max_length=253, blank=True)
    plural = models.CharField(max_length=253)
    namespace = models.CharField(max_length=253, blank=True)
    name = models.CharField(max_length=253)
    body = JsonText()
    before = JsonText(null=True)
    """The object before a modification: a watch with a selector asks whether it was selected."""
    at = models.DateTimeField()

    class Meta:
        ordering = ["revision"]
        constraints = [
            models.UniqueConstraint(fields=["cluster", "revision"], name="change_once_a_revision"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.plural}/{self.name} at {self.revision}"

    @property
    def object(self) -> Mapping[str, Any]:
        """The object as the change left it, or as it was last where it was deleted."""
        body: Mapping[str, Any] = self.body
        return body
