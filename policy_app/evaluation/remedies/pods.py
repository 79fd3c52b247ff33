"""Ways for Pods: users, profiles, capabilities, volumes, ports, probes and limits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from policy_app.evaluation.remedies.cases import Case
from policy_app.evaluation.remedies.edits import REMOVED, Edit, Path
from policy_app.evaluation.remedies.ways import kept, removed

_NON_ROOT = 1000
_TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount"  # noqa: S105 - a path, not a secret
_FIELDS = ("runAsUser", "runAsGroup", "supplementalGroups", "fsGroup")
_OF_POD = frozenset({"supplementalGroups", "fsGroup"})


def profile(field: str, parameter: str) -> Any:
    """Set a security profile (seccomp, AppArmor) to the first one that is allowed."""

    def way(case: Case) -> Iterator[Edit]:
        value = _profile(case.parameter_list(parameter))
        if value is not None:
            for container in case.containers:
                yield Edit((*container, "securityContext", field), value)

    return way


def _profile(allowed: list[Any]) -> dict[str, Any] | None:
    for name in map(str, allowed):
        if name.lower() in ("runtime/default", "docker/default", "runtimedefault", "*"):
            return {"type": "RuntimeDefault"}
        if name.lower() == "unconfined":
            return {"type": "Unconfined"}
        local = name.removeprefix("localhost/")
        if local != name and not local.endswith("*"):
            return {"type": "Localhost", "localhostProfile": local}
    return None


def ids(case: Case) -> Iterator[Edit]:
    """Users and groups within the ranges of the policy."""
    field = next((one for one in _FIELDS if f"Allowed {one}:" in case.message), "")
    if "runAsNonRoot" in case.message:
        yield from _non_root(case)
    elif field:
        yield from _in_range(case, field)


def _non_root(case: Case) -> Iterator[Edit]:
    for container in case.containers:
        yield Edit((*container, "securityContext", "runAsNonRoot"), True)


def _in_range(case: Case, field: str) -> Iterator[Edit]:
    policy = case.parameters.get(field)
    if not isinstance(policy, Mapping):
        return
    ranges = policy.get("ranges") or []
    number = ranges[0].get("min") if ranges else None
    if policy.get("rule") == "MustRunAsNonRoot":
        number = _NON_ROOT
    if number is None:
        return
    value = [number] if field == "supplementalGroups" else number
    if field in _OF_POD:
        yield Edit((*case.pod, "securityContext", field), value)
        return
    for container in case.containers:
        yield Edit((*container, "securityContext", field), value)


def may_add(case: Case, capability: Any) -> bool:
    """Whether a capability is among those that may be added."""
    allowed = {str(one).lower() for one in case.parameter_list("allowedCapabilities")}
    return str(capability).lower() in allowed or "*" in allowed


def is_not_forbidden(case: Case, capability: Any) -> bool:
    """Whether a capability is none of those that are forbidden; ALL adds every one of them."""
    forbidden = {_capability(one) for one in case.parameter_list("disallowedCapabilities")}
    return not forbidden & {_capability(capability), "*"} and _capability(capability) != "all"


def _capability(name: Any) -> str:
    return str(name).lower().removeprefix("cap_")


def drop_required(case: Case) -> Iterator[Edit]:
    """Drop the capabilities that have to be dropped, beside those that are."""
    required = case.parameter_list("requiredDropCapabilities")
    for container in case.containers:
        path = (*container, "securityContext", "capabilities", "drop")
        dropped = case.listed(*path)
        have = {str(one).lower() for one in dropped}
        missing = [one for one in required if str(one).lower() not in have]
        if missing and "all" not in have:
            yield Edit(path, [*dropped, *missing])


def capabilities(case: Case) -> Iterator[Edit]:
    """Add no more than is allowed, or drop what has to be dropped: as the message says."""
    if "is not dropping" in case.message:
        yield from drop_required(case)
        return
    for container in case.containers:
        yield from kept(case, (*container, "securityContext", "capabilities", "add"), may_add)


def is_allowed_sysctl(case: Case, sysctl: Any) -> bool:
    """Whether a sysctl is covered by one that is allowed."""
    return _covered(sysctl, case.parameter_list("allowedSysctls"))


def is_no_forbidden_sysctl(case: Case, sysctl: Any) -> bool:
    """Whether a sysctl is covered by none that is forbidden."""
    return not _covered(sysctl, case.parameter_list("forbiddenSysctls"))


def _covered(sysctl: Any, patterns: list[Any]) -> bool:
    name = str(sysctl.get("name") if isinstance(sysctl, Mapping) else "").replace("/", ".")
    for pattern in (str(one).replace("/", ".") for one in patterns):
        if name == pattern or (pattern.endswith("*") and name.startswith(pattern[:-1])):
            return True
    return False


def mount_read_only(case: Case) -> Iterator[Edit]:
    """Mount the node's folders to be read alone."""
    names = {one.get("name") for one in case.listed(*case.pod, "volumes") if "hostPath" in one}
    for path in _every_container(case):
        for mount, value in case.items(*path, "volumeMounts"):
            if value.get("name") in names and value.get("readOnly") is not True:
                yield Edit((*mount, "readOnly"), True)


def empty_instead_of_host(case: Case) -> Iterator[Edit]:
    """An empty folder in place of each of the node's that the message tells."""
    for path, volume in case.items(*case.pod, "volumes"):
        if "hostPath" in volume and str(volume.get("name")) in case.message:
            yield Edit((*path, "hostPath"))
            yield Edit((*path, "emptyDir"), {})


def empty_instead_of_volume(case: Case) -> Iterator[Edit]:
    """An empty folder in place of volumes of a type that is not allowed."""
    allowed = case.parameter_list("volumes")
    if "emptyDir" not in allowed:
        return
    for path, volume in case.items(*case.pod, "volumes"):
        for type_ in volume:
            if type_ != "name" and type_ not in allowed:
                yield Edit((*path, type_))
                yield Edit((*path, "emptyDir"), {})


def no_token(case: Case) -> Iterator[Edit]:
    """No token of a service account, neither by itself nor by a mount of its place."""
    if case.at(*case.pod, "automountServiceAccountToken") is not False:
        yield Edit((*case.pod, "automountServiceAccountToken"), False)
    for path in _every_container(case):
        mounts = (*path, "volumeMounts")
        yield from kept(case, mounts, lambda _, one: one.get("mountPath") != _TOKEN)


def no_host_port(case: Case) -> Iterator[Edit]:
    """No port of the node, neither by its network nor by a port of its own."""
    if not case.parameters.get("allowHostNetwork"):
        yield from removed(case, (*case.pod, "hostNetwork"))
    for container in case.containers:
        for path, port in case.items(*container, "ports"):
            if "hostPort" in port and not _is_approved(case, port["hostPort"]):
                yield Edit((*path, "hostPort"))


def no_host_port_at_all(case: Case) -> Iterator[Edit]:
    """As before, whatever the policy would let stand."""
    yield from removed(case, (*case.pod, "hostNetwork"))
    for container in case.containers:
        for path, port in case.items(*container, "ports"):
            if "hostPort" in port:
                yield Edit((*path, "hostPort"))


def _is_approved(case: Case, port: Any) -> bool:
    low, high = case.parameters.get("minPort"), case.parameters.get("maxPort")
    given = isinstance(low, int) and isinstance(high, int) and isinstance(port, int)
    return given and low <= port <= high


def probe(case: Case) -> Iterator[Edit]:
    """A probe of the container's first port; what it listens on cannot be told otherwise."""
    wanted = [one for one in case.parameter_list("enforceProbes") if f"no <{one}>" in case.message]
    for container in case.containers:
        port = case.at(*container, "ports", 0, "containerPort")
        for name in wanted if port is not None else ():
            yield Edit((*container, str(name)), {"tcpSocket": {"port": port}})


def limits(case: Case) -> Iterator[Edit]:
    """The highest limit that the policy allows, where there is none or a higher one."""
    highest = {"cpu": case.parameters.get("cpuLimit"), "memory": case.parameters.get("memoryLimit")}
    wanted = [name for name in highest if f" {name} limit" in case.message] or list(highest)
    for container in case.containers:
        for name in wanted:
            if highest[name]:
                yield Edit((*container, "resources", "limits", name), highest[name])


def requests_within_limits(case: Case) -> Iterator[Edit]:
    """No more requested than the limit grants."""
    for container in case.containers:
        for name in ("cpu", "memory"):
            limit = case.at(*container, "resources", "limits", name)
            if f" {name} request" in case.message and limit is not None:
                yield Edit((*container, "resources", "requests", name), limit)


def pull_policy(case: Case) -> Iterator[Edit]:
    """The first pull policy that is allowed."""
    allowed = case.parameter_list("allowedPullPolicy")
    for container in case.containers if allowed else ():
        yield Edit((*container, "imagePullPolicy"), allowed[0])


def se_linux(case: Case) -> Iterator[Edit]:
    """Without what of the SELinux options is not allowed."""
    for path in _contexts(case):
        options = case.at(*path, "seLinuxOptions")
        if not isinstance(options, Mapping):
            continue
        types = case.parameter_list("allowedSELinuxTypes")
        rest = {
            field: value
            for field, value in options.items()
            if field == "level" or (field == "type" and value in types)
        }
        allowed = case.parameters.get("enforcePSS") and rest
        yield Edit((*path, "seLinuxOptions"), rest if allowed else REMOVED)


def windows_user(case: Case) -> Iterator[Edit]:
    """The container's user in place of the administrator."""
    for container in case.containers:
        path = (*container, "securityContext", "windowsOptions", "runAsUserName")
        yield Edit(path, "ContainerUser")


def allowed_windows_user(case: Case) -> Iterator[Edit]:
    """The first user that is allowed by name."""
    names = [one for one in case.parameter_list("allowedUserNames") if not str(one).endswith("*")]
    for container in case.containers if names else ():
        path = (*container, "securityContext", "windowsOptions", "runAsUserName")
        yield Edit(path, names[0])


def no_host_process(case: Case) -> Iterator[Edit]:
    """No process of the node, neither for the container nor for the Pod."""
    for path in _contexts(case):
        yield from removed(case, (*path, "windowsOptions", "hostProcess"))


def _contexts(case: Case) -> list[Path]:
    paths = [(*case.pod, "securityContext")]
    return paths + [(*container, "securityContext") for container in case.containers]


def _every_container(case: Case) -> list[Path]:
    return Case(case.object).containers
