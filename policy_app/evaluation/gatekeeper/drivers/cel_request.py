"""What CEL sees of a request: ``object``, ``oldObject``, ``request``, ``namespaceObject``.

Source: ``admission/plugin/cel`` of Kubernetes, and Gatekeeper's ``pkg/drivers/k8scel``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from policy_app.evaluation.cel.program import VARIABLES
from policy_app.evaluation.gatekeeper.constraints import Constraint
from policy_app.evaluation.gatekeeper.drivers.cel_source import ANY_OBJECT, PARAMS
from policy_app.evaluation.gatekeeper.drivers.interface import Query
from policy_app.evaluation.gatekeeper.review import DELETE, Review

OBJECT, OLD_OBJECT, REQUEST, NAMESPACE = "object", "oldObject", "request", "namespaceObject"
NAMES = (OBJECT, OLD_OBJECT, REQUEST, NAMESPACE)
CONSTRAINT = "params"
"""The whole constraint, which a template's variables may look at."""
FIELDS: Mapping[str, frozenset[str]] = {
    REQUEST: frozenset(
        {
            *("kind", "resource", "subResource", "requestKind", "requestResource"),
            *("requestSubResource", "name", "namespace", "operation", "userInfo", "dryRun"),
            "options",
        }
    ),
    NAMESPACE: frozenset({"metadata", "spec", "status"}),
}
_NAMESPACE_METADATA = frozenset(
    {
        *("name", "generateName", "namespace", "labels", "annotations", "UID", "finalizers"),
        *("creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp"),
        *("generation", "resourceVersion"),
    }
)


def names(constraint: Constraint, query: Query) -> dict[str, Any]:
    """The values of all names that do not depend on the template."""
    review = query.review
    # Gatekeeper copies the old object for DELETE; Kubernetes and thus CEL know none then.
    thing = None if review.operation == DELETE else review.object
    return {
        OBJECT: thing,
        OLD_OBJECT: review.old_object,
        REQUEST: _request(review),
        NAMESPACE: _namespace(query.namespace),
        CONSTRAINT: constraint.to_object(),
        f"{VARIABLES}.{ANY_OBJECT}": review.old_object if review.operation == DELETE else thing,
        f"{VARIABLES}.{PARAMS}": constraint.parameters,
    }


def _request(review: Review) -> dict[str, Any]:
    """``request``; what is empty is left out, as in JSON."""
    optional = {
        "name": review.name,
        "namespace": review.namespace,
        "subResource": review.extra.get("subResource"),
        "requestSubResource": review.extra.get("subResource"),
    }
    return {
        "kind": dict(review.kind),
        "resource": dict(review.resource),
        "requestKind": dict(review.kind),
        "requestResource": dict(review.resource),
        "operation": review.operation,
        "userInfo": {name: value for name, value in review.user_info.items() if value},
        "dryRun": bool(review.extra.get("dryRun")),
        "options": review.options,
        **{name: value for name, value in optional.items() if value},
    }


def _namespace(namespace: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if namespace is None:
        return None
    written = namespace.get("metadata")
    metadata = dict(written) if isinstance(written, Mapping) else {}
    if "uid" in metadata:
        metadata["UID"] = metadata["uid"]
    return {
        "metadata": {name: metadata[name] for name in metadata if name in _NAMESPACE_METADATA},
        "spec": namespace.get("spec") or {},
        "status": namespace.get("status") or {},
    }
