"""Rules by hand: images, resources, probes and hooks of containers."""

from __future__ import annotations

import json
import re
from typing import Any

from benchmarks.rego_by_hand.common import (
    Container,
    HandWritten,
    Input,
    Violations,
    is_listed,
    judged,
    metadata_of,
    name_of,
    namespace_of,
    quantity,
    reviewed,
    shown,
    spec_of,
    violation,
)

_WITH_RESOURCES = ("containers", "initContainers")
_PROBES = ("httpGet", "tcpSocket", "exec", "grpc")
_RESOURCES = ("cpu", "memory")


def _allowed_images(given: Input) -> Violations:
    pattern = given["parameters"]["imageRegex"]
    return [
        violation(
            f"Container image {c.get('image', '')} for container {c['name']} has not been allowed."
        )
        for c in judged(given)
        if not re.search(pattern, c.get("image", ""))
    ]


def _pull_policy(given: Input) -> Violations:
    allowed = set(given["parameters"].get("allowedPullPolicy") or ())
    found = []
    for container in judged(given):
        policy = container.get("imagePullPolicy") or _default_policy(container)
        if policy not in allowed:
            message = (
                f"Pull policy {policy} for container {container['name']} is not allowed."
                f" Allowed pull policies: {shown(allowed)}"
            )
            found.append(violation(message))
    return found


def _default_policy(container: Container) -> str:
    image = container.get("image", "")
    last = image.rsplit("/", 1)[-1]
    floats = image.endswith(":latest") or not (":" in last or "@" in last)
    return "Always" if floats else "IfNotPresent"


def _no_latest(given: Input) -> Violations:
    return [
        violation(
            "Please specify an explicit, versioned image tag such as '1.0'"
            f" for container {c['name']}."
        )
        for c in judged(given)
        if _is_latest(c.get("image", ""))
    ]


def _is_latest(image: str) -> bool:
    name = image.rsplit("/", 1)[-1]
    return "@" not in image and (":" not in name or name.endswith(":latest"))


def _pre_stop_hook(given: Input) -> Violations:
    template = spec_of(given).get("template") or {}
    kind, name = reviewed(given)["kind"], name_of(given)
    return [
        violation(f"Container <{c['name']}> in {kind} <{name}> has no preStop hook")
        for c in (template.get("spec") or {}).get("containers") or ()
        if not (c.get("lifecycle") or {}).get("preStop")
    ]


def _probes(given: Input) -> Violations:
    required = given["parameters"].get("enforceProbes") or ()
    name, listed = name_of(given), shown(required)
    return [
        violation(
            f"Container <{c['name']}> in your Pod <{name}> has no <{probe}>."
            f" Required probes: {listed}"
        )
        for c in judged(given, ("containers",))
        for probe in required
        if not _has_probe(c, probe)
    ]


def _has_probe(container: Container, probe: str) -> bool:
    found = container.get(probe) or {}
    return any(found.get(kind, False) is not False for kind in _PROBES)


def _limits(given: Input) -> Violations:
    parameters = given["parameters"]
    highest = {"cpu": parameters["cpuLimit"], "memory": parameters["memoryLimit"]}
    found = []
    for container in judged(given, _WITH_RESOURCES):
        found += [violation(m) for m in _of_limits(container, highest)]
    return found


def _of_limits(container: Container, highest: dict[str, Any]) -> list[str]:
    start = f"container <{container['name']}>"
    limits = (container.get("resources") or {}).get("limits")
    if not limits:
        return [f"{start} has no resource limits"]
    messages = []
    for name, most in highest.items():
        limit = limits.get(name, "")
        if limit == "":
            messages.append(f"{start} has no {name} limit")
        if name not in limits:
            continue
        amount = quantity(limit)
        if amount is None:
            messages.append(f"{start} {name} limit <{shown(limit)}> could not be parsed")
        elif amount > (quantity(most) or 0):
            messages.append(
                f"{start} {name} limit <{shown(limit)}> is higher than the maximum"
                f" allowed of <{shown(most)}>"
            )
    return messages


def _requests(given: Input) -> Violations:
    found = []
    for container in judged(given, _WITH_RESOURCES):
        resources = container.get("resources") or {}
        asked = {**(resources.get("requests") or {}), **(resources.get("limits") or {})}
        lacking = [name for name in _RESOURCES if name not in asked]
        if len(lacking) == len(_RESOURCES):
            found.append(violation(f"container <{container['name']}> has no resource requests"))
            continue
        for name in lacking:
            found.append(violation(f"container <{container['name']}> has no {name} request"))
    return found


def _image_pulls(given: Input) -> Violations:
    secrets = spec_of(given).get("imagePullSecrets") or ()
    if any("name" in secret for secret in secrets) or next(judged(given), None) is None:
        return []
    message = (
        f"{name_of(given)} in {namespace_of(given)} does not have imagePullSecrets."
        " Unauthenticated image pulls are not recommended."
    )
    return [violation(message)]


def _ports(given: Input) -> Violations:
    allowed = given["parameters"].get("allowedPorts") or ()
    if "-1" in allowed:
        return []
    return [
        violation(
            f"Port {shown(port['containerPort'])} for container {container['name']} has not been"
            " allowed."
        )
        for container in judged(given)
        for port in container.get("ports") or ()
        if not is_listed(allowed, port["containerPort"])
    ]


_SCAN_INFO = "azuredefender.io/containers.vulnerability.scan.info"
_RANKS = {"none": 0, "low": 1, "medium": 2, "high": 3}


def _vulnerabilities(given: Input) -> Violations:
    text = (metadata_of(given).get("annotations") or {}).get(_SCAN_INFO)
    if text is None:
        return []
    try:
        scanned = json.loads(text)["containers"]
    except ValueError:
        message = f"The vulnerability scan results of {reviewed(given)['kind']} {name_of(given)}"
        return [violation(f"{message} cannot be read")]
    patterns = given["parameters"].get("excludedImages") or ()
    found = []
    for container in scanned:
        image = container["image"]["name"]
        if not any(re.search(pattern, image) for pattern in patterns):
            subject = f"Image {image} of container {container['name']} has"
            found += _findings(given["parameters"], container, subject)
    return found


def _findings(parameters: dict[str, Any], container: Container, subject: str) -> Violations:
    found = []
    if container["scanStatus"] == "unscanned":
        found.append(violation(f"{subject} not been scanned for vulnerabilities"))
    for severity, allowed in parameters["severity"].items():
        ids = [
            one["id"]
            for one in container["scanFindings"]
            if one["severity"].lower() == severity.lower() and not _passed_over(parameters, one)
        ]
        if len(ids) > allowed:
            found.append(
                violation(
                    f"{subject} {len(ids)} vulnerabilities of severity {severity},"
                    f" allowed: {allowed}. Findings: {shown(ids)}"
                )
            )
    return found


def _passed_over(parameters: dict[str, Any], finding: dict[str, Any]) -> bool:
    if finding["id"] in (parameters.get("excludeFindingIDs") or ()):
        return True
    threshold = parameters["severityThresholdForExcludingNotPatchableFindings"].lower()
    return not finding["patchable"] and _RANKS[finding["severity"].lower()] <= _RANKS[threshold]


RULES: dict[str, HandWritten] = {
    "container-allowed-images/v2": _allowed_images,
    "container-allowed-ports/v1": _ports,
    "container-allowed-pull-policy/v2": _pull_policy,
    "container-enforce-pre-stop-hook/v1": _pre_stop_hook,
    "container-enforce-probes/v2": _probes,
    "container-no-latest-image/v2": _no_latest,
    "container-no-vulnerable-images/v1": _vulnerabilities,
    "container-resource-limits/v3": _limits,
    "container-resource-requests/v1": _requests,
    "container-restricted-image-pulls/v1": _image_pulls,
}
