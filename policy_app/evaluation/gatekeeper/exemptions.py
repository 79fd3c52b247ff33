"""Who Gatekeeper's webhooks are not asked about: its own, labelled namespaces, most subresources.

The API server decides this by the webhook's configuration, before Gatekeeper sees a request.
Source: the webhook configuration and the ``check-ignore-label`` webhook of Gatekeeper.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from policy_app.evaluation.gatekeeper.labels import labels_of
from policy_app.evaluation.gatekeeper.match import Subject
from policy_app.evaluation.gatekeeper.review import CREATE, DELETE, UPDATE, Review

IGNORE_LABEL = "admission.gatekeeper.sh/ignore"
CONTROL_PLANE_LABEL = "control-plane"
"""What the first versions of Gatekeeper went by, and what AKS keeps webhooks away from."""
NAME_LABEL = "kubernetes.io/metadata.name"
LABEL_WEBHOOK = "check-ignore-label.gatekeeper.sh"
OWN_NAMESPACE = "gatekeeper-system"
SELF_MANAGED = "Gatekeeper does not self-manage"

SUBRESOURCES: Mapping[str, frozenset[str]] = {
    "pods": frozenset(
        {
            *("attach", "binding", "ephemeralcontainers", "eviction", "exec", "log"),
            *("portforward", "proxy", "resize"),
        }
    ),
    "deployments": frozenset({"scale"}),
    "replicasets": frozenset({"scale"}),
    "statefulsets": frozenset({"scale"}),
    "replicationcontrollers": frozenset({"scale"}),
    "services": frozenset({"proxy", "status"}),
    "nodes": frozenset({"proxy"}),
}
"""The subresources that the webhook is asked about; of all others it hears nothing."""


@dataclass(frozen=True, slots=True)
class ExemptNamespaces:
    """The namespaces that may carry the ignore label: Gatekeeper's ``--exempt-namespace`` flags."""

    names: frozenset[str] = frozenset({OWN_NAMESPACE})
    prefixes: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = ()

    def may_ignore(self, name: str) -> bool:
        """Whether a namespace may carry the label."""
        return (
            name in self.names
            or any(name.startswith(one) for one in self.prefixes)
            or any(name.endswith(one) for one in self.suffixes)
        )

    def refusal(self, review: Review) -> str:
        """What the label webhook says to a request that sets the label; empty where it allows."""
        subject = Subject(review.object or {})
        if review.operation == DELETE or not subject.is_namespace:
            return ""
        if self.may_ignore(subject.field("name")) or IGNORE_LABEL not in labels_of(subject.object):
            return ""
        return f"Only exempt namespace can have the {IGNORE_LABEL} label"


@dataclass(frozen=True, slots=True)
class WebhookScope:
    """Which requests the API server sends to Gatekeeper's webhook.

    The default is that of Gatekeeper's chart: creations and updates, wherever the namespace does
    not carry the ignore label and is not Gatekeeper's own.
    """

    operations: frozenset[str] = frozenset({CREATE, UPDATE})
    absent_labels: frozenset[str] = frozenset({IGNORE_LABEL})
    """Labels of a namespace that keep the webhook out, whatever their value."""
    own_namespace: str = OWN_NAMESPACE
    subresources: Mapping[str, frozenset[str]] = field(default_factory=lambda: SUBRESOURCES)

    def left_out(self, review: Review, namespace: Mapping[str, Any] | None) -> str:
        """Why the webhook is not asked about a request, as a sentence; empty where it is.

        ``namespace`` is the Namespace object of the request; a Namespace is looked at itself, and
        so is what becomes of it.
        """
        if review.operation not in self.operations:
            return f"The webhook is not asked about {review.operation} requests."
        resource, subresource = review.resource.get("resource", ""), review.subresource
        if subresource and subresource not in self.subresources.get(resource, ()):
            return f"The webhook is not asked about {resource}/{subresource}."
        subject = Subject(review.object or {})
        home = subject.object if subject.is_namespace else namespace
        return self._kept_out(home) if home is not None else ""

    def _kept_out(self, namespace: Mapping[str, Any]) -> str:
        name, labels = Subject(namespace).field("name"), labels_of(namespace)
        found = sorted(self.absent_labels & labels.keys())
        if found:
            return f"The namespace {name!r} carries the label {found[0]}."
        # The API server gives every namespace its name as a label.
        if self.own_namespace and labels.get(NAME_LABEL, name) == self.own_namespace:
            return f"The namespace {name!r} is Gatekeeper's own."
        return ""


def is_own_account(review: Review, own_namespace: str = OWN_NAMESPACE) -> bool:
    """Whether a request comes from Gatekeeper itself, which it always allows."""
    account = f"system:serviceaccount:{own_namespace}:gatekeeper-admin"
    return review.user_info.get("username") == account
