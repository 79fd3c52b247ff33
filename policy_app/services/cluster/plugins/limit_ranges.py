"""LimitRanges: what containers get that say nothing, and what they, Pods and claims may ask for.

Source: ``plugin/pkg/admission/limitranger`` of Kubernetes, for the rules and what it says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from policy_app.apimachinery import amounts, quantities
from policy_app.apimachinery.amounts import LIMITS, REQUESTS, Amounts
from policy_app.apimachinery.objects import Object, metadata_of

_ANNOTATION = "kubernetes.io/limit-ranger"
_CONTAINER, _POD, _CLAIM = "Container", "Pod", "PersistentVolumeClaim"
_FIELDS = (("containers", "container"), ("initContainers", "init container"))


@dataclass(frozen=True, slots=True)
class _Asked:
    """What something asks for and may use, and the texts that say so."""

    type: str
    requests: Amounts
    limits: Amounts
    texts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def shown(self, where: str, name: str) -> str:
        """An amount as it was written, or as a sum is."""
        given = self.texts.get(where, {}).get(name)
        own = self.requests if where == REQUESTS else self.limits
        return given or amounts.shown(name, own[name])


def filled(pod: Object, ranges: Iterable[Object]) -> Object:
    """A Pod with the requests and limits that its containers lack, and a note of that."""
    spec, told = dict(pod.get("spec") or {}), list[str]()
    defaults = [one for one in _items(ranges) if one.get("type") == _CONTAINER]
    if not defaults:
        return pod
    for name, word in _FIELDS:
        if spec.get(name):
            made = [_filled(one, defaults, word, told) for one in amounts.containers(spec, name)]
            spec[name] = made
    if not told:
        return pod
    note = {_ANNOTATION: f"LimitRanger plugin set: {'; '.join(told)}"}
    metadata = metadata_of(pod)
    notes = {**(metadata.get("annotations") or {}), **note}
    return {**pod, "metadata": {**metadata, "annotations": notes}, "spec": spec}


def _filled(container: Object, defaults: list[Object], word: str, told: list[str]) -> Object:
    resources = dict(container.get("resources") or {})
    for where, source, text in (
        (REQUESTS, "defaultRequest", "request"),
        (LIMITS, "default", "limit"),
    ):
        given = dict(resources.get(where) or {})
        missing: dict[str, Any] = {}
        for one in defaults:
            for name, amount in (one.get(source) or {}).items():
                if name not in given:
                    missing.setdefault(name, amount)
        if missing:
            resources[where] = given | missing
            told.append(f"{', '.join(sorted(missing))} {text} for {word} {container.get('name')}")
    return {**container, "resources": resources} if resources else container


def faults(thing: Object, ranges: Iterable[Object]) -> list[str]:
    """What a Pod or a claim asks for against the ranges."""
    asked = list(_asked(thing))
    return [
        fault
        for item in _items(ranges)
        for one in asked
        if one.type == item.get("type")
        for fault in _faults(one, item)
    ]


def _asked(thing: Object) -> Iterator[_Asked]:
    spec = thing.get("spec") or {}
    if thing.get("kind") == _CLAIM:
        requests = amounts.of_container(spec, REQUESTS)
        yield _Asked(_CLAIM, requests, {}, _texts(spec))
        return
    for name, _ in _FIELDS:
        for one in amounts.containers(spec, name):
            requests = amounts.of_container(one, REQUESTS)
            limits = amounts.of_container(one, LIMITS)
            yield _Asked(_CONTAINER, requests, limits, _texts(one))
    yield _Asked(_POD, amounts.of_pod(thing, REQUESTS), amounts.of_pod(thing, LIMITS))


def _texts(holder: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    given = holder.get("resources") or {}
    return {
        where: {name: quantities.canonical(str(one)) or str(one) for name, one in found.items()}
        for where, found in given.items()
        if isinstance(found, Mapping)
    }


def _faults(asked: _Asked, item: Mapping[str, Any]) -> Iterator[str]:
    for name, least, text in _bounds(item, "min"):
        told = _too_little(asked, name, least)
        if told:
            yield f"minimum {name} usage per {asked.type} is {text}{told}"
    for name, most, text in _bounds(item, "max"):
        told = _too_much(asked, name, most)
        if told:
            yield f"maximum {name} usage per {asked.type} is {text}{told}"
    for name, ratio, text in _bounds(item, "maxLimitRequestRatio"):
        told = _too_far(asked, name, ratio)
        if told:
            yield f"{name} max limit to request ratio per {asked.type} is {text}, but {told}"


def _too_little(asked: _Asked, name: str, least: Decimal) -> str:
    if name not in asked.requests:
        return ".  No request is specified"
    if asked.requests[name] < least:
        return f", but request is {asked.shown(REQUESTS, name)}"
    if name in asked.limits and asked.limits[name] < least:
        return f", but limit is {asked.shown(LIMITS, name)}"
    return ""


def _too_much(asked: _Asked, name: str, most: Decimal) -> str:
    has_request = name in asked.requests
    if asked.type == _CLAIM:
        if not has_request:
            return ".  No request is specified"
    elif name not in asked.limits:
        return ".  No limit is specified"
    elif asked.limits[name] > most:
        return f", but limit is {asked.shown(LIMITS, name)}"
    if has_request and asked.requests[name] > most:
        return f", but request is {asked.shown(REQUESTS, name)}"
    return ""


def _too_far(asked: _Asked, name: str, ratio: Decimal) -> str:
    if not asked.requests.get(name):
        return "no request is specified or request is 0"
    if not asked.limits.get(name):
        return "no limit is specified or limit is 0"
    found = asked.limits[name] / asked.requests[name]
    return f"provided ratio is {float(found):f}" if found > ratio else ""


def _bounds(item: Mapping[str, Any], name: str) -> Iterator[tuple[str, Decimal, str]]:
    for resource, given in sorted((item.get(name) or {}).items()):
        number = quantities.number(given)
        if number is not None:
            yield str(resource), number, quantities.canonical(str(given)) or str(given)


def _items(ranges: Iterable[Object]) -> list[Object]:
    found = ((one.get("spec") or {}).get("limits") or [] for one in ranges)
    return [item for items in found for item in items if isinstance(item, dict)]
