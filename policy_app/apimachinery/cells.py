"""What the columns of a Table show where a field alone does not say it.

A renderer takes the object and the present moment. Sources: kubectl's observed output, and
``printers/internalversion`` of Kubernetes for what counts.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from policy_app.apimachinery.durations import age
from policy_app.apimachinery.json_paths import value_at
from policy_app.apimachinery.kinds import Column
from policy_app.apimachinery.objects import controller_of

NONE = "<none>"
UNSET = "<unset>"
PLAIN_COLUMNS = (Column("Name", ".metadata.name", format="name"), Column("Age", "age"))
_MOST_ENDPOINTS = 3
_MODES = {
    "ReadWriteOnce": "RWO",
    "ReadOnlyMany": "ROX",
    "ReadWriteMany": "RWX",
    "ReadWriteOncePod": "RWOP",
}
_DEFAULT_CLASS = (
    "storageclass.kubernetes.io/is-default-class",
    "storageclass.beta.kubernetes.io/is-default-class",
)

Thing = Mapping[str, Any]
Renderer = Callable[[Thing, datetime], Any]


def as_json(value: Any) -> str:
    """A composite value in one line."""
    return json.dumps(value, separators=(",", ":"))


def joined(values: list[str]) -> str:
    """Words with commas, or ``<none>``."""
    return ",".join(values) or NONE


def labels_text(labels: Any) -> str:
    """``a=b,c=d``, or ``<none>``."""
    given = labels if isinstance(labels, Mapping) else {}
    return joined([f"{key}={value}" for key, value in sorted(given.items())])


def _data_count(thing: Thing, now: datetime) -> int:
    return len(thing.get("data") or {}) + len(thing.get("binaryData") or {})


def _secret_count(thing: Thing, now: datetime) -> int:
    return len(thing.get("secrets") or [])


def _webhook_count(thing: Thing, now: datetime) -> int:
    return len(thing.get("webhooks") or [])


def _event_object(thing: Thing, now: datetime) -> str:
    about = thing.get("involvedObject") or {}
    return f"{str(about.get('kind', '')).lower()}/{about.get('name', '')}"


def _event_last_seen(thing: Thing, now: datetime) -> str:
    last = thing.get("lastTimestamp") or thing.get("eventTime") or thing.get("firstTimestamp")
    return age(last, now)


def _event_first_seen(thing: Thing, now: datetime) -> str:
    return age(thing.get("firstTimestamp") or thing.get("eventTime"), now)


def _event_count(thing: Thing, now: datetime) -> int:
    return int(thing.get("count") or 1)


def _event_source(thing: Thing, now: datetime) -> str:
    source = thing.get("source") or {}
    parts = [
        source.get("component") or thing.get("reportingComponent") or "",
        source.get("host") or "",
    ]
    return ", ".join(filter(None, parts))


def _endpoint_addresses(thing: Thing, now: datetime) -> str:
    found = [
        f"{address.get('ip')}:{port.get('port')}"
        for subset in thing.get("subsets") or []
        for address in subset.get("addresses") or []
        for port in subset.get("ports") or [{}]
    ]
    more = len(found) - _MOST_ENDPOINTS
    shown = joined(found[:_MOST_ENDPOINTS])
    return f"{shown} + {more} more..." if more > 0 else shown


def _slice_addresses(thing: Thing, now: datetime) -> str:
    return joined(
        [str(a) for one in thing.get("endpoints") or [] for a in one.get("addresses") or []]
    )


def _slice_ports(thing: Thing, now: datetime) -> str:
    ports = [str(one["port"]) for one in thing.get("ports") or [] if "port" in one]
    return ",".join(ports) or UNSET


def _cluster_ip(thing: Thing, now: datetime) -> str:
    spec = thing.get("spec") or {}
    return str(spec.get("clusterIP") or NONE)


def _external_ip(thing: Thing, now: datetime) -> str:
    spec = thing.get("spec") or {}
    own = [str(one) for one in spec.get("externalIPs") or []]
    if spec.get("type") == "ExternalName":
        return str(spec.get("externalName") or NONE)
    if spec.get("type") == "LoadBalancer":
        points = value_at(thing, ".status.loadBalancer.ingress") or []
        found = [str(one.get("ip") or one.get("hostname") or "") for one in points]
        return ",".join([*filter(None, found), *own]) or "<pending>"
    return joined(own)


def _service_ports(thing: Thing, now: datetime) -> str:
    ports = (thing.get("spec") or {}).get("ports") or []
    return joined([_service_port(one) for one in ports])


def _service_port(port: Mapping[str, Any]) -> str:
    node = f":{port['nodePort']}" if port.get("nodePort") else ""
    return f"{port.get('port')}{node}/{port.get('protocol', 'TCP')}"


def _ingress_class(thing: Thing, now: datetime) -> str:
    named = value_at(thing, ".metadata.annotations.kubernetes\\.io/ingress\\.class")
    return str(value_at(thing, ".spec.ingressClassName") or named or NONE)


def _ingress_hosts(thing: Thing, now: datetime) -> str:
    hosts = [str(one["host"]) for one in value_at(thing, ".spec.rules") or [] if one.get("host")]
    more = len(hosts) - _MOST_ENDPOINTS
    shown = ",".join(hosts[:_MOST_ENDPOINTS]) or "*"
    return f"{shown} + {more} more..." if more > 0 else shown


def _ingress_address(thing: Thing, now: datetime) -> str:
    points = value_at(thing, ".status.loadBalancer.ingress") or []
    return ",".join(str(one.get("ip") or one.get("hostname") or "") for one in points)


def _ingress_ports(thing: Thing, now: datetime) -> str:
    return "80, 443" if value_at(thing, ".spec.tls") else "80"


def _class_parameters(thing: Thing, now: datetime) -> str:
    given = value_at(thing, ".spec.parameters")
    if not given:
        return NONE
    group = f".{given['apiGroup']}" if given.get("apiGroup") else ""
    return f"{given.get('kind')}{group}/{given.get('name')}"


def _class_expansion(thing: Thing, now: datetime) -> bool:
    return bool(thing.get("allowVolumeExpansion", False))


def _pod_selector(thing: Thing, now: datetime) -> str:
    selector = value_at(thing, ".spec.podSelector") or {}
    return labels_text(selector.get("matchLabels"))


def _budget(field: str) -> Renderer:
    def render(thing: Thing, now: datetime) -> Any:
        value = value_at(thing, f".spec.{field}")
        return "N/A" if value is None else str(value)

    return render


def _role_reference(thing: Thing, now: datetime) -> str:
    reference = thing.get("roleRef") or {}
    return f"{reference.get('kind')}/{reference.get('name')}"


def _subjects(kind: str) -> Renderer:
    def render(thing: Thing, now: datetime) -> str:
        found = [one for one in thing.get("subjects") or [] if one.get("kind") == kind]
        return ", ".join(
            "/".join(filter(None, (one.get("namespace"), one["name"]))) for one in found
        )

    return render


def _access_modes(thing: Thing, now: datetime) -> str:
    modes = value_at(thing, ".status.accessModes") or value_at(thing, ".spec.accessModes") or []
    return ",".join(_MODES.get(one, str(one)) for one in modes)


def _volume_status(thing: Thing, now: datetime) -> str:
    going = value_at(thing, ".metadata.deletionTimestamp")
    return "Terminating" if going else str(value_at(thing, ".status.phase") or "Pending")


def _volume_claim(thing: Thing, now: datetime) -> str:
    claim = value_at(thing, ".spec.claimRef") or {}
    return "/".join(filter(None, (claim.get("namespace"), claim.get("name"))))


def _quota(prefix_limits: bool) -> Renderer:
    def render(thing: Thing, now: datetime) -> str:
        hard, used = (value_at(thing, f".status.{one}") or {} for one in ("hard", "used"))
        hard = hard or value_at(thing, ".spec.hard") or {}
        names = [one for one in sorted(hard) if one.startswith("limits.") == prefix_limits]
        return ", ".join(f"{name}: {used.get(name, '0')}/{hard[name]}" for name in names)

    return render


def _node_status(thing: Thing, now: datetime) -> str:
    ready = value_at(thing, '.status.conditions[?(@.type=="Ready")].status')
    word = "Ready" if ready == "True" else "NotReady" if ready else "Unknown"
    return f"{word},SchedulingDisabled" if value_at(thing, ".spec.unschedulable") else word


def _node_roles(thing: Thing, now: datetime) -> str:
    prefix = "node-role.kubernetes.io/"
    labels = value_at(thing, ".metadata.labels") or {}
    return joined(sorted(one[len(prefix) :] for one in labels if one.startswith(prefix)))


def _node_address(type_: str) -> Renderer:
    def render(thing: Thing, now: datetime) -> str:
        return str(value_at(thing, f'.status.addresses[?(@.type=="{type_}")].address') or NONE)

    return render


def _controller_name(thing: Thing, now: datetime) -> str:
    owner = controller_of(thing)
    return f"{str(owner['kind']).lower()}.apps/{owner['name']}" if owner else NONE


def _driver_modes(thing: Thing, now: datetime) -> str:
    return joined([str(one) for one in value_at(thing, ".spec.volumeLifecycleModes") or []])


def _driver_tokens(thing: Thing, now: datetime) -> str:
    asked = value_at(thing, ".spec.tokenRequests") or []
    return ",".join(str(one.get("audience")) for one in asked) or UNSET


def _attributes_class(thing: Thing, now: datetime) -> str:
    return str(value_at(thing, ".spec.volumeAttributesClassName") or UNSET)


def _class_name(thing: Thing, now: datetime) -> str:
    """The class that claims get which name none says so."""
    annotations = value_at(thing, ".metadata.annotations") or {}
    is_default = any(annotations.get(one) == "true" for one in _DEFAULT_CLASS)
    name = str(value_at(thing, ".metadata.name"))
    return f"{name} (default)" if is_default else name


def _priority_default(thing: Thing, now: datetime) -> bool:
    return bool(thing.get("globalDefault", False))


RENDERERS: Mapping[str, Renderer] = {
    "data_count": _data_count,
    "secret_count": _secret_count,
    "webhook_count": _webhook_count,
    "event_object": _event_object,
    "event_last_seen": _event_last_seen,
    "event_first_seen": _event_first_seen,
    "event_count": _event_count,
    "event_source": _event_source,
    "endpoint_addresses": _endpoint_addresses,
    "slice_addresses": _slice_addresses,
    "slice_ports": _slice_ports,
    "service_cluster_ip": _cluster_ip,
    "service_external_ip": _external_ip,
    "service_ports": _service_ports,
    "ingress_class": _ingress_class,
    "ingress_hosts": _ingress_hosts,
    "ingress_address": _ingress_address,
    "ingress_ports": _ingress_ports,
    "class_parameters": _class_parameters,
    "class_expansion": _class_expansion,
    "pod_selector": _pod_selector,
    "budget_min": _budget("minAvailable"),
    "budget_max": _budget("maxUnavailable"),
    "role_reference": _role_reference,
    "subject_users": _subjects("User"),
    "subject_groups": _subjects("Group"),
    "subject_accounts": _subjects("ServiceAccount"),
    "access_modes": _access_modes,
    "volume_status": _volume_status,
    "volume_claim": _volume_claim,
    "quota_requests": _quota(False),
    "quota_limits": _quota(True),
    "node_status": _node_status,
    "node_roles": _node_roles,
    "node_internal_ip": _node_address("InternalIP"),
    "node_external_ip": _node_address("ExternalIP"),
    "controller_name": _controller_name,
    "driver_modes": _driver_modes,
    "driver_tokens": _driver_tokens,
    "attributes_class": _attributes_class,
    "class_name": _class_name,
    "priority_default": _priority_default,
}
