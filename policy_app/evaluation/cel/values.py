"""CEL's values in Python: what JSON gives, and a few types of our own.

``int``, ``float``, ``str``, ``bytes``, ``bool``, ``list``, ``dict``, ``None``, ``timedelta`` and
``datetime`` stand for themselves; a whole number without a sign is ``Uint``.
Source: https://github.com/google/cel-spec/blob/master/doc/langdef.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from ipaddress import IPv4Address, IPv4Interface, IPv6Address, IPv6Interface
from typing import Any
from urllib.parse import SplitResult

from policy_app.evaluation.cel.budget import Budget
from policy_app.evaluation.cel.errors import CelError

NO_OVERLOAD = "no such overload"
INT_MIN, INT_MAX, UINT_MAX = -(1 << 63), (1 << 63) - 1, (1 << 64) - 1


class Uint(int):
    """``uint``: a whole number of 64 bits without a sign."""


@dataclass(frozen=True, slots=True)
class TypeValue:
    """A type as a value: ``int``, or what ``type(x)`` gives."""

    name: str


@dataclass(frozen=True, slots=True)
class OptionalValue:
    """``optional.of(x)``, ``optional.none()``."""

    value: Any = None
    present: bool = False


@dataclass(frozen=True, slots=True)
class Quantity:
    """Kubernetes' ``resource.Quantity``, such as ``500m`` or ``1Gi``, as the number it means."""

    amount: Fraction


@dataclass(frozen=True, slots=True)
class Url:
    """A URL in its parts."""

    parts: SplitResult


@dataclass(frozen=True, slots=True)
class Ip:
    """An address, of either version."""

    address: IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class Cidr:
    """An address with the length of its network's prefix."""

    interface: IPv4Interface | IPv6Interface


_KINDS: dict[type, str] = {
    bool: "bool",
    int: "int",
    Uint: "uint",
    float: "double",
    str: "string",
    bytes: "bytes",
    list: "list",
    tuple: "list",
    dict: "map",
    type(None): "null_type",
    timedelta: "duration",
    datetime: "timestamp",
    TypeValue: "type",
    OptionalValue: "optional_type",
    Quantity: "quantity",
    Url: "url",
    Ip: "ip",
    Cidr: "cidr",
}
_WIDER = {bool: "bool", int: "int", float: "double", str: "string", Mapping: "map"}
_NAMES = {
    "duration": "google.protobuf.Duration",
    "timestamp": "google.protobuf.Timestamp",
    "quantity": "kubernetes.Quantity",
    "url": "kubernetes.URL",
    "ip": "net.IP",
    "cidr": "net.CIDR",
}
NUMBERS = frozenset({"int", "uint", "double"})


def kind_of(value: Any) -> str:
    """The name of a value's type, as signatures use it.  Raises ``CelError`` for no CEL value."""
    kind = _KINDS.get(type(value))
    if kind is not None:
        return kind
    for parent, name in _WIDER.items():
        if isinstance(value, parent):
            return name
    if isinstance(value, Sequence):
        return "list"
    raise CelError(f"unsupported type: {type(value).__name__}")


def type_of(value: Any) -> TypeValue:
    """``type(value)``."""
    kind = kind_of(value)
    return TypeValue(_NAMES.get(kind, kind))


def equal(left: Any, right: Any, budget: Budget) -> bool:
    """``left == right``; values of different types differ, but for numbers."""
    kind, other = kind_of(left), kind_of(right)
    budget.charge(1)
    if kind != other:
        return kind in NUMBERS and other in NUMBERS and bool(left == right)
    if kind == "list":
        return len(left) == len(right) and all(
            equal(a, b, budget) for a, b in zip(left, right, strict=True)
        )
    if kind == "map":
        return len(left) == len(right) and all(
            key in right and equal(value, right[key], budget) for key, value in left.items()
        )
    if kind == "optional_type":
        same = left.present == right.present
        return same and (not left.present or equal(left.value, right.value, budget))
    if kind in ("string", "bytes"):
        budget.charge_text(min(len(left), len(right)))
    return bool(left == right)


def check_int(value: int) -> int:
    """A result of arithmetic.  Raises ``CelError`` where it has no place in 64 bits."""
    if not INT_MIN <= value <= INT_MAX:
        raise CelError("integer overflow")
    return value


def check_uint(value: int) -> Uint:
    """A result of arithmetic without signs.  Raises ``CelError`` beyond 64 bits."""
    if not 0 <= value <= UINT_MAX:
        raise CelError("unsigned integer overflow")
    return Uint(value)


def element(container: Any, key: Any, budget: Budget) -> Any:
    """``container[key]``, or ``container.key`` for a map.  Raises ``CelError``."""
    found = find(container, key, budget)
    if not found.present:
        if kind_of(container) == "list":
            raise CelError(f"index out of bounds: {key}")
        raise CelError(f"no such key: {key}")
    return found.value


def find(container: Any, key: Any, budget: Budget) -> OptionalValue:
    """``container[?key]``; null and other values without elements have none, as in cel-go.

    Raises ``CelError`` for a key that its container can never have.
    """
    budget.charge(1)
    kind = kind_of(container)
    if kind == "map":
        name = as_key(key)
        if name in container:
            return OptionalValue(container[name], present=True)
        return OptionalValue()
    if kind == "list":
        if kind_of(key) not in NUMBERS or key != key // 1:
            raise CelError(f"unsupported index type '{kind_of(key)}' in list")
        if 0 <= key < len(container):
            return OptionalValue(container[int(key)], present=True)
    return OptionalValue()


def as_key(key: Any) -> Any:
    """A map's key.  Numbers are equal across types; ``true`` as a key would be 1 in Python."""
    if isinstance(key, bool) or kind_of(key) not in ("string", "int", "uint", "double"):
        raise CelError(f"unsupported key type: {kind_of(key)}")
    return key
