"""The rules of some templates written by hand in Python: the speed to come near to.

They decide as the templates do on Pods, and give the same messages.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

Input = dict[str, Any]
Violations = list[dict[str, Any]]
HandWritten = Callable[[Input], Violations]

_LISTS = ("containers", "initContainers", "ephemeralContainers")
_OS_LABELS = ("kubernetes.io/os", "beta.kubernetes.io/os")


def _spec(given: Input) -> dict[str, Any]:
    spec: dict[str, Any] = given["review"]["object"].get("spec") or {}
    return spec


def _judged(given: Input) -> Iterator[dict[str, Any]]:
    parameters = given["parameters"]
    images = parameters.get("excludedImages") or ()
    names = parameters.get("excludedContainers") or ()
    spec = _spec(given)
    for kind in _LISTS:
        for container in spec.get(kind) or ():
            image = container.get("image", "")
            if container["name"] in names:
                continue
            if any(_matches(image, pattern) for pattern in images):
                continue
            yield container


def _matches(image: str, pattern: str) -> bool:
    return image.startswith(pattern[:-1]) if pattern.endswith("*") else image == pattern


def _needs_windows(given: Input) -> bool:
    spec = _spec(given)
    if (spec.get("os") or {}).get("name") == "windows":
        return True
    selector = spec.get("nodeSelector") or {}
    if any(selector.get(label) == "windows" for label in _OS_LABELS):
        return True
    affinity = (spec.get("affinity") or {}).get("nodeAffinity") or {}
    required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution") or {}
    terms = required.get("nodeSelectorTerms") or ()
    return bool(terms) and all(_asks_for_windows(term) for term in terms)


def _asks_for_windows(term: dict[str, Any]) -> bool:
    return any(
        e.get("key") in _OS_LABELS and e.get("operator") == "In" and e.get("values") == ["windows"]
        for e in term.get("matchExpressions") or ()
    )


def _no_privilege(given: Input) -> Violations:
    if _needs_windows(given):
        return []
    found = []
    for container in _judged(given):
        context = container.get("securityContext") or {}
        if context.get("privileged") is True:
            shown = json.dumps(context, sort_keys=True)
            message = (
                f"Privileged container is not allowed: {container['name']},"
                f" securityContext: {shown}"
            )
            found.append({"msg": message, "details": {}})
    return found


def _allowed_images(given: Input) -> Violations:
    pattern = given["parameters"]["imageRegex"]
    return [
        {
            "msg": f"Container image {c.get('image', '')} for container {c['name']}"
            " has not been allowed.",
            "details": {},
        }
        for c in _judged(given)
        if not re.search(pattern, c.get("image", ""))
    ]


def _read_only_root(given: Input) -> Violations:
    if _needs_windows(given):
        return []
    return [
        {"msg": f"only read-only root filesystem container is allowed: {c['name']}", "details": {}}
        for c in _judged(given)
        if (c.get("securityContext") or {}).get("readOnlyRootFilesystem") is not True
    ]


def _enforce_labels(given: Input) -> Violations:
    provided = (given["review"]["object"].get("metadata") or {}).get("labels") or {}
    missing = sorted(set(given["parameters"]["labels"]) - provided.keys())
    if not missing:
        return []
    shown = ", ".join(json.dumps(label) for label in missing)
    return [{"msg": f"you must provide labels: {{{shown}}}", "details": {}}]


def _disallowed_capabilities(given: Input) -> Violations:
    if _needs_windows(given):
        return []
    listed = given["parameters"].get("disallowedCapabilities") or []
    disallowed = {_alike(name) for name in listed}
    found = []
    for container in _judged(given):
        capabilities = (container.get("securityContext") or {}).get("capabilities") or {}
        added = {_alike(name) for name in capabilities.get("add") or ()}
        beyond = added & disallowed or ("all" in added and disallowed) or "*" in disallowed
        if added and beyond:
            message = (
                f"container <{container['name']}> has a disallowed capability."
                f" Disallowed capabilities are {json.dumps(listed)}"
            )
            found.append({"msg": message, "details": {}})
    return found


def _alike(name: str) -> str:
    return name.lower().removeprefix("cap_")


def _no_latest(given: Input) -> Violations:
    return [
        {
            "msg": "Please specify an explicit, versioned image tag such as '1.0'"
            f" for container {c['name']}.",
            "details": {},
        }
        for c in _judged(given)
        if _is_latest(c.get("image", ""))
    ]


def _is_latest(image: str) -> bool:
    name = image.rsplit("/", 1)[-1]
    return "@" not in image and (":" not in name or name.endswith(":latest"))


def _host_namespace(given: Input) -> Violations:
    if _needs_windows(given):
        return []
    spec = _spec(given)
    shared = [f for f in ("hostIPC", "hostNetwork", "hostPID") if spec.get(f) is True]
    if not shared or next(_judged(given), None) is None:
        return []
    name = given["review"]["object"]["metadata"].get("name", "")
    message = f"Sharing the host namespace is not allowed: {name}"
    return [{"msg": message, "details": {"fields": shared}}]


def _automount(given: Input) -> Violations:
    judged = list(_judged(given))
    path = "/var/run/secrets/kubernetes.io/serviceaccount"
    mounted = _spec(given).get("automountServiceAccountToken") is not False or any(
        mount.get("mountPath") == path for c in judged for mount in c.get("volumeMounts") or ()
    )
    if not judged or not mounted:
        return []
    name = given["review"]["object"]["metadata"].get("name", "")
    message = f"Automounting service account token is disallowed, pod: {name}"
    return [{"msg": message, "details": {}}]


BY_HAND: dict[str, HandWritten] = {
    "block-automount-token/v2": _automount,
    "block-host-namespace/v3": _host_namespace,
    "container-allowed-images/v2": _allowed_images,
    "container-disallowed-capabilities/v3": _disallowed_capabilities,
    "container-no-latest-image/v2": _no_latest,
    "container-no-privilege/v2": _no_privilege,
    "pod-enforce-labels/v1": _enforce_labels,
    "read-only-root-filesystem/v3": _read_only_root,
}
"""Template → the same rule in Python."""
