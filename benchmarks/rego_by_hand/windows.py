"""Rules by hand: Pods that need Windows."""

from __future__ import annotations

from typing import Any

from benchmarks.rego_by_hand.common import (
    Container,
    HandWritten,
    Input,
    Violations,
    context_of,
    effective,
    judged,
    needs_windows,
    quantity,
    shown,
    spec_of,
    violation,
)


def _option(thing: dict[str, Any], field: str) -> Any:
    return (context_of(thing).get("windowsOptions") or {}).get(field)


def _user_of(given: Input, container: Container) -> str | None:
    own: str | None = _option(container, "runAsUserName")
    return _option(spec_of(given), "runAsUserName") if own is None else own


def _container_admin(given: Input) -> Violations:
    if not needs_windows(given):
        return []
    return [
        violation(f"Container {c['name']} is attempting to run as ContainerAdministrator")
        for c in judged(given)
        if _is_administrator(given, c)
    ]


def _is_administrator(given: Input, container: Container) -> bool:
    user = _user_of(given, container)
    if user is not None:
        return user.lower() == "containeradministrator"
    if effective(given, container, "runAsNonRoot") is True:
        return False
    return "nanoserver" not in container.get("image", "").lower()


def _host_process(given: Input) -> Violations:
    if not needs_windows(given):
        return []
    of_pod = _option(spec_of(given), "hostProcess") is True
    found = []
    for container in judged(given):
        own = _option(container, "hostProcess")
        if own if isinstance(own, bool) else of_pod:
            found.append(violation(f"HostProcess container is not allowed: {container['name']}"))
    return found


def _user_names(given: Input) -> Violations:
    if not needs_windows(given):
        return []
    allowed = given["parameters"].get("allowedUserNames") or []
    found = []
    for container in judged(given):
        user = _user_of(given, container) or "ContainerUser"
        if not _is_allowed(user.lower(), allowed):
            message = (
                f"Container {container['name']} is attempting to run as disallowed user"
                f" {user}. Allowed user names: {shown(allowed)}"
            )
            found.append(violation(message))
    return found


def _is_allowed(user: str, allowed: list[str]) -> bool:
    for written in allowed:
        pattern = written.lower()
        if pattern == user or (pattern.endswith("\\*") and user.startswith(pattern[:-1])):
            return True
    return False


def _resources(given: Input) -> Violations:
    if not needs_windows(given):
        return []
    found = []
    for container in judged(given):
        resources = container.get("resources") or {}
        requests, limits = resources.get("requests") or {}, resources.get("limits") or {}
        for name in ("cpu", "memory"):
            request, limit = requests.get(name), limits.get(name)
            asked, most = quantity(request), quantity(limit)
            if asked is not None and most is not None and asked > most:
                message = (
                    f"container <{container['name']}> {name} request <{shown(request)}> is"
                    f" higher than its limit of <{shown(limit)}>"
                )
                found.append(violation(message))
    return found


RULES: dict[str, HandWritten] = {
    "windows-block-container-admin/v1": _container_admin,
    "windows-block-host-process/v1": _host_process,
    "windows-container-allowed-usernames/v1": _user_names,
    "windows-container-resources/v1": _resources,
}
