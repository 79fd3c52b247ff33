"""What one object uses of the resources that a ResourceQuota may bound.

Source: ``pkg/quota/v1/evaluator/core`` of Kubernetes.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from policy_app.apimachinery import amounts, quantities
from policy_app.apimachinery.amounts import LIMITS, REQUESTS, Amounts
from policy_app.apimachinery.objects import Object

Resource = tuple[str, str]
"""A group and a plural."""

PODS: Resource = ("", "pods")
CLAIMS: Resource = ("", "persistentvolumeclaims")
SERVICES: Resource = ("", "services")
BY_CONTENT = (PODS, CLAIMS, SERVICES)
"""Those of which the content counts, and not only the number."""
_COUNTED = ("configmaps", "secrets", "replicationcontrollers", "resourcequotas")
_STORAGE = "requests.storage"
_OF_CLASS = ".storageclass.storage.k8s.io/"
_OVER = ("Succeeded", "Failed")
_COMPUTE = ("cpu", "memory", "ephemeral-storage")
_MUST_BE_SAID = ("cpu", "memory")
_ONE = Decimal(1)


def of(resource: Resource, thing: Mapping[str, Any]) -> Amounts:
    """What an object of a resource uses, by the names that quotas have for it."""
    group, plural = resource
    found = {f"count/{plural}.{group}" if group else f"count/{plural}": _ONE}
    if resource == PODS:
        return found | _of_pod(thing)
    if resource == CLAIMS:
        return found | _of_claim(thing)
    if resource == SERVICES:
        return found | _of_service(thing)
    if not group and plural in _COUNTED:
        found[plural] = _ONE
    return found


def resource_of(name: str) -> Resource | None:
    """Of which objects a quota's resource counts something; None for one that nobody knows."""
    if name.startswith("count/"):
        plural, _, group = name.removeprefix("count/").partition(".")
        return group, plural
    if name in _COUNTED:
        return "", name
    if name.startswith("services"):
        return SERVICES
    if name in ("persistentvolumeclaims", _STORAGE) or _OF_CLASS in name:
        return CLAIMS
    known = name == "pods" or name.removeprefix("requests.").removeprefix("limits.") in _COMPUTE
    return PODS if known or name.startswith(("requests.", "limits.", "hugepages-")) else None


def unsaid(pod: Mapping[str, Any], names: set[str]) -> str:
    """Which containers do not say what the quota counts: ``limits.cpu for: web; …``."""
    spec, missing = pod.get("spec") or {}, dict[str, set[str]]()
    for one in (*amounts.containers(spec), *amounts.containers(spec, "initContainers")):
        said = _said(one)
        for name in names - said:
            if name.rpartition(".")[2] in _MUST_BE_SAID:
                missing.setdefault(name, set()).add(str(one.get("name")))
    return "; ".join(f"{name} for: {','.join(sorted(missing[name]))}" for name in sorted(missing))


def _said(container: Mapping[str, Any]) -> set[str]:
    requests = amounts.of_container(container, REQUESTS)
    limits = amounts.of_container(container, LIMITS)
    named = {*requests, *(f"requests.{one}" for one in requests)}
    return named | {f"limits.{one}" for one in limits}


def _of_pod(pod: Mapping[str, Any]) -> Amounts:
    """A Pod that is over uses no place and no power."""
    if (pod.get("status") or {}).get("phase") in _OVER:
        return {}
    found: Amounts = {"pods": _ONE}
    for name, amount in amounts.of_pod(pod, REQUESTS).items():
        found[f"requests.{name}"] = amount
        if name in _COMPUTE or name.startswith("hugepages-"):
            found[name] = amount
    for name, amount in amounts.of_pod(pod, LIMITS).items():
        found[f"limits.{name}"] = amount
    return found


def _of_claim(claim: Mapping[str, Any]) -> Amounts:
    spec = claim.get("spec") or {}
    name = str(spec.get("storageClassName") or "")
    found: Amounts = {"persistentvolumeclaims": _ONE}
    asked = amounts.of_container(spec, REQUESTS).get("storage")
    if asked is not None:
        found[_STORAGE] = asked
    return found | {f"{name}{_OF_CLASS}{key}": one for key, one in found.items() if name}


def _of_service(service: Mapping[str, Any]) -> Amounts:
    spec = service.get("spec") or {}
    type_, ports = spec.get("type"), spec.get("ports") or []
    found: Amounts = {"services": _ONE}
    balanced = type_ == "LoadBalancer"
    if balanced:
        found["services.loadbalancers"] = _ONE
    if type_ == "NodePort" or (balanced and spec.get("allocateLoadBalancerNodePorts") is not False):
        found["services.nodeports"] = Decimal(len(ports))
    elif balanced:
        found["services.nodeports"] = Decimal(sum(bool(one.get("nodePort")) for one in ports))
    return found


def numbers(given: Any) -> Amounts:
    """A list of resources with amounts as numbers."""
    pairs = given.items() if isinstance(given, Mapping) else ()
    found = ((str(name), quantities.number(one)) for name, one in pairs)
    return {name: number for name, number in found if number is not None}


def told(found: Mapping[str, Decimal]) -> str:
    """``limits.cpu=1,pods=2``, as refusals say it."""
    return ",".join(f"{name}={amounts.shown(name, found[name])}" for name in sorted(found))


def as_object(found: Mapping[str, Decimal]) -> Object:
    """The amounts as a status holds them."""
    return {name: amounts.shown(name, one) for name, one in sorted(found.items())}
