"""Rules by hand: what containers may do, by their security contexts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from benchmarks.rego_by_hand.common import (
    Container,
    HandWritten,
    Input,
    Violations,
    context_of,
    effective,
    judged,
    metadata_of,
    name_of,
    needs_windows,
    shown,
    spec_of,
    violation,
)


def _no_privilege(given: Input) -> Violations:
    if needs_windows(given):
        return []
    return [
        violation(
            f"Privileged container is not allowed: {c['name']},"
            f" securityContext: {shown(c['securityContext'])}"
        )
        for c in judged(given)
        if context_of(c).get("privileged") is True
    ]


def _read_only_root(given: Input) -> Violations:
    if needs_windows(given):
        return []
    return [
        violation(f"only read-only root filesystem container is allowed: {c['name']}")
        for c in judged(given)
        if context_of(c).get("readOnlyRootFilesystem") is not True
    ]


def _no_escalation(given: Input) -> Violations:
    return _escalation(given, root_is_excused=True)


def _no_escalation_v4(given: Input) -> Violations:
    forced = given["parameters"].get("forcePrivilegeEscalationToBeFalse")
    return _escalation(given, root_is_excused=forced is None or forced is False)


def _escalation(given: Input, *, root_is_excused: bool) -> Violations:
    if needs_windows(given):
        return []
    found = []
    for container in judged(given):
        allows = context_of(container).get("allowPrivilegeEscalation")
        if allows is False:
            continue
        if root_is_excused and allows is None and effective(given, container, "runAsUser") == 0:
            continue
        message = f"Privilege escalation container is not allowed: {container['name']}"
        found.append(violation(message, {"fields": ["allowPrivilegeEscalation"]}))
    return found


def _capabilities(container: Container, action: str) -> set[str]:
    capabilities = context_of(container).get("capabilities") or {}
    return {name.lower() for name in capabilities.get(action) or ()}


def _allowed_capabilities(given: Input) -> Violations:
    if needs_windows(given):
        return []
    allowed = given["parameters"].get("allowedCapabilities", [])
    required = given["parameters"].get("requiredDropCapabilities")
    known = {name.lower() for name in allowed}
    wanted = {name.lower() for name in required or ()}
    found = []
    for container in judged(given):
        start = f"container <{container['name']}>"
        if "*" not in known and _capabilities(container, "add") - known:
            message = f"{start} has a disallowed capability. Allowed capabilities are"
            found.append(violation(f"{message} {shown(allowed)}"))
        dropped = _capabilities(container, "drop")
        if required is not None and "all" not in dropped and wanted - dropped:
            message = (
                f"{start} is not dropping all required capabilities."
                f" Container must drop all of {shown(required)}"
            )
            found.append(violation(message))
    return found


def _disallowed_capabilities(given: Input) -> Violations:
    if needs_windows(given):
        return []
    listed = given["parameters"].get("disallowedCapabilities") or []
    disallowed = {name.lower().removeprefix("cap_") for name in listed}
    found = []
    for container in judged(given):
        added = {name.removeprefix("cap_") for name in _capabilities(container, "add")}
        beyond = added & disallowed or ("all" in added and disallowed) or "*" in disallowed
        if added and beyond:
            message = (
                f"container <{container['name']}> has a disallowed capability."
                f" Disallowed capabilities are {shown(listed)}"
            )
            found.append(violation(message))
    return found


def _proc_mount(given: Input) -> Violations:
    wanted = given["parameters"].get("procMount", "")
    if needs_windows(given) or wanted.lower() != "default":
        return []
    return [
        violation(
            f"ProcMount type is not allowed, container: {c['name']}."
            f" Allowed procMount types: {wanted}"
        )
        for c in judged(given)
        if (context_of(c).get("procMount") or "default").lower() != "default"
    ]


# -- profiles


def _named(field: Any) -> str | None:
    """The profile of a field in the annotations' words."""
    match field:
        case {"type": "RuntimeDefault"}:
            return "runtime/default"
        case {"type": "Unconfined"}:
            return "unconfined"
        case {"type": "Localhost", "localhostProfile": str(profile)}:
            return f"localhost/{profile}"
    return None


def _profile(
    given: Input, container: Container, field: str, of_container: str, of_pod: str
) -> str | None:
    annotations = metadata_of(given).get("annotations") or {}
    sought = (
        _named(context_of(container).get(field)),
        annotations.get(f"{of_container}/{container['name']}"),
        _named(context_of(spec_of(given)).get(field)),
        annotations.get(of_pod),
    )
    return next((name for name in sought if name is not None), None)


def _seccomp(given: Input) -> Violations:
    allowed = given["parameters"].get("allowedProfiles", [])
    if needs_windows(given) or "*" in allowed:
        return []
    found = []
    for container in judged(given):
        profile = _profile(
            given,
            container,
            "seccompProfile",
            "container.seccomp.security.alpha.kubernetes.io",
            "seccomp.security.alpha.kubernetes.io/pod",
        )
        if profile is None or not any(s in allowed for s in _seccomp_spellings(profile)):
            message = (
                f"Seccomp profile is not allowed, pod: {name_of(given)}, container:"
                f" {container['name']}, Allowed profiles: {shown(allowed)}"
            )
            found.append(violation(message, {"fields": ["seccompProfile"]}))
    return found


def _seccomp_spellings(profile: str) -> tuple[str, ...]:
    if profile in ("runtime/default", "docker/default"):
        return "runtime/default", "docker/default", "RuntimeDefault"
    if profile == "unconfined":
        return "unconfined", "Unconfined"
    if profile.startswith("localhost/"):
        return profile, "Localhost", "localhost/*"
    return ()


def _apparmor(given: Input) -> Violations:
    if needs_windows(given):
        return []
    allowed = given["parameters"].get("allowedProfiles") or []
    found = []
    for container in judged(given):
        profile = _profile(
            given,
            container,
            "appArmorProfile",
            "container.apparmor.security.beta.kubernetes.io",
            "apparmor.security.beta.kubernetes.io/pod",
        )
        if not _covers(allowed, profile or "runtime/default"):
            message = (
                f"AppArmor profile is not allowed, pod: {name_of(given)}, container:"
                f" {container['name']}. Allowed profiles: {shown(allowed)}"
            )
            found.append(violation(message))
    return found


def _covers(patterns: Iterable[str], name: str) -> bool:
    return any(
        pattern == name or (pattern.endswith("*") and name.startswith(pattern[:-1]))
        for pattern in patterns
    )


# -- users and SELinux

_RUNNING = {
    "runAsUser": "as disallowed user",
    "runAsGroup": "as disallowed group",
    "fsGroup": "as disallowed group",
    "supplementalGroups": "with disallowed supplementalGroups",
}


def _users_groups(given: Input) -> Violations:
    if needs_windows(given):
        return []
    parameters = given["parameters"]
    found = []
    for container in judged(given):
        for field, how in _RUNNING.items():
            if field in parameters:
                messages = _of_ids(given, container, field, how, parameters[field])
                found += [violation(message) for message in messages]
    return found


def _of_ids(
    given: Input, container: Container, field: str, how: str, policy: dict[str, Any]
) -> Iterator[str]:
    ids, start = _ids(given, container, field), f"Container {container['name']} is attempting"
    if ids:
        if not all(_accepts(policy, number) for number in ids):
            used = ids if field == "supplementalGroups" else ids[0]
            yield f"{start} to run {how} {shown(used)}. Allowed {field}: {shown(policy)}"
    elif policy.get("rule") == "MustRunAs":
        lacking = f"securityContext/{field}. Allowed {field}: {shown(policy)}"
        yield f"{start} to run without a required {lacking}"
    elif policy.get("rule") == "MustRunAsNonRoot" and not _promises(given, container):
        lacking = "securityContext/runAsNonRoot or securityContext/runAsUser != 0"
        yield f"{start} to run without a required {lacking}"


def _promises(given: Input, container: Container) -> bool:
    return effective(given, container, "runAsNonRoot") is True


def _ids(given: Input, container: Container, field: str) -> list[Any]:
    if field in ("runAsUser", "runAsGroup"):
        number = effective(given, container, field)
    else:
        number = context_of(spec_of(given)).get(field)
        if field == "supplementalGroups":
            return list(number or ())
    return [] if number is None else [number]


def _accepts(policy: dict[str, Any], number: Any) -> bool:
    rule = policy.get("rule")
    if rule == "RunAsAny":
        return True
    if rule == "MustRunAsNonRoot":
        return bool(number != 0)
    return rule in ("MustRunAs", "MayRunAs") and any(
        number >= r["min"] and (r["max"] == -1 or number <= r["max"])
        for r in policy.get("ranges") or ()
    )


def _selinux(given: Input) -> Violations:
    containers = list(judged(given))
    if needs_windows(given) or not containers:
        return []
    standard = given["parameters"].get("enforcePSS", False) is not False
    types = given["parameters"].get("allowedSELinuxTypes") or []
    listed = given["parameters"].get("allowedSELinuxOptions") or []
    allowed: Any = {"type": types} if standard else listed
    shown_allowed, found = shown(allowed), []
    for thing in (spec_of(given), *containers):
        options = _set_fields(context_of(thing).get("seLinuxOptions"))
        ok = _meets_standard(options, types) if standard else _is_within(options, listed)
        if options and not ok:
            where = f"pod: {name_of(given)}"
            if "containers" not in thing:
                where += f", container: {thing['name']}"
            message = f"SELinux options is not allowed, {where}. Allowed options: {shown_allowed}"
            found.append(violation(message))
    return found


def _set_fields(options: Any) -> dict[str, Any]:
    return {field: value for field, value in (options or {}).items() if value not in ("", None)}


def _meets_standard(options: dict[str, Any], types: list[str]) -> bool:
    if "user" in options or "role" in options:
        return False
    return "type" not in options or options["type"] in types


def _is_within(options: dict[str, Any], listed: list[dict[str, Any]]) -> bool:
    return any(options.items() <= option.items() for option in listed)


RULES: dict[str, HandWritten] = {
    "allowed-proc-mount-types/v4": _proc_mount,
    "allowed-seccomp-profiles/v3": _seccomp,
    "allowed-users-groups/v3": _users_groups,
    "container-allowed-capabilities/v3": _allowed_capabilities,
    "container-disallowed-capabilities/v3": _disallowed_capabilities,
    "container-no-privilege-escalation/v3": _no_escalation,
    "container-no-privilege-escalation/v4": _no_escalation_v4,
    "container-no-privilege/v2": _no_privilege,
    "enforce-apparmor-profile/v3": _apparmor,
    "read-only-root-filesystem/v3": _read_only_root,
    "selinux/v3": _selinux,
}
