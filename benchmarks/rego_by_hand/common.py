"""What several rules by hand share: the containers they judge, and values in messages."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

Input = dict[str, Any]
Container = dict[str, Any]
Violations = list[dict[str, Any]]
HandWritten = Callable[[Input], Violations]

LISTS = ("containers", "initContainers", "ephemeralContainers")
_OS_LABELS = ("kubernetes.io/os", "beta.kubernetes.io/os")


def reviewed(given: Input) -> dict[str, Any]:
    """The object under review."""
    found: dict[str, Any] = given["review"]["object"]
    return found


def spec_of(given: Input) -> dict[str, Any]:
    spec: dict[str, Any] = reviewed(given).get("spec") or {}
    return spec


def metadata_of(given: Input) -> dict[str, Any]:
    metadata: dict[str, Any] = reviewed(given).get("metadata") or {}
    return metadata


def name_of(given: Input) -> str:
    metadata = metadata_of(given)
    found: str = metadata.get("name", metadata.get("generateName", ""))
    return found


def namespace_of(given: Input) -> str:
    requested = given["review"].get("namespace", "default")
    found: str = metadata_of(given).get("namespace", requested)
    return found


def context_of(thing: dict[str, Any]) -> dict[str, Any]:
    """The security context of a container or of a Pod's spec."""
    context: dict[str, Any] = thing.get("securityContext") or {}
    return context


def effective(given: Input, container: Container, field: str) -> Any:
    """The container's field, or the Pod's; None where neither is set."""
    own = context_of(container).get(field)
    return context_of(spec_of(given)).get(field) if own is None else own


def judged(given: Input, lists: tuple[str, ...] = LISTS) -> Iterator[Container]:
    """The containers that the constraint does not leave out."""
    parameters = given["parameters"]
    names = parameters.get("excludedContainers") or ()
    images = parameters.get("excludedImages") or ()
    spec = spec_of(given)
    for kind in lists:
        for container in spec.get(kind) or ():
            if container.get("name") not in names and not is_excluded(container, images):
                yield container


def is_excluded(container: Container, images: Any) -> bool:
    """Is the container's image one of those that a constraint leaves out?"""
    image = container.get("image", "")
    for pattern in images:
        if image == pattern or (pattern.endswith("*") and image.startswith(pattern[:-1])):
            return True
    return False


def needs_windows(given: Input) -> bool:
    spec = spec_of(given)
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


def violation(message: str, details: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"msg": message, "details": {} if details is None else details}


def shown(value: Any) -> str:
    """The value as a message shows it: strings as they are, the rest as Rego writes it."""
    if isinstance(value, str):
        return value
    if isinstance(value, set):
        return f"{{{', '.join(map(_written, sorted(value)))}}}" if value else "set()"
    return _written(value)


def _written(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


_MULTIPLES = {
    "k": 10**3,
    "M": 10**6,
    "G": 10**9,
    "T": 10**12,
    "P": 10**15,
    "E": 10**18,
    "Ki": 2**10,
    "Mi": 2**20,
    "Gi": 2**30,
    "Ti": 2**40,
    "Pi": 2**50,
    "Ei": 2**60,
}
_FRACTIONS = {"n": 10**9, "u": 10**6, "m": 10**3}
_QUANTITY = re.compile(r"([0-9]+[.]?[0-9]*|[.][0-9]+)(Ki|Mi|Gi|Ti|Pi|Ei|[kMGTPEnum])?")
_EXPONENT = re.compile(r"[0-9]+([.][0-9]+)?[eE][+-]?[0-9]+")


def quantity(value: Any) -> float | None:
    """A quantity of Kubernetes as a number; None for what is none."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    if not isinstance(value, str):
        return None
    if _EXPONENT.fullmatch(value):
        return float(value)
    found = _QUANTITY.fullmatch(value)
    if found is None:
        return None
    number, suffix = float(found[1]), found[2]
    if suffix in _FRACTIONS:
        return number / _FRACTIONS[suffix]
    return number * _MULTIPLES.get(suffix, 1)


_RANGE = re.compile(r" *([0-9]+) *(?:- *([0-9]+) *)?")


def is_listed(entries: Any, port: Any) -> bool:
    """Is the port among ports and ranges such as 443, "443" and "3000-5000"?"""
    for entry in entries or ():
        if isinstance(entry, str):
            found = _RANGE.fullmatch(entry)
            if found and int(found[1]) <= port <= int(found[2] or found[1]):
                return True
        elif entry == port:
            return True
    return False
