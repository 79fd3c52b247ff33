"""Ways for what is no Pod: Services, Ingresses, roles, budgets, nodes and storage classes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from policy_app.evaluation.gatekeeper.suites.patterns import compiled
from policy_app.evaluation.remedies.cases import Case
from policy_app.evaluation.remedies.edits import REMOVED, Edit
from policy_app.evaluation.remedies.ways import removed

_WRITES = frozenset({"create", "patch", "update", "*"})
_ENDPOINTS = frozenset({"endpoints", "endpointslices"})
_DRIVERS = {
    "kubernetes.io/azure-disk": "disk.csi.azure.com",
    "kubernetes.io/azure-file": "file.csi.azure.com",
}
_NGINX = "nginx.ingress.kubernetes.io"
_GATEWAY = "appgw.ingress.kubernetes.io"


def annotation(name: str, value: str) -> Any:
    """Set an annotation."""
    return lambda case: [Edit(("metadata", "annotations", name), value)]


def is_allowed_address(case: Case, address: Any) -> bool:
    """Whether an external IP is one of those that are allowed."""
    return address in case.parameter_list("allowedExternalIPs")


def no_endpoint_edits(case: Case) -> Iterator[Edit]:
    """Rules that leave endpoints alone, or only let them be read."""
    for path, rule in case.items("rules"):
        resources = set(rule.get("resources") or ())
        verbs = list(rule.get("verbs") or ())
        if not resources & (_ENDPOINTS | {"*"}) or not _WRITES & set(verbs):
            continue
        others = [one for one in rule["resources"] if one not in _ENDPOINTS]
        if others and "*" not in resources:
            yield Edit((*path, "resources"), others)
        else:
            read = [verb for verb in verbs if verb not in _WRITES]
            yield Edit((*path, "verbs"), read or ["get", "list", "watch"])


def one_may_be_missing(case: Case) -> Iterator[Edit]:
    """A budget that lets one Pod at a time be moved."""
    yield from removed(case, ("spec", "minAvailable"))
    yield Edit(("spec", "maxUnavailable"), 1)


def csi_driver(case: Case) -> Iterator[Edit]:
    """The CSI driver that took the place of the one in the tree."""
    driver = _DRIVERS.get(str(case.at("provisioner")))
    if driver:
        yield Edit(("provisioner",), driver)


def https_only(case: Case) -> Iterator[Edit]:
    """TLS for the hosts of the Ingress, and a redirect of plain HTTP."""
    annotations = case.at("metadata", "annotations") or {}
    name = case.at("spec", "ingressClassName") or annotations.get("kubernetes.io/ingress.class", "")
    if not case.listed("spec", "tls"):
        yield Edit(("spec", "tls"), [_certificate(case)])
    if "application-gateway" in str(name):
        yield Edit(("metadata", "annotations", f"{_GATEWAY}/ssl-redirect"), "true")
    else:
        yield Edit(("metadata", "annotations", f"{_NGINX}/force-ssl-redirect"), "true")


def _certificate(case: Case) -> dict[str, Any]:
    hosts = [one.get("host") for one in case.listed("spec", "rules") if one.get("host")]
    secret = {"secretName": f"{case.at('metadata', 'name')}-tls"}
    return {"hosts": hosts, **secret} if hosts else secret


def spread(case: Case) -> Iterator[Edit]:
    """Spread the Pods over the nodes."""
    selector = case.at("spec", "selector")
    constraint = {
        "maxSkew": 1,
        "topologyKey": "kubernetes.io/hostname",
        "whenUnsatisfiable": "ScheduleAnyway",
    }
    if isinstance(selector, Mapping) and selector:
        constraint["labelSelector"] = selector
    yield Edit(("spec", "template", "spec", "topologySpreadConstraints"), [constraint])


def no_reserved_label(case: Case) -> Iterator[Edit]:
    """Without the labels that are reserved."""
    patterns = [str(one) for one in case.parameter_list("labels") if one]
    for key in list(case.at("metadata", "labels") or ()):
        if any(_fits(pattern, key) for pattern in patterns):
            yield Edit(("metadata", "labels", key))


def _fits(pattern: str, text: str) -> bool:
    try:
        return compiled(pattern).search(text) is not None
    except ValueError:
        return False


def no_reserved_taint(case: Case) -> Iterator[Edit]:
    """Without the taints that are reserved for the system's nodes."""
    reserved = case.parameter_list("reservedTaints")
    before = case.listed("spec", "taints")
    after = [one for one in before if one.get("key") not in reserved]
    if len(after) < len(before):
        yield Edit(("spec", "taints"), after or REMOVED)
