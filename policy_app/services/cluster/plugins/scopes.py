"""Which Pods a ResourceQuota counts: its scopes, in both of the ways in which they are written.

Source: ``pkg/quota/v1/evaluator/core/pods.go`` of Kubernetes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from policy_app.apimachinery import amounts
from policy_app.services.cluster.plugins.usage import PODS, Resource

_CLASS = "PriorityClass"


def matches(spec: Mapping[str, Any], resource: Resource, thing: Mapping[str, Any]) -> bool:
    """Whether a quota's scopes take an object; with scopes, only Pods are counted."""
    terms = [{"scopeName": name, "operator": "Exists"} for name in spec.get("scopes") or []]
    terms += (spec.get("scopeSelector") or {}).get("matchExpressions") or []
    if not terms:
        return True
    return resource == PODS and all(_matches(one, thing) for one in terms)


def _matches(term: Mapping[str, Any], pod: Mapping[str, Any]) -> bool:
    spec, name = pod.get("spec") or {}, term.get("scopeName")
    if name == _CLASS:
        return _has_class(term, str(spec.get("priorityClassName") or ""))
    found = {
        "Terminating": spec.get("activeDeadlineSeconds") is not None,
        "BestEffort": _is_best_effort(pod),
        "CrossNamespacePodAffinity": _looks_elsewhere(spec.get("affinity")),
    }
    if name in ("NotTerminating", "NotBestEffort"):
        return not found[str(name).removeprefix("Not")]
    return found.get(str(name), False)


def _has_class(term: Mapping[str, Any], name: str) -> bool:
    operator, values = term.get("operator"), term.get("values") or []
    if operator == "In":
        return name in values
    if operator == "NotIn":
        return name not in values
    return bool(name) is (operator != "DoesNotExist")


def _is_best_effort(pod: Mapping[str, Any]) -> bool:
    """Whether no container says anything about processors and memory."""
    said = {*amounts.of_pod(pod, amounts.REQUESTS), *amounts.of_pod(pod, amounts.LIMITS)}
    return not said & {"cpu", "memory"}


def _looks_elsewhere(affinity: Any) -> bool:
    """Whether an affinity names namespaces, at any depth."""
    if isinstance(affinity, Mapping):
        if affinity.get("namespaces") or affinity.get("namespaceSelector") is not None:
            return True
        return any(_looks_elsewhere(one) for one in affinity.values())
    return isinstance(affinity, list) and any(_looks_elsewhere(one) for one in affinity)
