"""Faults as an API server tells them. Source: ``validation/field`` of apimachinery."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from policy_app.apimachinery.errors import Cause

IMMUTABLE = "field is immutable"
AT_LEAST_ZERO = "must be greater than or equal to 0"


class GoValue(str):
    """A value that is shown as Go prints it, without quotes: ``v1.LabelSelector{...}``."""

    __slots__ = ()


@dataclass(slots=True)
class Report:
    """The faults of one object, in the order in which they are found."""

    causes: list[Cause] = field(default_factory=list)

    def required(self, path: str, detail: str = "") -> None:
        """A field that must be there and is not."""
        self._add(path, "Required value", "FieldValueRequired", detail)

    def invalid(self, path: str, value: Any, detail: str) -> None:
        """A value that breaks a rule."""
        self._add(path, f"Invalid value: {shown(value)}", "FieldValueInvalid", detail)

    def wrong_type(self, path: str, value: Any, detail: str) -> None:
        """A value of another type than the schema's."""
        self._add(path, f"Invalid value: {shown(value)}", "FieldValueTypeInvalid", detail)

    def unsupported(self, path: str, value: Any, supported: Iterable[str]) -> None:
        """A word that is not one of those that the field takes."""
        words = ", ".join(quoted(one) for one in supported)
        text = f"Unsupported value: {shown(value)}"
        self._add(path, text, "FieldValueNotSupported", f"supported values: {words}")

    def duplicate(self, path: str, value: Any) -> None:
        """A value that may stand once in its list."""
        self._add(path, f"Duplicate value: {shown(value)}", "FieldValueDuplicate")

    def not_found(self, path: str, value: Any) -> None:
        """A reference to something that is not there."""
        self._add(path, f"Not found: {shown(value)}", "FieldValueNotFound")

    def forbidden(self, path: str, detail: str) -> None:
        """A field that may not be set, or not now."""
        self._add(path, "Forbidden", "FieldValueForbidden", detail)

    def too_long(self, path: str, most: int) -> None:
        """A text or a map with more bytes than ``most``."""
        self._add(path, "Too long", "FieldValueTooLong", f"may not be more than {most} bytes")

    def too_many(self, path: str, given: int, most: int) -> None:
        """A list with more elements than ``most``."""
        detail = f"must have at most {most} items"
        self._add(path, f"Too many: {given}", "FieldValueTooMany", detail)

    def has(self, path: str) -> bool:
        """Whether a field has been told."""
        return any(one.field == path for one in self.causes)

    def _add(self, path: str, text: str, reason: str, detail: str = "") -> None:
        self.causes.append(Cause(path, f"{text}: {detail}" if detail else text, reason))


def shown(value: Any) -> str:
    """A value as Go's messages show it."""
    if isinstance(value, GoValue):
        return str(value)
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return '"null"'
    if isinstance(value, (int, float)):
        return str(value)
    return go_value(value)


def go_value(value: Any) -> str:
    """A list of texts or a map of texts as ``%#v`` prints it; anything else as JSON."""
    if isinstance(value, Mapping) and all(isinstance(one, str) for one in value.values()):
        pairs = ", ".join(f"{quoted(key)}:{quoted(one)}" for key, one in sorted(value.items()))
        return f"map[string]string{{{pairs}}}"
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return f"[]string{{{', '.join(map(quoted, value))}}}"
    return json.dumps(value, separators=(",", ":"))


def label_selector(selector: Mapping[str, Any]) -> GoValue:
    """A label selector as ``%#v`` prints it."""
    labels, terms = selector.get("matchLabels"), selector.get("matchExpressions")
    shown_labels = go_value(labels) if labels else "map[string]string(nil)"
    kind = "[]v1.LabelSelectorRequirement"
    inner = ", ".join(map(_requirement, terms or ()))
    shown_terms = f"{kind}{{{inner}}}" if terms else f"{kind}(nil)"
    text = f"MatchLabels:{shown_labels}, MatchExpressions:{shown_terms}"
    return GoValue(f"v1.LabelSelector{{{text}}}")


def _requirement(term: Mapping[str, Any]) -> str:
    values = go_value(term["values"]) if term.get("values") else "[]string(nil)"
    key, operator = quoted(str(term.get("key", ""))), quoted(str(term.get("operator", "")))
    return f"v1.LabelSelectorRequirement{{Key:{key}, Operator:{operator}, Values:{values}}}"


def quoted(text: str) -> str:
    """``%q``: as JSON quotes, which is the same for what is printed."""
    return json.dumps(text, ensure_ascii=False)


def members(value: Any) -> list[dict[str, Any]]:
    """The objects of a list; empty where the value is no list."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def mapping(value: Any) -> dict[str, Any]:
    """The value where it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def whole(value: Any) -> int | None:
    """The value where it is a whole number."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def check_minimum(report: Report, path: str, value: Any, least: int) -> None:
    """A number, where there is one, is at least so much."""
    number = whole(value)
    if number is not None and number < least:
        report.invalid(path, number, f"must be greater than or equal to {least}")
