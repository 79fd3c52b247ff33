"""Rules by hand: Services, Ingresses, roles, nodes and whatever else is no Pod."""

from __future__ import annotations

import re
from typing import Any

from benchmarks.rego_by_hand.common import (
    HandWritten,
    Input,
    Violations,
    is_listed,
    metadata_of,
    name_of,
    namespace_of,
    reviewed,
    shown,
    spec_of,
    violation,
)

# -- Services and Ingresses


def _external_ips(given: Input) -> Violations:
    allowed = set(given["parameters"].get("allowedExternalIPs") or ())
    forbidden = set(spec_of(given).get("externalIPs") or ()) - allowed
    if not forbidden:
        return []
    return [violation(f"service has forbidden external IPs: {shown(forbidden)}")]


def _service_ports(given: Input) -> Violations:
    allowed = given["parameters"].get("allowedPorts") or ()
    if "-1" in allowed:
        return []
    return [
        violation(f"Port {shown(p['port'])} for service {name_of(given)} has not been allowed.")
        for p in spec_of(given).get("ports") or ()
        if "port" in p and not is_listed(allowed, p["port"])
    ]


def _public_ips(given: Input) -> Violations:
    annotations = metadata_of(given).get("annotations") or {}
    internal = annotations.get("service.beta.kubernetes.io/azure-load-balancer-internal")
    if spec_of(given).get("type") != "LoadBalancer" or internal == "true":
        return []
    message = (
        "Load Balancers should not have public IPs. azure-load-balancer-internal annotation is"
        f" required for {name_of(given)}"
    )
    return [violation(message)]


def _unique_selectors(given: Input) -> Violations:
    spec, namespace = spec_of(given), namespace_of(given)
    selector = spec.get("selector")
    stored = given.get("inventory", {}).get("namespace", {}).get(namespace, {})
    if not selector:
        return []
    return [
        violation(
            f"same selector as service <{name}> in namespace <{namespace}> with overlapping ports."
        )
        for name, other in stored.get("v1", {}).get("Service", {}).items()
        if name != name_of(given)
        and other["spec"].get("selector") == selector
        and _overlap(other["spec"].get("ports") or (), spec.get("ports") or ())
    ]


def _overlap(ours: Any, theirs: Any) -> bool:
    if not ours and not theirs:
        return True
    return bool({port["port"] for port in ours} & {port["port"] for port in theirs})


def _hostnames(given: Input) -> Violations:
    hosts = {rule.get("host") for rule in spec_of(given).get("rules") or ()} - {"", None}
    excluded = {namespace_of(given), *(given["parameters"].get("excludedNamespaces") or ())}
    return [
        violation(
            f"ingress host <{host}> conflicts with an existing ingress <{name}>"
            f" in namespace <{namespace}>"
        )
        for namespace, versions in given.get("inventory", {}).get("namespace", {}).items()
        if namespace not in excluded
        for version, kinds in versions.items()
        if version.split("/")[0] in ("networking.k8s.io", "extensions")
        for name, other in kinds.get("Ingress", {}).items()
        for host in hosts & {rule.get("host") for rule in other["spec"].get("rules") or ()}
    ]


_CONTROLLERS = {
    "nginx": "nginx",
    "webapprouting.kubernetes.azure.com": "nginx",
    "azure/application-gateway": "agic",
    "azure-application-gateway": "agic",
}
_NGINX, _AGIC = "nginx.ingress.kubernetes.io/", "appgw.ingress.kubernetes.io/"


def _https_only(given: Input) -> Violations:
    spec, annotations = spec_of(given), metadata_of(given).get("annotations") or {}
    name = spec.get("ingressClassName") or annotations.get("kubernetes.io/ingress.class")
    controller = _CONTROLLERS.get(name or "")
    if controller is None:
        return []
    is_https_only = {"nginx": _nginx_is_https_only, "agic": _agic_is_https_only}[controller]
    if is_https_only(spec, annotations):
        return []
    message = (
        "Ingress should be https. tls configuration and a redirect from http are required for"
        f" {name_of(given)}"
    )
    return [violation(message)]


def _nginx_is_https_only(spec: dict[str, Any], annotations: dict[str, Any]) -> bool:
    if not spec.get("tls"):
        return False
    if annotations.get(f"{_NGINX}force-ssl-redirect") == "true":
        return True
    hosts = all(rule.get("host") for rule in spec.get("rules") or ())
    return annotations.get(f"{_NGINX}ssl-redirect") != "false" and hosts


def _agic_is_https_only(spec: dict[str, Any], annotations: dict[str, Any]) -> bool:
    if annotations.get(f"{_AGIC}appgw-ssl-certificate", "") != "":
        return True
    return bool(spec.get("tls")) and annotations.get(f"{_AGIC}ssl-redirect") == "true"


def _ingress_host(given: Input) -> Violations:
    return [
        violation(f"Ingress {name_of(given)} has no host in rule {index}")
        for index, rule in enumerate(spec_of(given).get("rules") or ())
        if not rule.get("host")
    ]


# -- roles


def _admin_bindings(given: Input) -> Violations:
    thing = reviewed(given)
    role = thing.get("roleRef") or {}
    if role.get("kind") != "ClusterRole" or role.get("name") != "cluster-admin":
        return []
    subjects = {subject["name"] for subject in thing.get("subjects") or () if "name" in subject}
    message = f"{thing['kind']} {name_of(given)} binds the role cluster-admin to {shown(subjects)}"
    return [violation(message)]


_WRITING = (
    ("resources", {"endpoints", "endpointslices", "*"}),
    ("apiGroups", {"", "discovery.k8s.io", "*"}),
    ("verbs", {"create", "patch", "update", "*"}),
)


def _endpoint_edits(given: Input) -> Violations:
    if metadata_of(given).get("name") != "system:aggregate-to-edit":
        return []
    for rule in reviewed(given).get("rules") or ():
        if all(not words.isdisjoint(rule.get(field) or ()) for field, words in _WRITING):
            message = (
                "ClusterRole system:aggregate-to-edit should not allow endpoint edit permissions"
            )
            return [violation(message)]
    return []


def _wildcard_roles(given: Input) -> Violations:
    thing = reviewed(given)
    fields = {
        field
        for rule in thing.get("rules") or ()
        for field in ("apiGroups", "resources", "verbs")
        if "*" in (rule.get(field) or ())
    }
    if not fields:
        return []
    message = f"{thing['kind']} {name_of(given)} uses the wildcard '*' in {shown(fields)}"
    return [violation(message)]


# -- nodes


def _is_exempt(given: Input) -> bool:
    user, parameters = given["review"].get("userInfo") or {}, given["parameters"]
    if user.get("username") in (parameters.get("allowedUsers") or ()):
        return True
    groups = user.get("groups") or ()
    return any(group in groups for group in parameters.get("allowedGroups") or ())


def _restricted_labels(given: Input) -> Violations:
    if _is_exempt(given):
        return []
    before = ((given["review"].get("oldObject") or {}).get("metadata") or {}).get("labels") or {}
    labels = metadata_of(given).get("labels") or {}
    changed = [key for key, value in labels.items() if before.get(key) != value]
    reserved = {
        pattern
        for pattern in given["parameters"].get("labels") or ()
        if pattern != "" and any(re.search(pattern, key) for key in changed)
    }
    return (
        [violation(f"Label <{shown(reserved)}> is reserved for AKS use only")] if reserved else []
    )


def _node_edits(given: Input) -> Violations:
    review, after = given["review"], reviewed(given)
    before = review.get("oldObject") or {}
    by_hand = review["operation"] == "CREATE" and not review["userInfo"].get("username")
    comparable = before.get("kind") == "Node" or by_hand
    if not comparable or not after or _traits(before) == _traits(after):
        return []
    if _is_exempt(given):
        return []
    message = (
        "Tainting or labelling individual nodes is not recommended. Please use AZ cli to"
        " taint/label nodepools instead"
    )
    return [violation(message)]


def _traits(node: dict[str, Any]) -> tuple[Any, list[str]]:
    taints = (node.get("spec") or {}).get("taints") or ()
    return (node.get("metadata") or {}).get("labels") or {}, sorted({shown(t) for t in taints})


def _taints(given: Input) -> Violations:
    labels = metadata_of(given).get("labels") or {}
    reserved = given["parameters"].get("reservedTaints") or ()
    if labels.get("kubernetes.azure.com/mode", "").lower() == "system":
        return []
    return [
        violation(f"Taint with key {taint['key']} is reserved for the system pool only")
        for taint in spec_of(given).get("taints") or ()
        if taint.get("key") in reserved
    ]


# -- the rest


def _disruption_budgets(given: Input) -> Violations:
    spec, name = spec_of(given), name_of(given)
    most, least = spec.get("maxUnavailable"), spec.get("minAvailable")
    found = []
    if most in (0, "0", "0%"):
        message = (
            f"PodDisruptionBudget <{name}> has maxUnavailable of {shown(most)}, only positive"
            " integers are allowed for maxUnavailable"
        )
        found.append(violation(message))
    if least == "100%":
        message = (
            f"PodDisruptionBudget <{name}> has minAvailable of 100%, so none of its Pods may"
            " ever be moved"
        )
        found.append(violation(message))
    return found + _covered_workloads(given) if isinstance(least, int) else found


def _covered_workloads(given: Input) -> Violations:
    spec, name, found = spec_of(given), name_of(given), []
    least, wanted = spec["minAvailable"], (spec.get("selector") or {}).get("matchLabels") or {}
    stored = given.get("inventory", {}).get("namespace", {}).get(namespace_of(given), {})
    for kind in ("Deployment", "StatefulSet"):
        for other, workload in stored.get("apps/v1", {}).get(kind, {}).items():
            template = (workload["spec"].get("template") or {}).get("metadata") or {}
            covered = wanted and wanted.items() <= (template.get("labels") or {}).items()
            replicas = workload["spec"].get("replicas", 1)
            if covered and least >= replicas:
                message = (
                    f"{kind} <{other}> has {shown(replicas)} replica(s) but PodDisruptionBudget"
                    f" <{name}> has minAvailable of {shown(least)}, PodDisruptionBudget count"
                    " should always be lower than replica(s), and not used when replica(s) is"
                    " set to 1"
                )
                found.append(violation(message))
    return found


def _default_namespace(given: Input) -> Violations:
    if namespace_of(given) != "default":
        return []
    kind = reviewed(given)["kind"]
    message = f"Usage of the default namespace is not allowed, name: {name_of(given)}, kind: {kind}"
    return [violation(message)]


def _resource(given: Input) -> Violations:
    kind = reviewed(given)["kind"]
    return [violation(f"Resource {name_of(given)} of kind {kind} is not allowed")]


def _csi_driver(given: Input) -> Violations:
    provisioner = reviewed(given).get("provisioner")
    if provisioner not in ("kubernetes.io/azure-disk", "kubernetes.io/azure-file"):
        return []
    message = f"Storage class {name_of(given)} use intree provisioner {provisioner} is not allowed"
    return [violation(message)]


def _annotations(given: Input) -> Violations:
    required = given["parameters"].get("annotations") or ()
    provided = metadata_of(given).get("annotations") or {}
    missing = {annotation["key"] for annotation in required} - provided.keys()
    found = []
    if missing:
        found.append(violation(f"you must provide annotation(s): {shown(missing)}"))
    for annotation in required:
        value, pattern = provided.get(annotation["key"]), annotation.get("allowedRegex")
        if value is not None and pattern is not None and not re.search(pattern, value):
            message = (
                f"Annotation <{annotation['key']}: {value}> does not satisfy allowed"
                f" regex: {pattern}"
            )
            found.append(violation(message))
    return found


def _mutations(given: Input) -> Violations:
    messages = given["parameters"].get("messages") or {}
    annotations = metadata_of(given).get("annotations") or {}
    return [violation(messages[name]) for name in annotations if name in messages]


RULES: dict[str, HandWritten] = {
    "allowed-external-ips/v1": _external_ips,
    "block-admin-rolebindings/v1": _admin_bindings,
    "block-default-namespace/v1": _default_namespace,
    "block-endpoint-edit-default-role/v1": _endpoint_edits,
    "block-resource/v1": _resource,
    "block-wildcard-roles/v1": _wildcard_roles,
    "disallowed-bad-pod-disruption-budgets/v2": _disruption_budgets,
    "enforce-csi-driver/v1": _csi_driver,
    "enforce-required-annotation/v1": _annotations,
    "ingress-hostnames-conflict": _hostnames,
    "ingress-https-only/v2": _https_only,
    "load-balancer-no-public-ips/v1": _public_ips,
    "print-mutations-annotations/v1": _mutations,
    "require-ingress-host/v2": _ingress_host,
    "restricted-labels/v1": _restricted_labels,
    "restricted-node-edits/v1": _node_edits,
    "restricted-taints/v1": _taints,
    "service-allowed-ports/v1": _service_ports,
    "unique-service-selectors/v1": _unique_selectors,
}
