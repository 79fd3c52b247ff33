"""A cluster asked from within: what a client would ask the API server, without HTTP."""

from __future__ import annotations

from typing import Any

from policy_app.apimachinery.objects import Object
from policy_app.models import Cluster
from policy_app.services.cluster import clock, deletes, kinds, lookup, reads, writes
from policy_app.services.cluster.caller import (
    AUTHENTICATED,
    MASTERS,
    Caller,
    DeleteOptions,
    Outcome,
    Target,
    WriteOptions,
)

ADMIN = Caller("admin", (MASTERS, AUTHENTICATED))


class Api:
    """The API of one cluster, as ``admin``."""

    def __init__(self, name: str = "aks-demo") -> None:
        self._name = name

    @property
    def cluster(self) -> Cluster:
        """The cluster as a request finds it: caught up."""
        found = lookup.by_name(self._name)
        clock.catch_up(found)
        return found

    def create(self, thing: Object, **options: Any) -> Outcome:
        """Create an object.  Raises ``ApiError``."""
        cluster = self.cluster
        given = WriteOptions(field_manager="kubectl-create", **options)
        return writes.create(cluster, self._target(cluster, thing), thing, ADMIN, given)

    def patch(self, thing: Object, change: Any, **options: Any) -> Outcome:
        """Change an object by a merge patch."""
        cluster = self.cluster
        target = self._target(cluster, thing, thing["metadata"]["name"])
        asked = writes.Patch("merge", change)
        return writes.patch(cluster, target, asked, ADMIN, WriteOptions(**options))

    def delete(self, thing: Object) -> None:
        """Delete an object."""
        cluster = self.cluster
        target = self._target(cluster, thing, thing["metadata"]["name"])
        deletes.delete(cluster, target, ADMIN, DeleteOptions())

    def all(self, api_version: str, kind: str, namespace: str = "") -> list[Object]:
        """The objects of a kind; none where the cluster has no such kind."""
        cluster = self.cluster
        found = kinds.kinds_of(cluster).of(api_version, kind)
        return reads.page(cluster, found, namespace).objects if found is not None else []

    def names(self, api_version: str, kind: str, namespace: str = "") -> list[str]:
        """The names of the objects of a kind."""
        return [one["metadata"]["name"] for one in self.all(api_version, kind, namespace)]

    def _target(self, cluster: Cluster, thing: Object, name: str = "") -> Target:
        kind = kinds.kinds_of(cluster).of(thing["apiVersion"], thing["kind"])
        assert kind is not None, f"the cluster has no {thing['kind']}"
        namespace = thing["metadata"].get("namespace", "default") if kind.namespaced else ""
        return Target(kind, namespace, name)


def pod(name: str = "web", namespace: str = "default", *, privileged: bool = False) -> Object:
    """A Pod of one container."""
    container = {
        "name": name,
        "image": "nginx:1.27",
        "securityContext": {"privileged": privileged},
    }
    metadata = {"name": name, "namespace": namespace}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": {"containers": [container]},
    }


def template(kind: str = "NeedsOwner", rego: str = "") -> Object:
    """A template whose constraints want a label."""
    code = rego or (
        "package needs\n"
        'violation[{"msg": msg}] {\n'
        "  wanted := input.parameters.label\n"
        "  not input.review.object.metadata.labels[wanted]\n"
        '  msg := sprintf("the label %v is missing", [wanted])\n'
        "}\n"
    )
    properties = {"label": {"type": "string"}}
    schema = {"openAPIV3Schema": {"type": "object", "properties": properties}}
    return {
        "apiVersion": "templates.gatekeeper.sh/v1",
        "kind": "ConstraintTemplate",
        "metadata": {"name": kind.lower()},
        "spec": {
            "crd": {"spec": {"names": {"kind": kind}, "validation": schema}},
            "targets": [{"target": "admission.k8s.gatekeeper.sh", "rego": code}],
        },
    }


def constraint(kind: str = "NeedsOwner", action: str = "deny", about: str = "Pod") -> Object:
    """A constraint that wants the label ``owner``."""
    return {
        "apiVersion": "constraints.gatekeeper.sh/v1beta1",
        "kind": kind,
        "metadata": {"name": f"wants-{kind.lower()}"},
        "spec": {
            "enforcementAction": action,
            "match": {"kinds": [{"apiGroups": [""], "kinds": [about]}]},
            "parameters": {"label": "owner"},
        },
    }
