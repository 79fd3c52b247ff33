"""A cluster as its users see it: objects are written, and read after some time has passed."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import yaml
from django.conf import settings

from policy_app.apimachinery.kinds import Kind
from policy_app.models import Cluster, Scope
from policy_app.services.cluster import bootstrap, clock, deletes, kinds, reads, writes
from policy_app.services.cluster.addon import components
from policy_app.services.cluster.caller import Caller, DeleteOptions, Target, WriteOptions
from policy_app.services.cluster.writes import Patch

Object = dict[str, Any]
_CALLER = Caller("admin", ("system:masters", "system:authenticated"))
_NUMBERS = itertools.count()
_NO_PRIVILEGE = settings.FIXTURES_DIR / "templates" / "container-no-privilege" / "v2"


def new_cluster() -> Cluster:
    """A cluster of its own, with what every one begins with."""
    name = f"kube-{next(_NUMBERS)}"
    scope = Scope.objects.create(
        kind=Scope.Kind.CLUSTER, name=name, display_name=name, arm_id=f"/clusters/{name}"
    )
    cluster = Cluster.objects.create(scope=scope)
    bootstrap.fill(cluster)
    return cluster


class Kube:
    """What kubectl does, in Python."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self._now = datetime.now(UTC)

    def create(self, text: str, **changes: Any) -> Object:
        """Create the object that a YAML text describes."""
        body = {**yaml.safe_load(text), **changes}
        return writes.create(self.cluster, self._target(body), body, _CALLER, WriteOptions()).object

    def get(self, kind: str, name: str, namespace: str = "default") -> Object:
        """One object as it is now.  Raises ``ApiError`` 404."""
        clock.catch_up(self.cluster)
        found = self.kind(kind)
        return reads.get(self.cluster, found, namespace if found.namespaced else "", name)

    def all(self, kind: str, namespace: str = "default") -> list[Object]:
        """The objects of a kind in a namespace."""
        clock.catch_up(self.cluster)
        found = self.kind(kind)
        home = namespace if found.namespaced else ""
        return reads.page(self.cluster, found, home).objects

    def names(self, kind: str, namespace: str = "default") -> list[str]:
        """Their names."""
        return [one["metadata"]["name"] for one in self.all(kind, namespace)]

    def patch(self, kind: str, name: str, change: Mapping[str, Any]) -> Object:
        """A merge patch of an object in ``default``."""
        found = self.kind(kind)
        target = Target(found, "default" if found.namespaced else "", name)
        asked = Patch("merge", change)
        return writes.patch(self.cluster, target, asked, _CALLER, WriteOptions()).object

    def set_status(self, kind: str, name: str, status: Mapping[str, Any]) -> None:
        """Write the status of an object in ``default``, as a controller would."""
        found = self.kind(kind)
        target = Target(found, "default", name, found.subresource("status"))
        asked = Patch("merge", {"status": status})
        writes.patch(self.cluster, target, asked, _CALLER, WriteOptions())

    def change(
        self, kind: str, name: str, act: Callable[[Object], object], namespace: str = "default"
    ) -> Object:
        """Read an object, change it, and put it back."""
        thing = self.get(kind, name, namespace)
        act(thing)
        outcome = writes.replace_object(
            self.cluster, self._target(thing), thing, _CALLER, WriteOptions()
        )
        return outcome.object

    def delete(
        self, kind: str, name: str, propagation: str = "Background", namespace: str = "default"
    ) -> None:
        """Delete an object."""
        found = self.kind(kind)
        target = Target(found, namespace if found.namespaced else "", name)
        options = DeleteOptions(propagation=propagation)
        deletes.delete(self.cluster, target, _CALLER, options)

    def wait(self, seconds: float) -> None:
        """Let time pass, and have everything done that became due meanwhile."""
        self._now += timedelta(seconds=seconds)
        clock.catch_up(self.cluster)

    def now(self) -> datetime:
        """The time of day for the cluster: it stands still until a test waits."""
        return self._now

    def events(self, reason: str, namespace: str = "default") -> list[str]:
        """The messages of the Events with a reason."""
        found = self.all("Event", namespace)
        return [one["message"] for one in found if one["reason"] == reason]

    def deny_privileged(self) -> None:
        """Install the policy that refuses privileged containers."""
        for definition in components.custom_kinds():
            self.create("{}", **definition)
        template = (_NO_PRIVILEGE / "template.yaml").read_text(encoding="utf-8")
        self.create(template)
        kind = yaml.safe_load(template)["spec"]["crd"]["spec"]["names"]["kind"]
        match = {"source": "Original", "kinds": [{"apiGroups": [""], "kinds": ["Pod"]}]}
        constraint = {
            "apiVersion": "constraints.gatekeeper.sh/v1beta1",
            "kind": kind,
            "metadata": {"name": "no-privileged"},
            "spec": {"match": match},
        }
        self.create("{}", **constraint)

    def allow_privileged(self) -> None:
        """Take the policy away again."""
        found = next(one for one in self._kinds() if one.group == "constraints.gatekeeper.sh")
        self.delete(found.kind, "no-privileged")

    def _kinds(self) -> list[Kind]:
        return list(kinds.kinds_of(self.cluster))

    def kind(self, name: str) -> Kind:
        """A kind in its stored version."""
        return next(one for one in self._kinds() if one.kind == name and one.stored)

    def _target(self, body: Object) -> Target:
        kind = kinds.kinds_of(self.cluster).of(body["apiVersion"], body["kind"])
        assert kind is not None, body["kind"]
        metadata = body["metadata"]
        namespace = metadata.get("namespace", "default") if kind.namespaced else ""
        return Target(kind, namespace, metadata.get("name", ""))
