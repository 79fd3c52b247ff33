"""Which kinds of Kubernetes objects belong to the whole cluster, and what the API calls them.

Offline there is no API server to ask, so these are the kinds of Kubernetes itself, and of the
add-ons that clusters on Azure carry.  A kind that is not listed is taken to live in a namespace.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

CLUSTER_KINDS: Mapping[str, frozenset[str]] = {
    "": frozenset({"Namespace", "Node", "PersistentVolume", "ComponentStatus"}),
    "admissionregistration.k8s.io": frozenset(
        {
            "MutatingWebhookConfiguration",
            "ValidatingWebhookConfiguration",
            "ValidatingAdmissionPolicy",
            "ValidatingAdmissionPolicyBinding",
            "MutatingAdmissionPolicy",
            "MutatingAdmissionPolicyBinding",
        }
    ),
    "apiextensions.k8s.io": frozenset({"CustomResourceDefinition"}),
    "apiregistration.k8s.io": frozenset({"APIService"}),
    "certificates.k8s.io": frozenset({"CertificateSigningRequest", "ClusterTrustBundle"}),
    "expansion.gatekeeper.sh": frozenset({"ExpansionTemplate"}),
    "externaldata.gatekeeper.sh": frozenset({"Provider"}),
    "flowcontrol.apiserver.k8s.io": frozenset({"FlowSchema", "PriorityLevelConfiguration"}),
    "gateway.networking.k8s.io": frozenset({"GatewayClass"}),
    "mutations.gatekeeper.sh": frozenset({"Assign", "AssignImage", "AssignMetadata", "ModifySet"}),
    "networking.k8s.io": frozenset({"IngressClass", "IPAddress", "ServiceCIDR"}),
    "node.k8s.io": frozenset({"RuntimeClass"}),
    "policy": frozenset({"PodSecurityPolicy"}),
    "rbac.authorization.k8s.io": frozenset({"ClusterRole", "ClusterRoleBinding"}),
    "resource.k8s.io": frozenset({"DeviceClass", "ResourceSlice"}),
    "scheduling.k8s.io": frozenset({"PriorityClass"}),
    "storage.k8s.io": frozenset(
        {"CSIDriver", "CSINode", "StorageClass", "VolumeAttachment", "VolumeAttributesClass"}
    ),
    "templates.gatekeeper.sh": frozenset({"ConstraintTemplate"}),
}

_WHOLE_GROUPS = frozenset({"constraints.gatekeeper.sh"})


def split_api_version(api_version: object) -> tuple[str, str]:
    """``apps/v1`` as ``("apps", "v1")``; the core group is empty."""
    group, slash, version = str(api_version or "").partition("/")
    return (group, version) if slash else ("", group)


def is_cluster_scoped(group: str, kind: str) -> bool:
    """Whether objects of a kind belong to the cluster rather than to a namespace."""
    return group in _WHOLE_GROUPS or kind in CLUSTER_KINDS.get(group, frozenset())


def resource_of(kind: str) -> str:
    """What the API calls a kind, by the usual rule: ``Ingress`` → ``ingresses``."""
    word = kind.lower()
    if not word or word == "endpoints":
        return word
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return f"{word[:-1]}ies"
    return f"{word}es" if word.endswith(("s", "x", "ch")) else f"{word}s"


def in_namespace(thing: Mapping[str, Any], namespace: str) -> dict[str, Any]:
    """The object as the API server passes it on: in its own namespace, else in the given one."""
    placed = dict(thing)
    metadata = placed.get("metadata")
    metadata = dict(metadata) if isinstance(metadata, Mapping) else {}
    group, _ = split_api_version(placed.get("apiVersion"))
    if is_cluster_scoped(group, str(placed.get("kind", ""))):
        metadata.pop("namespace", None)
    elif namespace and not metadata.get("namespace"):
        metadata["namespace"] = namespace
    return placed | {"metadata": metadata}


class Gvk(NamedTuple):
    """A group, version and kind."""

    group: str
    version: str
    kind: str

    @classmethod
    def of(cls, thing: Mapping[str, Any]) -> Gvk:
        """What an object says that it is."""
        return cls(*split_api_version(thing.get("apiVersion")), str(thing.get("kind") or ""))

    @property
    def api_version(self) -> str:
        """``apps/v1``, or ``v1`` for the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def __str__(self) -> str:
        return f"{self.api_version}, Kind={self.kind}"
