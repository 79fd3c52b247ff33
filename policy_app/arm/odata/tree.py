"""What a query option says, as a tree; every node knows its character, counted from 1."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

Value = str | int | float | bool | datetime | None


@dataclass(frozen=True, slots=True)
class Literal:
    """A value that is written out."""

    value: Value
    position: int


@dataclass(frozen=True, slots=True)
class Name:
    """A field, as the caller spelled it; right of an operator also a word without quotes."""

    text: str
    position: int


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its arguments: ``contains(name, 'x')``, ``atScope()``."""

    name: str
    arguments: tuple[Operand, ...]
    position: int


Operand = Literal | Name | Call


@dataclass(frozen=True, slots=True)
class Comparison:
    """``left operator right``; the operator in lower case: ``eq ne gt ge lt le``."""

    left: Operand
    operator: str
    right: Operand
    position: int


@dataclass(frozen=True, slots=True)
class Among:
    """``left in (value, value)``."""

    left: Operand
    values: tuple[Operand, ...]
    position: int


@dataclass(frozen=True, slots=True)
class Not:
    """``not part``."""

    part: Condition
    position: int


@dataclass(frozen=True, slots=True)
class Several:
    """``part and part and part``, or the same with ``or``."""

    joint: str
    parts: tuple[Condition, ...]
    position: int


Condition = Comparison | Among | Not | Several | Operand
"""A condition; a name or a call alone is one that is true or false itself."""


@dataclass(frozen=True, slots=True)
class Order:
    """One part of ``$orderby``."""

    name: Name
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Aggregate:
    """``$count as N`` (without a name and a method), or ``name with method as alias``."""

    alias: str
    position: int
    name: Name | None = None
    method: str = ""


@dataclass(frozen=True, slots=True)
class FilterStep:
    """``filter(…)`` of ``$apply``."""

    condition: Condition


@dataclass(frozen=True, slots=True)
class GroupStep:
    """``groupby((…), aggregate(…))`` of ``$apply``; no names where everything is aggregated."""

    names: tuple[Name, ...]
    aggregates: tuple[Aggregate, ...] = ()


Step = FilterStep | GroupStep
