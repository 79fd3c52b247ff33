"""Label selectors: matchLabels and matchExpressions, all of which must hold.

Source: ``metav1.LabelSelectorAsSelector`` of apimachinery.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_NAME = re.compile(r"[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?")
_PREFIX = re.compile(r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*")
_LONGEST = 63

_WITH_VALUES = ("In", "NotIn")
_WITHOUT_VALUES = ("Exists", "DoesNotExist")
OPERATORS = (*_WITH_VALUES, *_WITHOUT_VALUES)


class SelectorError(ValueError):
    """A selector that Kubernetes does not accept."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One expression of a selector."""

    key: str
    operator: str
    values: tuple[str, ...] = ()

    def holds(self, labels: Mapping[str, Any]) -> bool:
        """Whether labels meet the requirement; a missing label is never *not in* a trap."""
        present = self.key in labels
        if self.operator == "Exists":
            return present
        if self.operator == "DoesNotExist":
            return not present
        among = present and labels[self.key] in self.values
        return among if self.operator == "In" else not among

    def __str__(self) -> str:
        if self.operator in _WITHOUT_VALUES:
            return self.key if self.operator == "Exists" else f"!{self.key}"
        word = "in" if self.operator == "In" else "notin"
        return f"{self.key} {word} ({', '.join(self.values)})"


@dataclass(frozen=True, slots=True)
class LabelSelector:
    """A parsed selector; without requirements it selects everything."""

    requirements: tuple[Requirement, ...]
    source: Mapping[str, Any]
    """The selector as it was written."""

    @classmethod
    def parse(cls, value: Any) -> LabelSelector:
        """Read ``{matchLabels, matchExpressions}``.  Raises ``SelectorError``."""
        if not isinstance(value, Mapping):
            raise SelectorError("a label selector must be an object")
        labels = value.get("matchLabels") or {}
        expressions = value.get("matchExpressions") or []
        if not isinstance(labels, Mapping) or not isinstance(expressions, list):
            raise SelectorError("matchLabels must be an object, and matchExpressions a list")
        found = [_label(key, labels[key]) for key in labels]
        found += [_expression(item) for item in expressions]
        return cls(tuple(found), value)

    def failing(self, labels: Mapping[str, Any]) -> Requirement | None:
        """The first requirement that labels do not meet; None where they meet all."""
        return next((each for each in self.requirements if not each.holds(labels)), None)


def labels_of(thing: Mapping[str, Any]) -> Mapping[str, Any]:
    """An object's labels; empty where it has none."""
    metadata = thing.get("metadata")
    labels = metadata.get("labels") if isinstance(metadata, Mapping) else None
    return labels if isinstance(labels, Mapping) else {}


def _label(key: str, value: Any) -> Requirement:
    _check_key(key)
    if not isinstance(value, str):
        raise SelectorError(f"the value of label {key!r} must be a string")
    return Requirement(key, "In", (_check_value(value),))


def _expression(value: Any) -> Requirement:
    if not isinstance(value, Mapping):
        raise SelectorError("each of matchExpressions must be an object")
    key, operator = value.get("key"), value.get("operator")
    values = value.get("values") or []
    if not isinstance(key, str):
        raise SelectorError("a key is required in each of matchExpressions")
    _check_key(key)
    if operator not in OPERATORS:
        raise SelectorError(f'"{operator}" is not a valid label selector operator')
    if not isinstance(values, list) or not all(isinstance(item, str) for item in values):
        raise SelectorError(f"the values for {key!r} must be a list of strings")
    if operator in _WITH_VALUES and not values:
        raise SelectorError("for 'in', 'notin' operators, values set can't be empty")
    if operator in _WITHOUT_VALUES and values:
        raise SelectorError("values set must be empty for exists and does not exist")
    return Requirement(key, operator, tuple(map(_check_value, values)))


def _check_key(key: str) -> None:
    prefix, slash, name = key.rpartition("/")
    good = _NAME.fullmatch(name) and len(name) <= _LONGEST
    if not good or (slash and not _PREFIX.fullmatch(prefix)):
        raise SelectorError(f"{key!r} is no valid label key")


def _check_value(value: str) -> str:
    if value and (len(value) > _LONGEST or not _NAME.fullmatch(value)):
        raise SelectorError(f"{value!r} is no valid label value")
    return value
