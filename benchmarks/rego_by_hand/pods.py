"""Rules by hand: Pods as a whole, their volumes and what they share with their host."""

from __future__ import annotations

from typing import Any

from benchmarks.rego_by_hand.common import (
    LISTS,
    Container,
    HandWritten,
    Input,
    Violations,
    context_of,
    is_excluded,
    is_listed,
    judged,
    metadata_of,
    name_of,
    needs_windows,
    reviewed,
    shown,
    spec_of,
    violation,
)

_TOKEN_PATH = "/var/run/secrets/kubernetes.io/serviceaccount"


def _host_namespace_v2(given: Input) -> Violations:
    return _host_namespace(given, ("hostIPC", "hostPID"))


def _host_namespace_v3(given: Input) -> Violations:
    return _host_namespace(given, ("hostIPC", "hostNetwork", "hostPID"))


def _host_namespace(given: Input, fields: tuple[str, ...]) -> Violations:
    if needs_windows(given):
        return []
    spec = spec_of(given)
    shared = [field for field in fields if spec.get(field) is True]
    if not shared or next(judged(given), None) is None:
        return []
    message = f"Sharing the host namespace is not allowed: {name_of(given)}"
    return [violation(message, {"fields": shared})]


def _host_ports_v3(given: Input) -> Violations:
    parameters = given["parameters"]
    least, most = parameters.get("minPort"), parameters.get("maxPort")
    known = least is not None and most is not None

    def is_approved(port: Any) -> bool:
        return bool(port == 0 or (known and least <= port <= most))

    return _host_ports(given, is_approved)


def _host_ports_v4(given: Input) -> Violations:
    listed = given["parameters"].get("allowedHostPorts")
    return _host_ports(given, lambda port: port > 0 and is_listed(listed, port))


def _host_ports(given: Input, is_approved: Any) -> Violations:
    if needs_windows(given):
        return []
    parameters, found = given["parameters"], []
    allowed = parameters.get("allowHostNetwork", False) is not False
    on_host = spec_of(given).get("hostNetwork") is True and not allowed
    for container in judged(given):
        ports = [p["hostPort"] for p in container.get("ports") or () if "hostPort" in p]
        if on_host or not all(is_approved(port) for port in ports):
            message = (
                "The specified hostNetwork and hostPort are not allowed, pod:"
                f" {name_of(given)}, container: {container['name']}."
                f" Allowed values: {shown(parameters)}"
            )
            found.append(violation(message))
    return found


def _automount(given: Input) -> Violations:
    containers = list(judged(given))
    mounted = spec_of(given).get("automountServiceAccountToken") is not False or any(
        mount.get("mountPath") == _TOKEN_PATH
        for container in containers
        for mount in container.get("volumeMounts") or ()
    )
    if not containers or not mounted:
        return []
    return [violation(f"Automounting service account token is disallowed, pod: {name_of(given)}")]


def _naked(given: Input) -> Violations:
    if metadata_of(given).get("ownerReferences"):
        return []
    message = (
        f"Naked pod {name_of(given)} is not allowed. Pods should be managed by a Deployment,"
        " ReplicaSet, StatefulSet, DaemonSet or Job."
    )
    return [violation(message)]


def _antiaffinity(given: Input) -> Violations:
    spec = spec_of(given)
    replicas = spec.get("replicas", 0)
    inner = (spec.get("template") or {}).get("spec") or {}
    spread = (inner.get("affinity") or {}).get("podAntiAffinity")
    if replicas <= 1 or spread or inner.get("topologySpreadConstraints"):
        return []
    message = (
        f"{reviewed(given)['kind']} with {shown(replicas)} replicas should have either"
        " podAntiAffinity or topologySpreadConstraints set to avoid disruptions due to nodes"
        " crashing"
    )
    return [violation(message)]


def _labels(given: Input) -> Violations:
    provided = metadata_of(given).get("labels") or {}
    missing = set(given["parameters"]["labels"]) - provided.keys()
    return [violation(f"you must provide labels: {shown(missing)}")] if missing else []


# -- sysctls


def _allowed_sysctls(given: Input) -> Violations:
    allowed = given["parameters"].get("allowedSysctls") or []
    return [
        violation(
            f"The sysctl {name} is not explicitly allowed, pod: {name_of(given)}."
            f" Allowed sysctls: {shown(allowed)}"
        )
        for name in _sysctls(given)
        if not _covers(allowed, name)
    ]


def _forbidden_sysctls(given: Input) -> Violations:
    forbidden = given["parameters"].get("forbiddenSysctls") or []
    return [
        violation(
            f"The sysctl {name} is not allowed, pod: {name_of(given)}."
            f" Forbidden sysctls: {shown(forbidden)}"
        )
        for name in _sysctls(given)
        if _covers(forbidden, name)
    ]


def _sysctls(given: Input) -> list[str]:
    if needs_windows(given):
        return []
    return [sysctl["name"] for sysctl in context_of(spec_of(given)).get("sysctls") or ()]


def _covers(patterns: list[str], name: str) -> bool:
    name = name.replace("/", ".")
    for written in patterns:
        pattern = written.replace("/", ".")
        if pattern == name or (pattern.endswith("*") and name.startswith(pattern[:-1])):
            return True
    return False


# -- volumes


def _flexvolumes(given: Input) -> Violations:
    listed = given["parameters"].get("allowedFlexVolumeDrivers") or []
    return [
        violation(
            f"FlexVolume {shown(volume)} is not allowed, pod: {name_of(given)}."
            f" Allowed drivers: {shown(listed)}"
        )
        for volume in spec_of(given).get("volumes") or ()
        if "flexVolume" in volume and volume["flexVolume"].get("driver") not in listed
    ]


def _volume_types(given: Input) -> Violations:
    allowed = given["parameters"].get("volumes", [])
    containers = list(judged(given))
    if not containers or "*" in allowed:
        return []
    excluded = _excluded_by_image(given)
    types = {
        kind
        for volume in spec_of(given).get("volumes") or ()
        if not (_serves(excluded, volume) and not _serves(containers, volume))
        for kind, value in volume.items()
        if kind != "name" and value is not False
    } - set(allowed)
    if not types:
        return []
    message = (
        f"One of the volume types {shown(types)} is not allowed, pod: {name_of(given)}."
        f" Allowed volume types: {shown(allowed)}"
    )
    return [violation(message)]


def _excluded_by_image(given: Input) -> list[Container]:
    images = given["parameters"].get("excludedImages") or ()
    return [c for kind in LISTS for c in spec_of(given).get(kind) or () if is_excluded(c, images)]


def _serves(containers: list[Container], volume: dict[str, Any]) -> bool:
    return any(
        use.get("name") == volume["name"]
        for container in containers
        for kind in ("volumeMounts", "volumeDevices")
        for use in container.get(kind) or ()
    )


def _host_paths(given: Input) -> Violations:
    windows = needs_windows(given)
    field = "windowsAllowedHostPaths" if windows else "allowedHostPaths"
    allowed = given["parameters"].get(field, [])
    if windows and not allowed:
        return []
    listed, found = shown(allowed), []
    for volume in spec_of(given).get("volumes") or ():
        if "hostPath" in volume and _is_mounted_beyond(given, volume, allowed, windows):
            message = (
                f"HostPath volume {shown(volume)} is not allowed, pod: {name_of(given)}."
                f" Allowed path: {listed}"
            )
            found.append(violation(message))
    return found


def _is_mounted_beyond(
    given: Input, volume: dict[str, Any], allowed: list[dict[str, Any]], windows: bool
) -> bool:
    images = given["parameters"].get("excludedImages") or ()
    names = given["parameters"].get("excludedContainers") or ()
    path = volume["hostPath"]["path"]
    prefixes = [] if ".." in path.replace("\\", "/").split("/") else allowed
    fitting = [
        entry
        for entry in prefixes
        if _location(path, windows).startswith(_location(entry["pathPrefix"], windows))
    ]
    return any(
        not any(
            not entry.get("readOnly") or mount.get("readOnly") is True or c.get("name") in names
            for entry in fitting
        )
        for kind in LISTS
        for c in spec_of(given).get(kind) or ()
        if not is_excluded(c, images)
        for mount in c.get("volumeMounts") or ()
        if mount.get("name") == volume["name"]
    )


def _location(path: str, windows: bool) -> str:
    if windows:
        path = path.replace("\\", "/").lower()
        if not path.split("/", 1)[0].endswith(":"):
            path = f"c:/{path}"
    return "".join(f"{part}/" for part in path.split("/") if part not in ("", "."))


RULES: dict[str, HandWritten] = {
    "allowed-host-paths/v4": _host_paths,
    "allowed-sysctl-interfaces/v1": _allowed_sysctls,
    "allowed-volume-types/v2": _volume_types,
    "block-automount-token/v2": _automount,
    "block-host-namespace/v2": _host_namespace_v2,
    "block-host-namespace/v3": _host_namespace_v3,
    "block-naked-pods/v1": _naked,
    "flexvolume-drivers/v1": _flexvolumes,
    "forbidden-sysctl-interfaces/v1": _forbidden_sysctls,
    "host-network-ports/v3": _host_ports_v3,
    "host-network-ports/v4": _host_ports_v4,
    "pod-enforce-antiaffinity/v1": _antiaffinity,
    "pod-enforce-labels/v1": _labels,
}
