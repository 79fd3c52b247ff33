"""What is in a cluster before anybody puts something there: namespaces, nodes, classes, roles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import yaml
from django.conf import settings

from policy_app.apimachinery.objects import Object, name_of, namespace_of
from policy_app.models import Cluster, ClusterState, KubeObject
from policy_app.services.cluster import kinds
from policy_app.services.cluster.store import Writer, namespaces, writing

NAME_LABEL = "kubernetes.io/metadata.name"
SYSTEM_NAMESPACES: Mapping[str, Mapping[str, str]] = {
    "default": {},
    "kube-system": {"control-plane": "true"},
    "kube-public": {},
    "kube-node-lease": {},
    "gatekeeper-system": {"admission.gatekeeper.sh/ignore": "no-self-managing"},
}

ACCOUNT, AUTHORITY = "default", "kube-root-ca.crt"

Labels = Mapping[str, str]


def fill(cluster: Cluster, namespaces: Mapping[str, Labels] = SYSTEM_NAMESPACES) -> None:
    """Put the first objects into a cluster that has never been used; others are left alone.

    ``namespaces`` are those to begin with, by name, with their labels.
    """
    if ClusterState.objects.filter(cluster=cluster, filled=True).exists():
        return
    with writing(cluster) as writer:
        # Of two that fill at once, the second one waited for the first, and finds it done.
        if writer.state.filled:
            return
        # A mirror has what its real cluster has, and nothing else.
        namespaces = {} if cluster.is_mirror else namespaces
        first = [] if cluster.is_mirror else _first_objects(cluster.kubernetes_version)
        for name, labels in namespaces.items():
            _add(writer, namespace(name, labels))
            for thing in contents(name):
                _add(writer, thing)
        for thing in first:
            if not namespace_of(thing) or namespace_of(thing) in namespaces:
                _add(writer, thing)
        writer.state.filled = True
        writer.state.settled = writer.state.revision


def namespace(name: str, labels: Labels) -> Object:
    """A Namespace as the API server completes it: its name is a label, too."""
    metadata = {"name": name, "labels": {NAME_LABEL: name, **labels}}
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": metadata,
        "spec": {"finalizers": ["kubernetes"]},
        "status": {"phase": "Active"},
    }


def contents(namespace: str) -> list[Object]:
    """What is in every namespace: the default account, and the cluster's root certificate."""
    account = {"name": ACCOUNT, "namespace": namespace}
    about = {"kubernetes.io/description": "The authority that signs for the cluster's API server."}
    authority = {"name": AUTHORITY, "namespace": namespace, "annotations": about}
    certificate = {"ca.crt": _certificate()}
    return [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": account},
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": authority, "data": certificate},
    ]


def namespaces_of(cluster: Cluster) -> dict[str, dict[str, Any]]:
    """The cluster's Namespaces by name, as objects."""
    fill(cluster)
    return {row.name: row.body for row in namespaces(cluster).order_by("name")}


def namespace_names(clusters: Iterable[Cluster]) -> list[str]:
    """The names of the namespaces in any of the clusters."""
    found = KubeObject.objects.filter(cluster__in=clusters, group="", plural="namespaces")
    return sorted(set(found.values_list("name", flat=True)))


def _add(writer: Writer, thing: Object) -> None:
    kind = kinds.builtins_of(writer.cluster).of(thing["apiVersion"], thing["kind"])
    if kind is not None and writer.find(kind, namespace_of(thing), name_of(thing)) is None:
        writer.add(kind, thing)


@lru_cache(maxsize=8)
def _first_objects(version: str) -> list[Object]:
    path = settings.FIXTURES_DIR / "cluster" / "bootstrap.yaml"
    text = path.read_text(encoding="utf-8").replace("{version}", version)
    return list(yaml.load_all(text, Loader=yaml.CSafeLoader))


@lru_cache(maxsize=1)
def _certificate() -> str:
    return (settings.FIXTURES_DIR / "cluster" / "ca.crt").read_text(encoding="utf-8")
