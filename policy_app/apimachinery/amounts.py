"""What a Pod asks for and may use at most: the sum over its containers, as a scheduler counts it.

Containers run together, init containers one after the other before them; those that go on running
(``restartPolicy: Always``) count with both.  Source: ``PodRequests`` and ``PodLimits`` of
``k8s.io/component-helpers``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from policy_app.apimachinery import quantities
from policy_app.apimachinery.objects import Object

REQUESTS, LIMITS = "requests", "limits"

Amounts = dict[str, Decimal]


def of_pod(pod: Mapping[str, Any], field: str) -> Amounts:
    """The amounts by name, such as ``cpu``; ``field`` is ``REQUESTS`` or ``LIMITS``."""
    spec = pod.get("spec") or {}
    total: Amounts = {}
    for one in containers(spec):
        _add(total, of_container(one, field))
    aside: Amounts = {}
    before: Amounts = {}
    for one in containers(spec, "initContainers"):
        own = of_container(one, field)
        if one.get("restartPolicy") == "Always":
            _add(total, own)
            _add(aside, own)
            own = dict(aside)
        else:
            _add(own, aside)
        _raise(before, own)
    _raise(total, before)
    extra = _numbers(spec.get("overhead"))
    _add(total, extra if field == REQUESTS else {k: v for k, v in extra.items() if k in total})
    return total


def of_container(container: Mapping[str, Any], field: str) -> Amounts:
    """What one container says itself."""
    return _numbers((container.get("resources") or {}).get(field))


def containers(spec: Mapping[str, Any], field: str = "containers") -> list[Object]:
    """The containers of a Pod's spec that are objects."""
    return [one for one in spec.get(field) or [] if isinstance(one, dict)]


def is_binary(name: str) -> bool:
    """Whether a resource is counted in bytes."""
    words = ("memory", "storage", "hugepages-")
    return any(word in name for word in words) and not name.endswith("persistentvolumeclaims")


def shown(name: str, amount: Decimal) -> str:
    """An amount of a resource in the form that servers store."""
    return quantities.text(amount, binary=is_binary(name))


def _numbers(given: Any) -> Amounts:
    pairs = ((str(name), quantities.number(one)) for name, one in _items(given))
    return {name: number for name, number in pairs if number is not None}


def _items(given: Any) -> Iterable[tuple[Any, Any]]:
    return given.items() if isinstance(given, Mapping) else ()


def _add(total: Amounts, more: Amounts) -> None:
    for name, amount in more.items():
        total[name] = total.get(name, Decimal(0)) + amount


def _raise(total: Amounts, other: Amounts) -> None:
    for name, amount in other.items():
        total[name] = max(total.get(name, amount), amount)
